import { headerAuth } from '../../src/auth/header.ts';
import { passthroughAuth } from '../../src/auth/passthrough.ts';
import type { BreakerSettings, BreakerState } from '../../src/core/breaker.ts';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import { calibration } from '../../src/core/calibration.ts';
import { type Frame, rawFrame } from '../../src/core/frame.ts';
import { isOf } from '../../src/core/health-keys.ts';
import type {
  AttemptRecord,
  BreakerRecord,
  Clock,
  NetworkWatch,
  Outgoing,
  RequestRecord,
  Runtime,
  Send,
} from '../../src/core/runtime.ts';
import { drain } from '../../src/core/transducer.ts';
import type { Inbound, Timeouts, Upstream } from '../../src/core/upstream.ts';
import { type Answer, text } from '../../src/drill/answers.ts';
import { anthropicVoice } from '../../src/drill/voices/anthropic.ts';
import { subjectOf } from '../../src/proxy/candidates.ts';
import type { Failover, RelayContext } from '../../src/proxy/context.ts';
import { credentialNames } from '../../src/proxy/credential-names.ts';
import { createGates } from '../../src/proxy/gate.ts';
import { lessons } from '../../src/proxy/lessons.ts';
import { watchNetwork } from '../../src/proxy/network-watch.ts';
import { ResetConnection } from '../../src/proxy/pass.ts';
import { recent } from '../../src/proxy/recent.ts';
import { rejectedCredentials } from '../../src/proxy/rejected.ts';
import { relay } from '../../src/proxy/relay.ts';
import type { Piece } from '../../src/proxy/reply.ts';
import { retryBudgets } from '../../src/proxy/retry-budget.ts';
import { createSend } from '../../src/proxy/send.ts';
import { createSessions } from '../../src/proxy/sessions.ts';
import { standing } from '../../src/proxy/standing.ts';
import type { Subject } from '../../src/proxy/subject.ts';
import { inboundOf } from '../../src/server/inbound.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { sse } from '../../src/wire/framing/sse.ts';
import { manualClock } from './manual-clock.ts';

/** How the real client names itself; any other client gets the other ending of a cut answer. */
export const CLAUDE_CODE = 'claude-cli/2.1.197 (external, cli)';

export const TIMEOUTS: Timeouts = {
  connectMs: 3000,
  firstEventMs: 45_000,
  idleMs: 90_000,
  responseMs: 240_000,
};

/** The breaker of an upstream that is not probed: requests alone find out how it is. */
export const BREAKER: BreakerSettings = {
  failures: 2,
  windowMs: 60_000,
  ratio: 0.5,
  minSamples: 5,
  openMs: 15_000,
  openMaxMs: 300_000,
  connection: { openMs: 15_000, openMaxMs: 300_000 },
  prober: null,
};

/** Anthropic itself, with the client's credential or `ownKey`. */
export function primary(
  overrides: Partial<Upstream> & { ownKey?: string; mode?: 'client' | 'own' } = {},
): Upstream {
  const { ownKey, mode = 'client', ...rest } = overrides;
  return {
    name: 'anthropic',
    provider: 'anthropic',
    dialect: anthropic,
    auth: passthroughAuth({ mode, ...(ownKey === undefined ? {} : { ownKey }) }),
    takesClientCredential: mode === 'client',
    native: true,
    base: 'http://primary.test/v1',
    model: (asked) => asked,
    quirks: {},
    timeouts: TIMEOUTS,
    breaker: BREAKER,
    probe: { enabled: false, method: 'head', path: '/models', intervalMs: 30_000, timeoutMs: 3_000 },
    extraHeaders: {},
    ...rest,
  };
}

/** Another place that speaks the same dialect. */
export function backup(overrides: Partial<Upstream> = {}): Upstream {
  return {
    ...primary(),
    name: 'backup',
    provider: 'anthropic-compatible',
    auth: headerAuth('backup-key', 'x-api-key'),
    takesClientCredential: false,
    native: false,
    base: 'http://backup.test/v1',
    model: () => 'backup-model',
    ...overrides,
  };
}

/** What happened beside the answer. */
export interface Events {
  attempts: AttemptRecord[];
  requests: RequestRecord[];
  breakers: BreakerRecord[];
  /** Upstreams that the prober was told to look at. */
  doubts: string[];
}

export type Bench = RelayContext & { events: Events };

/** What every request of a test shares. */
export function benchOf(
  chain: readonly Upstream[],
  options: { send: Send; clock?: Clock; failover?: Partial<Failover>; network?: NetworkWatch },
): Bench {
  const { send, clock = manualClock(), failover } = options;
  const events: Events = { attempts: [], requests: [], breakers: [], doubts: [] };
  let ids = 0;
  const runtime: Runtime = {
    clock,
    random: () => 0.5,
    id(prefix) {
      ids += 1;
      return `${prefix}test${ids}`;
    },
    send,
    breakers: memoryStore(),
    journal: {
      attempt: (record) => void events.attempts.push(record),
      serving() {},
      request: (record) => void events.requests.push(record),
      probe() {},
      breaker: (record) => void events.breakers.push(record),
    },
    network: options.network ?? watchNetwork({ clock, isConnected: () => true }),
  };
  const triggers = new Set([401, 402, 403, 404, 408, 409, 429]);
  return {
    chain,
    runtime,
    events,
    rejected: rejectedCredentials('salt'),
    deserters: recent<string>(10 * 60_000, 1000),
    failover: {
      enabled: true,
      triggers: (status) => status >= 500 || triggers.has(status),
      maxFailoverAttempts: 8,
      budgetMs: 120_000,
      midStream: 'resume',
      hedgeMs: null,
      returnAfterMs: 0,
      ...failover,
    },
    credentials: credentialNames('salt'),
    sessions: createSessions(),
    gates: createGates(clock),
    retries: retryBudgets(clock),
    preference: { preferred: null },
    calibration: calibration(),
    lessons: lessons(),
    slowOnTrial: new Set(),
    prober: { active() {}, well() {}, doubt: ({ name }) => void events.doubts.push(name) },
  };
}

/** An upstream of the bench as a request of `asking()` asks it. */
export function subjectIn(bench: RelayContext, name: string, request: Inbound = asking()): Subject {
  const upstream = bench.chain.find((one) => one.name === name);
  if (upstream === undefined) throw new Error(`${name} is not in the chain`);
  return subjectOf(upstream, request, bench);
}

/** How it stands for such a request. */
export function standingOf(bench: RelayContext, name: string, request?: Inbound): BreakerView {
  return standing(subjectIn(bench, name, request), bench.runtime);
}

/** What all its breakers have counted against it: none when nothing ever was. */
export function heldAgainst(bench: RelayContext, name: string): BreakerState[] {
  const { upstream, keys } = subjectIn(bench, name);
  const { breakers } = bench.runtime;
  const all = [...breakers.keys()].filter((key) => key === keys.host || isOf(upstream, key));
  return all
    .map((key) => breakers.read(key))
    .filter((state) => state.phase !== 'closed' || state.run !== null);
}

/** The clock of the machine, for exchanges over real sockets. */
export const realClock: Clock = {
  now: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Sends over real sockets. */
export function realSend(): Send {
  return createSend({ clock: realClock, instance: 'test', isProxied: () => false });
}

export interface Asking {
  stream?: boolean;
  headers?: Record<string, string>;
  /** Replaces the whole body. */
  body?: string;
  search?: string;
  id?: string;
}

export const CREDENTIAL = { 'x-api-key': 'client-key' };

/** A request as it comes in. */
export function asking({ stream = true, headers, body, search = '', id = 'req_1' }: Asking = {}): Inbound {
  const plain = {
    model: 'claude-opus-4-8',
    max_tokens: 64,
    stream,
    messages: [{ role: 'user', content: 'hi' }],
  };
  const bytes = new TextEncoder().encode(body ?? JSON.stringify(plain));
  return inboundOf(id, new Headers({ 'user-agent': CLAUDE_CODE, ...CREDENTIAL, ...headers }), search, bytes);
}

/** What a client got. */
export interface Said {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  text: string;
  /** The events of a streamed answer. */
  frames: Frame[];
  /** True when the connection was reset after the bytes. */
  reset: boolean;
}

/** Asks and reads the whole answer as a client does. */
export async function ask(
  bench: RelayContext,
  request: Inbound | Asking = {},
  signal = never(),
): Promise<Said> {
  return read(relay('bytes' in request ? request : asking(request), bench, signal));
}

/** The whole answer of a relay under way. */
export async function read(pieces: AsyncGenerator<Piece, void>): Promise<Said> {
  let head: { status: number; headers: Headers } | undefined;
  const parts: Uint8Array[] = [];
  let reset = false;
  try {
    for await (const piece of pieces) {
      if ('bytes' in piece) parts.push(piece.bytes);
      else if (head === undefined) head = piece.head;
      else throw new Error('a second head');
    }
  } catch (error) {
    if (!(error instanceof ResetConnection)) throw error;
    reset = true;
  }
  if (head === undefined) throw new Error('no head');
  const bytes = Buffer.concat(parts);
  return { ...head, bytes, text: bytes.toString('utf8'), frames: framesOf(bytes), reset };
}

/** The events in `bytes`. */
export function framesOf(bytes: Uint8Array): Frame[] {
  return drain(sse(), [bytes])
    .filter(({ name }) => name !== ':comment')
    .map((packet) => rawFrame(packet.name, packet.bytes, () => packet.data));
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** The words of all text blocks of a streamed or whole answer. */
export function wordsOf(said: Said): string {
  if (said.text.startsWith('{')) {
    const { content } = JSON.parse(said.text) as { content: { text?: string }[] };
    return content.map(({ text: words }) => words ?? '').join('');
  }
  return said.frames
    .map(({ event }) =>
      event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
    )
    .join('');
}

/** The events of `answer` as Anthropic sends them. */
export function eventsOf(answer: Answer = text('All is well.'), id = 'up1'): string[] {
  return anthropicVoice.events(answer, { id, model: 'claude-opus-4-8' });
}

/** `answer` as one JSON body. */
export function wholeOf(answer: Answer = text('All is well.'), id = 'up1'): string {
  return JSON.stringify(anthropicVoice.whole(answer, { id, model: 'claude-opus-4-8' }));
}

/** A streamed response of these chunks. */
export function streamOf(
  chunks: Iterable<string | Uint8Array>,
  headers: Record<string, string> = {},
): Response {
  const encoder = new TextEncoder();
  const waiting = [...chunks].map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = waiting.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream', ...headers } });
}

/** What an upstream of a test says to a request, by the upstream's name. */
export type Voices = Record<string, (outgoing: Outgoing) => Response | Promise<Response>>;

export type Sent = { upstream: string; outgoing: Outgoing; body: string };

/** Sends to hand-made upstreams, and what was sent. An abort rejects with its reason, as fetch does. */
export function fakeSend(voices: Voices): Send & { sent: Sent[] } {
  const sent: Sent[] = [];
  const send: Send = async (upstream, outgoing) => {
    const { body = '' } = outgoing;
    sent.push({
      upstream: upstream.name,
      outgoing,
      body: typeof body === 'string' ? body : new TextDecoder().decode(body),
    });
    const voice = voices[upstream.name];
    if (voice === undefined) throw new Error(`${upstream.name} must not be asked`);
    return voice(outgoing);
  };
  return Object.assign(send, { sent });
}

/** Never answers; rejects when it is given up. */
export function blackHole({ signal }: Outgoing): Promise<Response> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A body that says what the test says, when it says it. */
export interface OpenBody {
  response: Response;
  push(...chunks: (string | Uint8Array)[]): void;
  end(): void;
  fail(error: unknown): void;
  /** Settled when nobody reads it any more. */
  gone: Promise<void>;
  readonly isGone: boolean;
}

/** An event stream under the test's control, which ends when the request is given up, as fetch's bodies do. */
export function openBody({ signal }: Outgoing, headers: Record<string, string> = {}): OpenBody {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const state = { gone: false };
  const encoder = new TextEncoder();
  let control: ReadableStreamDefaultController<Uint8Array> | undefined;
  const leave = () => {
    state.gone = true;
    resolve();
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      control = controller;
    },
    cancel: leave,
  });
  signal.addEventListener('abort', () => {
    leave();
    try {
      control?.error(signal.reason);
    } catch {
      // It had ended.
    }
  });
  return {
    response: new Response(body, { headers: { 'content-type': 'text/event-stream', ...headers } }),
    push(...chunks) {
      for (const chunk of chunks) control?.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
    },
    end: () => control?.close(),
    fail: (error) => control?.error(error),
    gone,
    get isGone() {
      return state.gone;
    },
  };
}
