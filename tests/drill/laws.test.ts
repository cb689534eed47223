/** A drill that cannot fail proves nothing: each law is broken here, and is found to be. */
import { describe, expect, test } from 'bun:test';
import type { Block } from '../../src/core/messages.ts';
import { text } from '../../src/drill/answers.ts';
import { createClaude, type Turn } from '../../src/drill/client/claude.ts';
import { type Expected, expectFinished } from '../../src/drill/laws.ts';
import { play } from '../../src/drill/run.ts';
import { SCENARIOS } from '../../src/drill/scenarios/index.ts';
import { type OpenScene, openScene } from '../../src/drill/scene.ts';
import { openSimulatedStage } from '../../src/drill/stage.ts';
import { configurationOf } from '../support/app.ts';
import { manualClock } from '../support/manual-clock.ts';
import { eventsOf, realClock, streamOf } from '../support/relay.ts';

const CHAIN = { PROVIDER: 'anthropic,groq,ollama', GROQ_API_KEY: 'k' };
const LAST = 'groq has the last word.';

async function scene(): Promise<OpenScene> {
  return openScene(await openSimulatedStage({ configuration: await configurationOf({ env: CHAIN }) }));
}

/** A turn of a client that gets these bodies, one after the other. */
async function turnOf(...bodies: (string | string[])[]): Promise<Turn> {
  const clock = manualClock();
  const claude = createClaude({
    clock,
    session: 's',
    carry: async () => streamOf(bodies.shift() ?? eventsOf(text(LAST))),
  });
  return clock.runUntil(claude.turn('Go on.'), 600_000);
}

const textBlock = (words: string): Block => ({ type: 'text', text: words });

async function findingsOf(turn: Turn, expected: Expected = {}): Promise<string> {
  const open = await scene();
  expectFinished(open, turn, expected);
  return open.findings.join(' | ');
}

const SOUND: Turn = {
  exchanges: [],
  isFinished: true,
  result: LAST,
  kept: [[textBlock(LAST)]],
  tools: [],
  error: null,
};

describe('of a turn', () => {
  test('that is as it should be nothing is said', async () => {
    expect(await findingsOf(await turnOf())).toBe('');
    expect(await findingsOf(SOUND)).toBe('');
  });

  test.each<[string, Partial<Turn>, Expected, string]>([
    ['that did not finish', { isFinished: false, error: 'gone' }, {}, 'the turn did not finish: gone'],
    ['with the wrong last word', { result: 'half' }, {}, "the answer is not groq or ollama's"],
    [
      'with words of nobody',
      { kept: [[textBlock('made up')], [textBlock(LAST)]] },
      {},
      'the conversation holds what nobody said so',
    ],
    [
      'with words that were said twice',
      { kept: [[textBlock('It was ')], [textBlock(`It was ${LAST}`)]] },
      { begun: 'It was ' },
      '',
    ],
    [
      'with doubled words in one message',
      { kept: [[textBlock(`It was It was ${LAST}`)]] },
      { begun: 'It was ' },
      'nobody said so',
    ],
    [
      'with a call that ran in part',
      { tools: [{ name: 'Bash', input: { command: 'rm -' } }] },
      {},
      'Bash ran with',
    ],
    [
      'with a call that ran twice',
      { tools: [1, 2].map(() => ({ name: 'Bash', input: { command: 'ls' } })) },
      { tools: [{ command: 'ls' }] },
      'Bash ran with',
    ],
  ])('%s', async (_, broken, expected, words) => {
    const found = await findingsOf({ ...SOUND, ...broken }, expected);
    if (words === '') expect(found).toBe('');
    else expect(found).toContain(words);
  });

  test('whose answer was cut and ended as if it were whole', async () => {
    const events = eventsOf(text(LAST));
    const stop = events.findIndex((event) => event.includes('content_block_stop'));
    const turn = await turnOf(events.slice(0, stop + 1));
    expect(await findingsOf(turn)).toContain('ended as if it were whole');
  });

  test('whose stream has two beginnings', async () => {
    const events = eventsOf(text(LAST));
    const turn = await turnOf([...events.slice(0, 1), ...events]);
    expect(await findingsOf(turn)).toContain('a second message_start');
  });
});

describe('a ccproxy that does not do its work fails', () => {
  async function outcomeOf(name: string, file: string) {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    return play(scenario, { configuration: await configurationOf({ file }), clock: realClock });
  }
  const chain = (more: string) => `chain = ["anthropic", "ollama"]\n${more}`;

  test('one that waits longer than its client', async () => {
    const patient = `[failover]\nbudget = "40m"\n[upstreams.anthropic]\nprovider = "anthropic"\n[upstreams.anthropic.timeouts]\nfirst_event = "20m"`;
    const { outcome, findings } = await outcomeOf('black-hole', chain(patient));
    expect([outcome, findings.join()]).toEqual(['failed', expect.stringContaining('the client gave up')]);
  });

  test('one that does not fail over, and it is said why', async () => {
    const { outcome, findings } = await outcomeOf('black-hole', chain('[failover]\nenabled = false'));
    expect([outcome, findings]).toEqual(['failed', [expect.stringContaining('failover is off')]]);
  });

  test('one without a backup', async () => {
    const { outcome, findings } = await outcomeOf('refused', 'chain = ["ollama"]');
    expect([outcome, findings]).toEqual(['failed', ['the chain has no backup']]);
  });

  test('and what a scenario throws is a finding', async () => {
    const scenario = {
      ...SCENARIOS[0],
      play: () => Promise.reject(new Error('it broke')),
    } as (typeof SCENARIOS)[number];
    const configuration = await configurationOf({ env: CHAIN });
    const { outcome, findings } = await play(scenario, { configuration, clock: realClock });
    expect([outcome, findings]).toEqual(['failed', ['it broke']]);
  });
});
