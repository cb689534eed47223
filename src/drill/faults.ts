import type { Ms } from '../core/failure.ts';
import type { JsonObject } from '../core/messages.ts';
import {
  brokenAtByte,
  brokenOff,
  gzipped,
  type Plan,
  type Point,
  promised,
  type Step,
  sliced,
  spaced,
  stepsBefore,
  whole,
} from './plan.ts';
import type { Complaint, Voice, Wording } from './voices/voice.ts';

/** One thing that goes wrong with an answer. Plain data; `spoil` is what gives it its meaning. */
export type Fault =
  /** An error answer; the body defaults to one in the dialect's shape, a string goes as it is. */
  | {
      kind: 'status';
      status: number;
      headers?: Readonly<Record<string, string>>;
      body?: JsonObject | string;
      message?: string;
    }
  /** 200 with the body of an error. */
  | { kind: 'error-with-200'; complaint?: Complaint }
  /** A page for people. */
  | { kind: 'html'; status?: number }
  | { kind: 'redirect'; to: string; status?: number }
  /** 200 and not one byte of body. */
  | { kind: 'empty-body' }
  /** Bytes that are not HTTP. */
  | { kind: 'not-http' }
  /** The request is taken and never answered. */
  | { kind: 'black-hole' }
  /** RST: before the head without `after`, else after that point of the body. */
  | { kind: 'reset'; after?: Point }
  /** RST after this many bytes of the body. */
  | { kind: 'reset-at-byte'; byte: number }
  /** The body ends early: cleanly, as HTTP wants it, or by a closed connection. */
  | { kind: 'cut'; after: Point; clean: boolean }
  /** After that point of the body: bytes that HTTP does not allow there. */
  | { kind: 'bad-chunk'; after: Point }
  /** Silence before the head, or between the head and the body. */
  | { kind: 'slow'; waitMs: Ms; before: 'head' | 'body' }
  /** Silence after that point: for a while, or for good, with or without pings meanwhile. */
  | { kind: 'stall'; after: Point; forMs?: Ms; pingMs?: Ms }
  /** A wait between any two pieces of the body. */
  | { kind: 'drip'; gapMs: Ms }
  /** Silence between the last that is sent and the end, whatever kind of end that is. */
  | { kind: 'late-end'; waitMs: Ms }
  /** The body in writes of this many bytes. */
  | { kind: 'slices'; bytes: number }
  /** The event after that point carries half of its JSON. */
  | { kind: 'garbled'; after: Point }
  /** An error event at that point, and the clean end of the body. */
  | { kind: 'error-event'; after: Point; complaint?: Complaint }
  | { kind: 'gzip' }
  /** No length and no chunks: the body ends with the connection. */
  | { kind: 'close-delimited' };

export type FaultKind = Fault['kind'];

const OVERLOADED: Complaint = { type: 'overloaded_error', message: 'Overloaded' };

const PAGE =
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** The plan as `fault` leaves it. */
export function spoil(plan: Plan, fault: Fault, voice: Voice, wording: Wording): Plan {
  switch (fault.kind) {
    case 'status': {
      const complaint = { type: typeOf(fault.status), message: fault.message ?? `scripted ${fault.status}` };
      const body = fault.body ?? voice.errorBody(complaint, wording);
      return whole(fault.status, body, { ...voice.headers(wording), ...fault.headers });
    }
    case 'error-with-200':
      return whole(200, voice.errorBody(fault.complaint ?? OVERLOADED, wording), voice.headers(wording));
    case 'html':
      return whole(fault.status ?? 200, PAGE);
    case 'redirect':
      return whole(fault.status ?? 302, '', { location: fault.to });
    case 'empty-body':
      return promised({ ...plan, steps: [], framing: 'length', end: 'whole' });
    case 'not-http':
      return { ...plan, head: { raw: 'SSH-2.0-scripted\r\n' }, steps: [], framing: 'close', end: 'fin' };
    case 'black-hole':
      return { ...plan, head: null, steps: [], end: 'silence' };
    case 'reset':
      if (fault.after === undefined) return { ...plan, head: null, steps: [], end: 'reset' };
      return brokenOff(plan, stepsBefore(plan, fault.after), 'reset');
    case 'reset-at-byte':
      return brokenAtByte(plan, fault.byte, 'reset');
    case 'cut':
      return brokenOff(plan, stepsBefore(plan, fault.after), fault.clean ? 'whole' : 'fin');
    case 'bad-chunk':
      return brokenOff(plan, stepsBefore(plan, fault.after), 'garbage');
    case 'slow':
      return fault.before === 'head'
        ? { ...plan, delayMs: plan.delayMs + fault.waitMs }
        : { ...plan, steps: [{ waitMs: fault.waitMs }, ...plan.steps] };
    case 'stall':
      return stalled(plan, fault, voice);
    case 'drip':
      return spaced(plan, fault.gapMs);
    case 'late-end':
      return { ...plan, steps: [...plan.steps, { waitMs: fault.waitMs }] };
    case 'slices':
      return sliced(plan, fault.bytes);
    case 'garbled':
      return garbled(plan, stepsBefore(plan, fault.after));
    case 'error-event': {
      const cut = brokenOff(plan, stepsBefore(plan, fault.after), 'whole');
      const event = voice.errorEvent(fault.complaint ?? OVERLOADED);
      return { ...cut, steps: [...cut.steps, { send: new TextEncoder().encode(event) }] };
    }
    case 'gzip':
      return gzipped(plan);
    case 'close-delimited':
      return { ...plan, framing: 'close' };
  }
}

/** The Messages API's name for the error that `status` stands for. */
export function typeOf(status: number): string {
  return TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

function stalled(plan: Plan, fault: Extract<Fault, { kind: 'stall' }>, voice: Voice): Plan {
  const { after, forMs, pingMs } = fault;
  const count = stepsBefore(plan, after);
  const ping = new TextEncoder().encode(voice.ping);
  if (forMs !== undefined) {
    const pings = pingMs === undefined ? 0 : Math.ceil(forMs / pingMs) - 1;
    const silence: Step[] = Array.from({ length: pings }, () => [
      { waitMs: pingMs ?? 0 },
      { send: ping },
    ]).flat();
    const rest = { waitMs: forMs - pings * (pingMs ?? 0) };
    return { ...plan, steps: [...plan.steps.slice(0, count), ...silence, rest, ...plan.steps.slice(count)] };
  }
  const silent = brokenOff(plan, count, 'silence');
  return pingMs === undefined ? silent : { ...silent, idle: { everyMs: pingMs, send: ping } };
}

/** The piece at `index` loses the second half of its data, its line ends stay. */
function garbled(plan: Plan, index: number): Plan {
  const steps = plan.steps.map((step, at) => {
    if (at !== index || !('send' in step)) return step;
    const words = new TextDecoder().decode(step.send);
    const from = words.indexOf('data: ') + 1;
    const kept = words.slice(0, from + Math.floor((words.trimEnd().length - from) / 2));
    return { send: new TextEncoder().encode(kept + words.slice(words.trimEnd().length)) };
  });
  return { ...plan, steps };
}
