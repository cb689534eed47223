/** What the upstreams of a soak do: answers, and faults that a seeded generator draws. Pure. */
import { type Answer, type AnswerBlock, answer, nothing, thinkingOnly } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Recorded } from '../../src/drill/recorded.ts';
import type { Reply } from '../../src/drill/script.ts';
import type { Seeded } from './seeded.ts';
import { numberIn, saying, toolInput } from './soak-words.ts';

/** What an upstream does for a while: well but for a share of faults, or one fault and nothing else. */
export type Weather = { share: number } | { always: Trouble };

/** Something that goes wrong: a fault, or an answer that is none. */
export type Trouble = { name: string; reply: (number: number, isStreamed: boolean) => Reply };

/** In an answer of about fifteen events. */
const EVENTS = 16;
const BYTES = 2_500;

const fault = (name: string, ...faults: readonly Fault[]): Trouble => ({
  name,
  reply: (number) => ({ answer: wellSaid(number), fault: faults }),
});

const status = (code: number, headers: Record<string, string> = {}): Trouble =>
  fault(String(code), { kind: 'status', status: code, headers });

const said = (name: string, reply: Reply): Trouble => ({ name, reply: () => reply });

/** What is left of a document without one of its pieces can be a good one: a whole answer is broken off instead. */
function garbled(random: Seeded): Trouble {
  const after = random.between(0, EVENTS);
  const broken: Fault = { kind: 'cut', after: random.between(0, 4), clean: true };
  return {
    name: 'garbled',
    reply: (number, isStreamed) => ({
      answer: wellSaid(number),
      fault: isStreamed ? { kind: 'garbled', after } : broken,
    }),
  };
}

/** Everything that ends by itself soon: what keeps an upstream out for long would end the soak of it. */
const TROUBLES: readonly (readonly [weight: number, trouble: (random: Seeded) => Trouble])[] = [
  [3, () => status(500)],
  [1, () => status(503)],
  [3, () => status(529)],
  [2, () => status(429, { 'retry-after': '1' })],
  [1, () => status(408)],
  [1, () => status(400)],
  [1, () => status(413)],
  [1, () => status(404)],
  [1, () => fault('error with 200', { kind: 'error-with-200' })],
  [2, () => fault('page with 502', { kind: 'html', status: 502 })],
  [1, () => fault('page with 200', { kind: 'html' })],
  [1, () => fault('redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/login' })],
  [1, () => fault('empty body', { kind: 'empty-body' })],
  [1, () => fault('not HTTP', { kind: 'not-http' })],
  [2, () => fault('never answers', { kind: 'black-hole' })],
  [3, () => fault('reset before the head', { kind: 'reset' })],
  [3, (random) => fault('reset', { kind: 'reset', after: random.between(0, EVENTS) })],
  [2, (random) => fault('reset at a byte', { kind: 'reset-at-byte', byte: random.between(0, BYTES) })],
  [2, (random) => fault('cut, cleanly', { kind: 'cut', after: random.between(0, EVENTS), clean: true })],
  [2, (random) => fault('cut', { kind: 'cut', after: random.between(0, EVENTS), clean: false })],
  [
    1,
    (random) =>
      fault(
        'cut without a length',
        { kind: 'close-delimited' },
        { kind: 'cut', after: random.between(0, EVENTS), clean: false },
      ),
  ],
  [2, (random) => fault('stall', { kind: 'stall', after: random.between(0, EVENTS) })],
  [2, garbled],
  [1, () => fault('never ends', { kind: 'stall', after: Number.POSITIVE_INFINITY })],
  [2, (random) => fault('error event', { kind: 'error-event', after: random.between(0, EVENTS) })],
  [2, (random) => fault('slow head', { kind: 'slow', before: 'head', waitMs: random.between(20, 300) })],
  [1, (random) => fault('slow body', { kind: 'slow', before: 'body', waitMs: random.between(20, 300) })],
  [1, () => fault('late end', { kind: 'late-end', waitMs: 200 })],
  [1, () => said('empty answer', { answer: nothing() })],
  [1, () => said('thinking alone', { answer: thinkingOnly('Let me see. '.repeat(5)) })],
];

/** Ways to send a good answer. */
const MANNERS: readonly (readonly [weight: number, faults: readonly Fault[]])[] = [
  [80, []],
  [10, [{ kind: 'drip', gapMs: 4 }]],
  [4, [{ kind: 'slices', bytes: 64 }]],
  [3, [{ kind: 'gzip' }]],
  [3, [{ kind: 'close-delimited' }]],
];

/** Mostly fine. */
export function nextWeather(random: Seeded): Weather {
  return random.pick<Weather>([
    [50, { share: 0.01 }],
    [30, { share: 0.2 }],
    [20, { always: trouble(random) }],
  ]);
}

/** What comes of one request, in this weather. */
export function replyIn(
  weather: Weather,
  request: Recorded,
  random: Seeded,
  suffered: (trouble: string) => void,
): Reply {
  const number = numberIn(request.text());
  const isStreamed = request.ask?.stream === true;
  const one = 'always' in weather ? weather.always : random.chance(weather.share) ? trouble(random) : null;
  if (one === null) return { answer: wellSaid(number), fault: random.pick(MANNERS) };
  suffered(one.name);
  return one.reply(number, isStreamed);
}

/** A good answer: words, every third time after thinking, every fourth time with a tool call behind them. */
export function wellSaid(number: number): Answer {
  const blocks: AnswerBlock[] = [{ type: 'text', text: saying(number) }];
  if (number % 3 === 0)
    blocks.unshift({ type: 'thinking', thinking: 'What was asked? '.repeat(3), signature: SIGNATURE });
  if (number % 4 === 0) blocks.push({ type: 'tool_use', name: 'Read', input: toolInput(number) });
  return answer(blocks);
}

const SIGNATURE = 'c29hay1zaWduYXR1cmU=';

function trouble(random: Seeded): Trouble {
  return random.pick(TROUBLES)(random);
}
