/** Conversations whose speaker changes, and comes back: what each of them gets of the whole. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Answer, type AnswerBlock, answer, text } from '../../src/drill/answers.ts';
import { breaches, keepsBeginning } from '../support/conversation-laws.ts';
import { type Legs, type Speaker, startLegs } from '../support/legs.ts';
import { MISTRAL } from '../support/openai-validator.ts';

const ANTHROPIC: Speaker = {
  name: 'Anthropic',
  member: { dialect: 'native', eyes: true },
  target: { provider: 'anthropic', model: 'claude-opus-4-8', quirks: {} },
};
const BACKUPS: Speaker[] = [
  {
    name: 'a chat model',
    member: { dialect: 'chat', eyes: true, files: true },
    target: { provider: 'openai', model: 'big', quirks: { files: true, systemRole: 'developer' } },
  },
  {
    name: 'a chat model that wants its thoughts back',
    member: { dialect: 'chat', eyes: false, reasoning: true },
    target: {
      provider: 'deepseek',
      model: 'deep',
      quirks: { vision: false, reasoningHistory: () => true },
    },
  },
  {
    name: 'a chat model with ids of nine letters',
    member: { dialect: 'chat', eyes: true, ids: MISTRAL },
    target: { provider: 'mistral', model: 'm', quirks: { toolId: 'alphanumeric-9', emptyContent: '' } },
  },
  {
    name: 'a server of the Messages API',
    member: { dialect: 'compatible', eyes: false },
    target: { provider: 'anthropic-compatible', model: 'house', quirks: { vision: false } },
  },
  {
    name: 'another model of that server',
    member: { dialect: 'compatible', eyes: true },
    target: { provider: 'anthropic-compatible', model: 'cottage', quirks: {} },
  },
  {
    name: 'Claude elsewhere',
    member: { dialect: 'compatible', eyes: true, claude: true },
    target: { provider: 'gateway', model: 'claude-opus-4-8', quirks: {} },
  },
];
const SPEAKERS = [ANTHROPIC, ...BACKUPS];
const PAIRS = SPEAKERS.flatMap((home) =>
  SPEAKERS.filter((other) => other !== home).map((other) => ({
    home: home.name,
    other: other.name,
    pair: [home, other] as const,
  })),
);

const REQUEST = {
  model: 'claude-opus-4-8',
  max_tokens: 32_000,
  stream: true,
  thinking: { type: 'adaptive' },
  system: [
    { type: 'text' as const, text: 'x-anthropic-billing-header: cc_version=2.1.1; cc_entrypoint=cli;' },
    { type: 'text' as const, text: 'Be brief.', cache_control: { type: 'ephemeral' } },
  ],
  metadata: { user_id: '{"session_id":"s"}' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  tools: ['Look', 'Run'].map((name) => ({
    name,
    description: `To ${name}`,
    input_schema: { type: 'object', properties: { at: { type: 'string' } } },
  })),
};
const PICTURE = {
  type: 'image' as const,
  source: { type: 'base64' as const, media_type: 'image/png', data: 'aGVyZSBpcyBhIHBpY3R1cmU=' },
};

describe.each(PAIRS)('from $home to $other and back', ({ pair: [home, other] }) => {
  test('in the middle of a tool loop, and in the next turn', () => {
    const legs = startLegs(REQUEST);
    legs.ask('Look around.');
    legs.turn(home, thinks(home, 'At first', call('Look', 'north')), () => PICTURE);
    legs.turn(other, thinks(other, 'Then', call('Look', 'east', 'call_0'), call('Run', 'there', 'call_1')));
    legs.turn(home, thinks(home, 'Again', says('So be it.'), call('Look', 'west', 'call_0')));
    legs.turn(other, thinks(other, 'At last', says('All is seen.')));
    legs.ask('And now?');
    legs.turn(home, text('Nothing.'));
    expectLaws(legs);
  });

  test('with calls in whose middle nobody thinks', () => {
    const legs = startLegs(REQUEST);
    legs.ask('Run.');
    legs.turn(home, answer([call('Run', 'a', 'functions.Run:0')]));
    legs.turn(other, answer([call('Run', 'b', 'functions.Run:0'), says('behind it')]));
    legs.turn(home, answer([call('Run', 'c', ''), call('Run', 'd', '')]));
    legs.turn(other, text('Done.'));
    legs.ask('Thanks.');
    legs.turn(home, text('Welcome.'));
    expectLaws(legs);
  });
});

describe('any conversation', () => {
  const block = fc.oneof(
    fc.constantFrom('Words.', '', ' ', '\n\n', 'é 😀 “x”').map((words) => says(words)),
    fc
      .record({
        name: fc.constantFrom('Look', 'Run', 'look', 'None'),
        at: fc.constantFrom('north', '{"at":1}', '\u2028'),
        id: fc.constantFrom(undefined, '', 'call_0', 'functions.Look:0', 'x'.repeat(70)),
      })
      .map(({ name, at, id }) => call(name, at, id)),
  );
  const leg = fc.record({
    speaker: fc.constantFrom(...SPEAKERS),
    isThinking: fc.boolean(),
    blocks: fc.array(block, { minLength: 1, maxLength: 4 }),
    result: fc.constantFrom<() => typeof PICTURE | { type: 'text'; text: string }>(
      () => PICTURE,
      () => ({ type: 'text', text: 'found' }),
    ),
  });

  test('goes whole to everybody, whoever spoke before', () => {
    fc.assert(
      fc.property(fc.array(leg, { minLength: 2, maxLength: 9 }), (plan) => {
        const legs = startLegs(REQUEST);
        legs.ask('Begin.');
        for (const [at, { speaker, isThinking, blocks, result }] of plan.entries()) {
          const said: AnswerBlock[] = [...blocks, says(`Words number ${at}.`)];
          legs.turn(speaker, isThinking ? thinks(speaker, `Thought ${at}`, ...said) : answer(said), result);
          if (!said.some(({ type }) => type === 'tool_use')) legs.ask('Go on.');
        }
        expectLaws(legs);
      }),
      { numRuns: 200 },
    );
  });
});

function expectLaws(legs: Legs): void {
  const signed = new Set(legs.thoughtsOf(ANTHROPIC).flatMap(({ signature }) => signature ?? []));
  const found = legs.meetings.flatMap(({ speaker, meeting }, at) =>
    breaches(meeting, signed, legs.thoughtsOf(speaker)).map((breach) => `${at}, ${speaker.name}: ${breach}`),
  );
  expect(found).toEqual([]);
  for (const one of SPEAKERS) {
    const own = legs.meetings.filter(({ speaker }) => speaker === one).map(({ meeting }) => meeting);
    for (const [at, later] of own.slice(1).entries()) {
      const earlier = own[at];
      expect(earlier && keepsBeginning(earlier, later)).toBe(true);
    }
  }
}

/** Thoughts of `speaker`, signed where it signs: all others that sign have letters of their own. */
function thinks({ name, member }: Speaker, thought: string, ...blocks: AnswerBlock[]): Answer {
  const thinking = `${thought}, thinks ${name}`;
  const signature = Buffer.from(`signed: ${thinking}`).toString('base64');
  const isSigned = member.dialect !== 'chat';
  return answer([{ type: 'thinking', thinking, ...(isSigned ? { signature } : {}) }, ...blocks]);
}

function says(words: string): AnswerBlock {
  return { type: 'text', text: words };
}

function call(name: string, at: string, id?: string): AnswerBlock {
  return { type: 'tool_use', name, input: { at }, ...(id === undefined ? {} : { id }) };
}
