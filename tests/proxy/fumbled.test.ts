/** A call that the model wrote and its own server could not read: it is asked again, and nobody blames the request. */
import { afterEach, describe, expect, test } from 'bun:test';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import {
  ask,
  backup,
  benchOf,
  fakeSend,
  heldAgainst,
  standingOf,
  streamOf,
  type Voices,
  wordsOf,
} from '../support/relay.ts';
import {
  endings,
  expectQuiet,
  inTurn,
  isWhole,
  refusing,
  type Stage,
  stageOf,
  well,
} from '../support/stage.ts';

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

function stage(voices: Voices): Stage {
  const one = stageOf(voices);
  stages.push(one);
  return one;
}

const fumbled = refusing(400, { kind: 'fumbled' });
const BOTH = [true, false];

describe('a call that cannot be read', () => {
  test.each(BOTH)('is asked for once more, at once, of the same upstream (stream: %p)', async (stream) => {
    const { done, asked, bench } = stage({ backup: inTurn(fumbled, well('backup')), third: well('third') });
    const got = await done({ stream });
    expect([isWhole(got, 'backup'), got.attempts, asked()]).toEqual([true, 2, ['backup', 'backup']]);
    expect([endings(bench), heldAgainst(bench, 'backup')]).toEqual([
      [
        ['backup', 'fumbled'],
        ['backup', 'ok'],
      ],
      [],
    ]);
  });

  test.each(BOTH)('then of the next one (stream: %p)', async (stream) => {
    const { done, asked } = stage({ backup: fumbled, third: well('third') });
    const got = await done({ stream });
    expect([isWhole(got, 'third'), asked()]).toEqual([true, ['backup', 'backup', 'third']]);
  });

  test('where there is no next one it is no refusal of the request: the client may ask again', async () => {
    const { done, asked } = stage({ backup: fumbled });
    const got = await done();
    expect([got.status, got.headers.get('retry-after'), asked().length]).toEqual([503, '1', 2]);
  });

  test('and where there is none it is always asked for once more, however often it happens', async () => {
    const voices = Array.from({ length: 40 }, () => [fumbled, well('backup')]).flat();
    const { done } = stage({ backup: inTurn(...voices) });
    for (let turn = 0; turn < 40; turn += 1) expect(isWhole(await done(), 'backup')).toBe(true);
  });

  test('with others to ask it is asked for once more as rarely as anything is', async () => {
    const { done, asked } = stage({ backup: fumbled, third: well('third') });
    for (let turn = 0; turn < 40; turn += 1) expect((await done()).upstream).toBe('third');
    expect(asked().filter((name) => name === 'backup').length).toBeLessThan(40);
  });

  test('again and again keeps others from this model for a while, and from no other', async () => {
    const { done, bench } = stage({ backup: fumbled, third: well('third') });
    for (let turn = 0; turn < 4; turn += 1) await done();
    expect(standingOf(bench, 'backup').name).toBe('open');
    expect(heldAgainst(bench, 'backup')).toHaveLength(1);
  });
});

const CHUNKS =
  'data: {"choices":[{"index":0,"delta":{"content":"Watered."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const ERROR = {
  error: {
    message:
      "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
    type: 'invalid_request_error',
    code: 'tool_use_failed',
    failed_generation: '<function=Water>{"bed": secret}',
    status_code: 400,
  },
};

test.each<[how: string, voice: () => Response]>([
  ['a refusal', () => Response.json(ERROR, { status: 400 })],
  ['an event', () => streamOf([`event: error\ndata: ${JSON.stringify(ERROR)}\n\n`])],
  [
    'an event after a beginning',
    () =>
      streamOf([
        'data: {"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}\n\n',
        `event: error\ndata: ${JSON.stringify(ERROR)}\n\n`,
      ]),
  ],
])("Groq's %s", async (_, voice) => {
  const voices = [voice, () => streamOf([CHUNKS])];
  const send = fakeSend({ groq: () => voices.shift()?.() ?? new Response() });
  const bench = benchOf([backup({ name: 'groq', dialect: openaiChat })], { send });
  const said = await ask(bench);
  expect([said.status, wordsOf(said), said.headers.get('x-ccproxy-attempts')]).toEqual([
    200,
    'Watered.',
    '2',
  ]);
  expect(bench.events.attempts.map(({ failure }) => failure?.message)).toEqual([
    '400: the model wrote a call that its server could not read',
    undefined,
  ]);
});
