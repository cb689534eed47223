import fc from 'fast-check';
import type { Outgoing } from '../../src/core/runtime.ts';
import {
  type Answer,
  answer,
  calls,
  nothing,
  text,
  thinkingOnly,
  thinkingThenText,
} from '../../src/drill/answers.ts';
import { openaiChatVoice } from '../../src/drill/voices/openai-chat.ts';
import type { ManualClock } from './manual-clock.ts';
import { eventsOf, wholeOf } from './relay.ts';

const ANSWERS: Answer[] = [
  text('All is well here.'),
  answer([
    { type: 'text', text: 'One.' },
    { type: 'text', text: 'Two, and more.' },
  ]),
  thinkingThenText('let me see', 'It is.'),
  calls(
    [
      ['Read', { a: 1 }],
      ['Grep', { b: 'c' }],
    ],
    'I will look.',
  ),
  thinkingOnly('nothing to say'),
  nothing(),
];

/** What an upstream does with one request. */
export interface Deed {
  status: number;
  said: Answer;
  /** Share of the body that is sent. */
  share: number;
  end: 'whole' | 'clean' | 'broken' | 'error';
  piece: number;
}

export const deed: fc.Arbitrary<Deed> = fc.record({
  status: fc.oneof(
    { weight: 5, arbitrary: fc.constant(200) },
    { weight: 3, arbitrary: fc.constantFrom(204, 302, 400, 401, 404, 429, 500, 529) },
  ),
  said: fc.constantFrom(...ANSWERS),
  // Not fc.double: most of its numbers are next to 0, and hardly an answer was cut in its middle.
  share: fc.nat({ max: 100 }).map((percent) => percent / 100),
  end: fc.constantFrom('whole', 'clean', 'broken', 'error'),
  piece: fc.integer({ min: 1, max: 400 }),
});

const ERROR = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n';

/** The answer that a deed is. `chat`: in the dialect of openai-chat. */
export function perform({ status, said, share, end, piece }: Deed, stream: boolean, chat: boolean): Response {
  if (status !== 200) return new Response(status === 204 ? null : '{"error":{"message":"no"}}', { status });
  const wording = { id: 'up1', model: 'm' };
  const events = chat ? openaiChatVoice.events(said, wording) : eventsOf(said);
  const whole = chat ? JSON.stringify(openaiChatVoice.whole(said, wording)) : wholeOf(said);
  // An error is an event of its own: it comes between others.
  const sent = end === 'error' ? events.slice(0, Math.floor(events.length * share)) : events;
  const body = new TextEncoder().encode(stream ? sent.join('') : whole);
  let rest =
    end === 'whole' || (end === 'error' && stream) ? body : body.subarray(0, Math.floor(body.length * share));
  let last = end === 'error' && stream && !chat ? new TextEncoder().encode(ERROR) : undefined;
  const readable = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (rest.length > 0) {
        controller.enqueue(rest.subarray(0, piece));
        rest = rest.subarray(piece);
      } else if (last !== undefined) {
        controller.enqueue(last);
        last = undefined;
      } else if (end === 'broken')
        controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
      else controller.close();
    },
  });
  return new Response(readable, {
    headers: { 'content-type': stream ? 'text/event-stream' : 'application/json' },
  });
}

/** A deed that can also take its time, or never begin. */
export interface SlowDeed extends Deed {
  connection: 'fine' | 'refused' | 'unreachable';
  delayMs: number;
  /** It falls silent where it would have ended. */
  isStuck: boolean;
}

const pace = fc.record({
  delayMs: fc.constantFrom(0, 0, 0, 1_000, 9_000, 30_000, 300_000),
  isStuck: fc.constantFrom(false, false, false, true),
});

const whole = deed.map((plain) => ({ ...plain, status: 200, end: 'whole' as const }));
const refused = fc
  .tuple(deed, fc.constantFrom(408, 425, 429))
  .map(([plain, status]) => ({ ...plain, status }));

export const slowDeed: fc.Arbitrary<SlowDeed> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: whole },
      { weight: 2, arbitrary: refused },
      { weight: 2, arbitrary: deed },
    ),
    pace,
    fc.constantFrom(...Array<'fine'>(8).fill('fine'), 'refused' as const, 'unreachable' as const),
  )
  .map(([plain, paced, connection]) => ({ ...plain, ...paced, connection }));

/** What its refusals mean, for an upstream that is frank. */
const MEANING: Record<number, object> = {
  408: { kind: 'transient' },
  425: { kind: 'transient' },
  429: { kind: 'rate_limited', waitMs: 3_000 },
};

/** The same, in its time; given up, it ends as fetch does. */
export async function performSlowly(
  one: SlowDeed,
  { signal, body }: Outgoing,
  chat: boolean,
  clock: ManualClock,
): Promise<Response> {
  const codes = { refused: 'ECONNREFUSED', unreachable: 'ENETUNREACH' };
  if (one.connection !== 'fine') throw Object.assign(new Error('no'), { code: codes[one.connection] });
  await new Promise<void>((resolve, reject) => {
    const timer = clock.after(one.delayMs, resolve);
    signal.addEventListener('abort', () => {
      timer.cancel();
      reject(signal.reason);
    });
    if (one.delayMs === 0) {
      timer.cancel();
      resolve();
    }
  });
  const response = perform(one, String(body).includes('"stream":true'), chat);
  const meaning = MEANING[one.status];
  if (meaning !== undefined) response.headers.set('x-failure', JSON.stringify(meaning));
  return one.isStuck && one.status === 200 ? stuck(response, signal) : response;
}

/** The same answer, which does not end. */
function stuck({ body, headers }: Response, signal: AbortSignal): Response {
  const reader = body?.getReader();
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  signal.addEventListener('abort', () => reject(signal.reason));
  const silent = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await reader?.read();
      if (step?.value !== undefined) controller.enqueue(step.value);
      else await promise;
    },
  });
  return new Response(silent, { headers });
}
