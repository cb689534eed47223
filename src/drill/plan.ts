import { gzipSync } from 'node:zlib';
import type { Ms } from '../core/failure.ts';
import type { JsonObject } from '../core/messages.ts';

/** One thing on the way through a body: bytes to send, or a wait. */
export type Step = { send: Uint8Array } | { waitMs: Ms };

/**
 * How an answer ends.
 * - `whole`: as HTTP wants it
 * - `fin`: the connection is closed without the end that HTTP promises
 * - `reset`: RST
 * - `garbage`: bytes that are no chunk, where chunks were promised, and the connection is closed
 * - `silence`: nothing more, until the client leaves
 */
export type Ending = 'whole' | 'fin' | 'reset' | 'garbage' | 'silence';

/** What is put on the wire for one request, down to the byte; faults rewrite it before anything is sent. */
export interface Plan {
  /** Silence before the head. */
  delayMs: Ms;
  /** A status line and headers; raw bytes that are not HTTP; or nothing at all. */
  head: { status: number; headers: Readonly<Record<string, string>> } | { raw: string } | null;
  steps: readonly Step[];
  /** How the body's end is known. */
  framing: 'chunked' | 'length' | 'close';
  end: Ending;
  /** Every step is a write of its own; otherwise neighbours share one. */
  apart?: boolean;
  /** Sent every `everyMs` while the end is `silence`. */
  idle?: { everyMs: Ms; send: Uint8Array };
}

/** A place in a body: after this many events, or after the first event that contains these words. */
export type Point = number | { after: string };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A plan that streams `events`. */
export function streamed(events: readonly string[], headers: Readonly<Record<string, string>>): Plan {
  return {
    delayMs: 0,
    head: {
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        ...headers,
      },
    },
    steps: events.map((event) => ({ send: encoder.encode(event) })),
    framing: 'chunked',
    end: 'whole',
  };
}

/** A plan that sends one body of known length. A string goes as HTML. */
export function whole(
  status: number,
  body: JsonObject | string,
  headers: Readonly<Record<string, string>> = {},
): Plan {
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
  const bytes = encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    delayMs: 0,
    head: { status, headers: { 'content-type': type, ...headers } },
    steps: bytes.length === 0 ? [] : quarters(bytes),
    framing: 'length',
    end: 'whole',
  };
}

/** The bytes of a body, waits left out. */
export function bodyOf(plan: Plan): Uint8Array {
  return Buffer.concat(plan.steps.flatMap((step) => ('send' in step ? [step.send] : [])));
}

/** How many steps stand before `point`; all of them when it is beyond the end or never comes. */
export function stepsBefore(plan: Plan, point: Point): number {
  let events = 0;
  for (const [index, step] of plan.steps.entries()) {
    if (typeof point === 'number' && events >= point) return index;
    if (!('send' in step)) continue;
    events += 1;
    if (typeof point !== 'number' && decoder.decode(step.send).includes(point.after)) return index + 1;
  }
  return plan.steps.length;
}

/** The plan with its body broken off before step `count`. Its promises stand: a length given earlier is not corrected. */
export function brokenOff(plan: Plan, count: number, end: Ending): Plan {
  if (end === 'whole') {
    return { ...plan, steps: plan.steps.slice(0, count), framing: unlengthened(plan), end };
  }
  return { ...promised(plan), steps: plan.steps.slice(0, count), end };
}

/** The plan with its body broken off after `count` bytes. */
export function brokenAtByte(plan: Plan, count: number, end: Ending): Plan {
  const kept: Step[] = [];
  let left = count;
  for (const step of plan.steps) {
    if (left <= 0) break;
    kept.push('send' in step ? { send: step.send.subarray(0, left) } : step);
    if ('send' in step) left -= step.send.length;
  }
  return { ...promised(plan), steps: kept, end };
}

/** The plan with the length of its present body written into its head, if its framing is by length. */
export function promised(plan: Plan): Plan {
  if (plan.framing !== 'length' || plan.head === null || 'raw' in plan.head) return plan;
  const length = String(bodyOf(plan).length);
  return { ...plan, head: { ...plan.head, headers: { 'content-length': length, ...plan.head.headers } } };
}

/** The plan with its body in pieces of `size` bytes; waits stay where they were. */
export function sliced(plan: Plan, size: number): Plan {
  const step = Math.max(1, Math.floor(size));
  return {
    ...plan,
    apart: true,
    steps: plan.steps.flatMap((each): Step[] => {
      if (!('send' in each)) return [each];
      const count = Math.ceil(each.send.length / step);
      return Array.from({ length: count }, (_, index) => ({
        send: each.send.subarray(index * step, (index + 1) * step),
      }));
    }),
  };
}

/** The plan with `waitMs` of silence between any two pieces of its body. */
export function spaced(plan: Plan, waitMs: Ms): Plan {
  return { ...plan, steps: plan.steps.flatMap((step, index) => (index === 0 ? [step] : [{ waitMs }, step])) };
}

/** The plan with its body compressed, in about as many pieces as it had. */
export function gzipped(plan: Plan): Plan {
  if (plan.head === null || 'raw' in plan.head) return plan;
  const bytes = gzipSync(bodyOf(plan));
  const head = { ...plan.head, headers: { ...plan.head.headers, 'content-encoding': 'gzip' } };
  const size = Math.max(1, Math.ceil(bytes.length / Math.max(1, plan.steps.length)));
  return sliced({ ...plan, head, steps: [{ send: bytes }] }, size);
}

function unlengthened(plan: Plan): Plan['framing'] {
  return plan.framing === 'length' ? 'chunked' : plan.framing;
}

/** In four pieces, so that a body of one JSON document can be cut as well. */
function quarters(bytes: Uint8Array): Step[] {
  const size = Math.max(1, Math.ceil(bytes.length / 4));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => ({
    send: bytes.subarray(index * size, (index + 1) * size),
  }));
}
