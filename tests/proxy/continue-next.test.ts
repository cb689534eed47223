/** Going on inside an answer: who is asked for what, and what becomes of its answer. */
import { describe, expect, test } from 'bun:test';
import type { StreamEvent } from '../../src/core/messages.ts';
import { type AnswerBlock, text, thinkingThenText } from '../../src/drill/answers.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { brokenOff } from '../support/broken-off.ts';
import {
  blocksIn,
  cut,
  eventsIn,
  OTHER,
  REST,
  says,
  stage,
  WHOLE,
  words,
} from '../support/continue-stage.ts';
import {
  eventsOf,
  heldAgainst,
  type OpenBody,
  openBody,
  primary,
  type Said,
  standingOf,
  streamOf,
  type Voices,
  wordsOf,
} from '../support/relay.ts';
import { sdkMessage } from '../support/sdk.ts';
import { expectQuiet } from '../support/stage.ts';

type Voice = Voices[string];

describe('what the next upstream is asked', () => {
  const request = {
    model: 'claude-opus-4-8',
    max_tokens: 5_000,
    stream: true,
    thinking: { type: 'enabled', budget_tokens: 2_000 },
    tools: [{ name: 'Read', input_schema: { type: 'object' } }],
    tool_choice: { type: 'auto' },
    stop_sequences: ['END'],
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'hi' }],
  };

  test('is the conversation with what was said so far, and to go on from its last words', async () => {
    const said = eventsOf(thinkingThenText('let me see', 'One sentence, and  \n\n'));
    const one = stage({
      anthropic: () => brokenOff(said.slice(0, -3), 'broken connection'),
      backup: says(words('One sentence, and that is all.')),
    });
    expect(wordsOf(await one.go({ body: JSON.stringify(request) }))).toBe(
      'One sentence, and  \n\n that is all.',
    );
    const body = JSON.parse(one.sent[1]?.body ?? '') as Record<string, unknown>;
    const { messages, max_tokens: limit, ...rest } = body as { messages: unknown[]; max_tokens: number };
    expect(messages).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'One sentence, and' },
      { role: 'user', content: expect.stringContaining('<last_words>\nOne sentence, and\n</last_words>') },
    ]);
    expect(limit).toBe(4_994);
    expect(rest).toMatchObject({
      model: 'backup-model',
      system: 'Be brief.',
      thinking: { type: 'disabled' },
      tool_choice: { type: 'auto' },
      stop_sequences: ['END'],
    });
  });

  test.each([
    [64, 64],
    [260, 256],
    [1_000, 994],
  ])('with a limit of %p tokens leaves enough to say the rest: %p', async (asked, left) => {
    const one = stage({ anthropic: cut, backup: says(words(REST)) });
    await one.go({ body: JSON.stringify({ ...request, max_tokens: asked }) });
    expect(JSON.parse(one.sent[1]?.body ?? '')).toMatchObject({ max_tokens: left });
  });

  test('is the very request where only thinking was said: Anthropic elsewhere may answer it, too', async () => {
    const other = primary({ name: 'other', base: 'http://other.test/v1' });
    const said = eventsOf(thinkingThenText('let me see', 'It is.'));
    const one = stage(
      { anthropic: () => brokenOff(said.slice(0, 4), 'error event'), other: says(words('It is.')) },
      { chain: [primary(), other] },
    );
    const body = `{"odd" : 1.0, ${JSON.stringify(request).slice(1)}`;
    const got = await one.go({ body });
    assertGrammar(got.frames);
    expect(wordsOf(got)).toBe('It is.');
    expect(one.sent.map((each) => each.body)).toEqual([body, body]);
  });

  test.each([
    ['a key', { 'x-api-key': 'client-key' }],
    ['a login', { authorization: 'Bearer client-token' }],
  ])('has nothing of the client’s credential, and names its own model: %s', async (_, credential) => {
    const one = stage({ anthropic: cut, backup: says(words(REST)) });
    const headers = { 'user-agent': OTHER, cookie: 'client-cookie', ...credential };
    expect(wordsOf(await one.go({ headers }))).toBe(WHOLE);
    const [first, second] = one.sent;
    const sentTo = (sent = first) => JSON.stringify([...new Headers(sent?.outgoing.headers)]);
    expect(sentTo()).toContain('client-');
    expect(sentTo(second)).not.toContain('client-');
    expect(sentTo(second)).toContain('backup-key');
    expect([first, second].map((sent) => (JSON.parse(sent?.body ?? '') as { model: string }).model)).toEqual([
      'claude-opus-4-8',
      'backup-model',
    ]);
  });

  test('is nothing where it is Anthropic and a text was begun: its requests are the client’s own', async () => {
    const other = primary({ name: 'other', base: 'http://other.test/v1' });
    const one = stage({ anthropic: cut, other: says(words(REST)) }, { chain: [primary(), other] });
    const got = await one.go();
    expect(got.frames.at(-1)?.name).toBe('error');
    expect(one.asked()).toEqual(['anthropic']);
  });
});

describe('thinking', () => {
  const said = eventsOf(thinkingThenText('let me see, what is there', 'It is.'));
  const signatures = (got: Said) =>
    (eventsIn(got, 'content_block_delta') as Extract<StreamEvent, { type: 'content_block_delta' }>[]).flatMap(
      ({ delta }) => (delta.type === 'signature_delta' ? [delta.signature] : []),
    );
  const stop = said.findIndex((event) => event.includes('content_block_stop'));

  test('that was broken off is closed as nobody’s', async () => {
    const one = stage({
      anthropic: () => brokenOff(said.slice(0, 4), 'clean end'),
      backup: says(words('It is.')),
    });
    const got = await one.go();
    expect([blocksIn(got), signatures(got)]).toEqual([['thinking', 'text'], ['ccp1:ccproxy']]);
    await sdkMessage(got.frames);
  });

  test.each([0, 1])('that has its signature keeps it (%p)', async (more) => {
    const one = stage({
      anthropic: () => brokenOff(said.slice(0, stop + more), 'clean end'),
      backup: says(words('It is.')),
    });
    const got = await one.go();
    assertGrammar(got.frames);
    expect(signatures(got)).toHaveLength(1);
    expect(signatures(got)[0]).not.toStartWith('ccp1:');
  });

  test('of the next one stands behind it, and in the middle of a text is left out', async () => {
    const thought: AnswerBlock = { type: 'thinking', thinking: 'hm' };
    const anew = stage({
      anthropic: () => brokenOff(said.slice(0, 4), 'clean end'),
      backup: says(thought, words('It is.')),
    });
    expect(blocksIn(await anew.go())).toEqual(['thinking', 'thinking', 'text']);
    const fromText = stage({ anthropic: cut, backup: says(thought, words(REST)) });
    const got = await fromText.go();
    expect([blocksIn(got), wordsOf(got)]).toEqual([['text'], WHOLE]);
  });

  test('that is not shown, and nothing else, is gone on from, too', async () => {
    let body: OpenBody | undefined;
    const start = said[2] ?? '';
    const one = stage({
      anthropic(outgoing) {
        body = openBody(outgoing);
        body.push(said[0] ?? '', start);
        return body.response;
      },
      backup: says(words('It is.')),
    });
    const asked = one.go();
    await one.clock.advance(11_000);
    body?.fail(new Error('gone'));
    const got = await asked;
    assertGrammar(got.frames);
    expect([wordsOf(got), got.headers.get('x-ccproxy-upstream')]).toEqual(['It is.', 'anthropic']);
  });
});

test('an open text that has nothing in it yet is filled', async () => {
  const said = eventsOf(thinkingThenText('let me see', 'It is.'));
  const at = said.findIndex((event) => event.includes('"type":"text","text":""')) + 1;
  const anthropic: Voice = () => brokenOff(said.slice(0, at), 'clean end');
  const got = await stage({ anthropic, backup: says(words('It is.')) }).go();
  assertGrammar(got.frames);
  expect([blocksIn(got), wordsOf(got)]).toEqual([['thinking', 'text'], 'It is.']);
  const call: AnswerBlock = { type: 'tool_use', name: 'Read', input: {} };
  const none = await stage({ anthropic, backup: says(call) }).go();
  expect(none.frames.at(-1)?.name).toBe('error');
});

test('the tokens of both are counted, and the reason is that of the last', async () => {
  const got = await stage({ anthropic: cut, backup: says(words(REST)) }).go();
  const [end] = eventsIn(got, 'message_delta') as Extract<StreamEvent, { type: 'message_delta' }>[];
  expect(end?.delta.stop_reason).toBe('end_turn');
  // What was read is known from the start, and was another model's.
  expect(end?.usage).toEqual({ output_tokens: 26 });
});

test('however long the first one spoke, the next one has all of its time', async () => {
  const bodies: OpenBody[] = [];
  const opened: Voice = (outgoing) => {
    const body = openBody(outgoing);
    bodies.push(body);
    return body.response;
  };
  const one = stage({ anthropic: opened, backup: opened });
  const asked = one.go();
  await one.clock.advance(0);
  const said = eventsOf(text(WHOLE));
  bodies[0]?.push(...said.slice(0, 4));
  await one.clock.advance(80_000);
  bodies[0]?.push(said[4] ?? '');
  await one.clock.advance(80_000);
  bodies[0]?.fail(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  await one.clock.advance(20_000);
  bodies[1]?.push(...eventsOf(text(REST), 'up2'));
  bodies[1]?.end();
  expect(wordsOf(await asked)).toBe(WHOLE);
  expectQuiet(one);
});

describe('when the next one', () => {
  test('says the last words in a block, and another behind it, the two are not glued', async () => {
    const second = words('Nobody knows why.');
    const within = await stage({
      anthropic: cut,
      backup: says(words('One sentence, and a seco'), second),
    }).go();
    expect(within.frames.at(-1)?.name).toBe('error');
    const whole = eventsOf(text('That is all.')).slice(0, 4);
    const behind = await stage({
      anthropic: () => brokenOff(whole, 'clean end'),
      backup: says(words('That is all.'), second),
    }).go();
    assertGrammar(behind.frames);
    expect([blocksIn(behind), wordsOf(behind)]).toEqual([['text', 'text'], 'That is all.Nobody knows why.']);
  });

  test('breaks off as well, another goes on from all that was said', async () => {
    const one = stage({
      anthropic: cut,
      second: () =>
        brokenOff(eventsOf(text('One sentence, and a second one, a third'), 'up2').slice(0, 7), 'clean end'),
      third: says(words('One sentence, and a second one, a third one.')),
    });
    const got = await one.go({ headers: { 'user-agent': OTHER, 'x-claude-code-session-id': 's' } });
    assertGrammar(got.frames);
    expect(wordsOf(got)).toBe('One sentence, and a second one, a third one.');
    const { bench } = one;
    expect(bench.events.requests).toMatchObject([
      {
        upstream: 'third',
        outcome: 'ok',
        attempts: 3,
        because: expect.stringMatching(/^anthropic: .+; second: /),
      },
    ]);
    expect(
      bench.events.attempts.map(({ upstream, failure, number }) => [upstream, failure?.kind, number]),
    ).toEqual([
      ['anthropic', 'cut', 1],
      ['second', 'cut', 2],
      ['third', undefined, 3],
    ]);
    expect(['anthropic', 'second'].map((name) => standingOf(bench, name).name)).toEqual([
      'suspect',
      'suspect',
    ]);
    expect(bench.deserters.get('s', bench.runtime.clock.now())).toBe('second');
    expectQuiet(one);
  });

  test('breaks off before it says anything new, nothing of it is left', async () => {
    const one = stage({
      anthropic: cut,
      second: () => brokenOff(eventsOf(text('One sentence, and'), 'up2').slice(0, 5), 'clean end'),
      third: says(words(REST)),
    });
    const got = await one.go();
    assertGrammar(got.frames);
    expect(wordsOf(got)).toBe(WHOLE);
    expect(one.bench.events.requests).toMatchObject([{ upstream: 'third', attempts: 3 }]);
    expect(standingOf(one.bench, 'second').name).toBe('suspect');
  });

  test('fails, the one behind it is asked', async () => {
    const one = stage({
      anthropic: cut,
      second: () => new Response('', { status: 500 }),
      third: says(words(REST)),
    });
    expect(wordsOf(await one.go())).toBe(WHOLE);
  });

  test('gives another answer, it is not blamed, and the one behind it is asked', async () => {
    const one = stage({
      anthropic: cut,
      second: says(words('Sure, here is the rest of the answer.')),
      third: says(words(REST)),
    });
    const got = await one.go();
    expect([wordsOf(got), one.asked()]).toEqual([WHOLE, ['anthropic', 'second', 'third']]);
    expect(heldAgainst(one.bench, 'second')).toEqual([]);
    expect(one.bench.events.attempts[1]?.failure).toEqual({
      kind: 'cancelled',
      message: 'it did not go on from the text so far: it begins with an introduction',
    });
    expectQuiet(one);
  });

  test('calls a tool in the middle of a sentence, it is refused; behind one it is let through', async () => {
    const call: AnswerBlock = { type: 'tool_use', name: 'Read', input: {} };
    const within = await stage({ anthropic: cut, backup: says(call) }).go();
    expect(within.frames.at(-1)?.name).toBe('error');
    const open = eventsOf(text('I read it:')).slice(0, 4);
    const behind = await stage({ anthropic: () => brokenOff(open, 'clean end'), backup: says(call) }).go();
    assertGrammar(behind.frames);
    expect(blocksIn(behind)).toEqual(['text', 'tool_use']);
  });

  test('begins a second time itself, that is a break', async () => {
    const events = eventsOf(text(REST), 'up2');
    const other = primary({ name: 'other', base: 'http://other.test/v1' });
    const said = eventsOf(thinkingThenText('let me see', 'It is.'));
    const one = stage(
      {
        anthropic: () => brokenOff(said.slice(0, 4), 'clean end'),
        other: () => streamOf([...events.slice(0, 5), ...events]),
      },
      { chain: [primary(), other] },
    );
    const got = await one.go();
    expect(got.frames.at(-1)?.name).toBe('error');
    expect(one.bench.events.attempts[1]?.failure?.kind).toBe('garbled');
  });
});
