import { expect } from 'bun:test';
import type { Failure } from '../../src/core/failure.ts';
import type { NetworkWatch } from '../../src/core/runtime.ts';
import type { Dialect, Upstream } from '../../src/core/upstream.ts';
import { text } from '../../src/drill/answers.ts';
import { relay } from '../../src/proxy/relay.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { type ManualClock, manualClock, turns } from './manual-clock.ts';
import {
  type Asking,
  asking,
  type Bench,
  backup,
  benchOf,
  eventsOf,
  fakeSend,
  framesOf,
  type OpenBody,
  openBody,
  primary,
  type Sent,
  streamOf,
  type Voices,
  wholeOf,
  wordsOf,
} from './relay.ts';

type Voice = Voices[string];

/** Anthropic's dialect, in which an answer can also say itself what it means: what a real one means is tested elsewhere. */
export const frank: Dialect = {
  ...anthropic,
  explain(status, headers, body, from) {
    const said = headers.get('x-failure');
    return said === null
      ? anthropic.explain(status, headers, body, from)
      : { message: `status ${status}`, status, ...(JSON.parse(said) as Pick<Failure, 'kind'>) };
  },
};

/** Refuses every request, for the reason given. */
export function refusing(status: number, failure?: Partial<Failure>): Voice {
  const headers: Record<string, string> = failure ? { 'x-failure': JSON.stringify(failure) } : {};
  return () => new Response(`{"refused":${status}}`, { status, headers });
}

/** At its limit for `waitMs`. */
export function limited(waitMs: number): Voice {
  return refusing(429, { kind: 'rate_limited', waitMs });
}

/** There is no way to it. */
export const gone: Voice = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENETUNREACH' }));

/** Answers every request at once, streamed or not, in its own name. */
export function well(name: string): Voice {
  return ({ body }) =>
    String(body).includes('"stream":true')
      ? streamOf(eventsOf(text(`from ${name}`)))
      : Response.json(JSON.parse(wholeOf(text(`from ${name}`))));
}

/** These answers, one after the other; the last one for all that come later. */
export function inTurn(...voices: Voice[]): Voice {
  let at = 0;
  return (outgoing) => {
    const voice = voices[Math.min(at, voices.length - 1)];
    at += 1;
    if (voice === undefined) throw new Error('no voice');
    return voice(outgoing);
  };
}

/** Answers when the test says so. */
export interface Slow {
  readonly voice: Voice;
  /** What is open, oldest first; also what was given up. */
  readonly bodies: OpenBody[];
  /** Sends the beginning of the answer, without content. */
  start(at?: number): void;
  /** Sends the answer up to its first content. */
  begin(at?: number): void;
  /** Sends the rest and ends. */
  finish(at?: number): void;
}

export function slow(name: string): Slow {
  const events = eventsOf(text(`from ${name}`));
  const content = events.findIndex((event) => event.includes('content_block_delta')) + 1;
  const bodies: OpenBody[] = [];
  const sent: number[] = [];
  const upTo = (end: number, at: number) => {
    bodies[at]?.push(...events.slice(sent[at] ?? 0, end));
    sent[at] = Math.max(sent[at] ?? 0, end);
  };
  return {
    bodies,
    voice(outgoing) {
      const body = openBody(outgoing);
      bodies.push(body);
      return body.response;
    },
    start: (at = bodies.length - 1) => upTo(1, at),
    begin: (at = bodies.length - 1) => upTo(content, at),
    finish(at = bodies.length - 1) {
      upTo(events.length, at);
      bodies[at]?.end();
    },
  };
}

/** A chain with upstreams of a test's own making, and what was asked of them. */
export interface Stage {
  clock: ManualClock;
  bench: Bench;
  sent: Sent[];
  /** Who was asked, in order, since the last time this was called. */
  asked(): string[];
  /** A request, whose client reads all it can get. */
  go(request?: Asking): Client;
  /** The same, once all is quiet. */
  done(request?: Asking): Promise<Client>;
}

export interface StageOptions {
  chain?: Upstream[];
  failover?: Partial<Bench['failover']>;
  network?: NetworkWatch;
  clock?: ManualClock;
}

/** `anthropic` is Anthropic itself, others are backups; all are frank. The chain is in the order of `voices` unless it is given. */
export function stageOf(voices: Voices, options: StageOptions = {}): Stage {
  const { clock = manualClock(), failover, network } = options;
  const chain = options.chain ?? Object.keys(voices).map((name) => upstreamOf(name));
  const send = fakeSend(voices);
  const bench = benchOf(chain, {
    send,
    clock,
    ...(failover === undefined ? {} : { failover }),
    ...(network === undefined ? {} : { network }),
  });
  let seen = 0;
  const go = (request: Asking = {}) => client(bench, request);
  return {
    clock,
    bench,
    sent: send.sent,
    asked() {
      const names = send.sent.slice(seen).map(({ upstream }) => upstream);
      seen = send.sent.length;
      return names;
    },
    go,
    async done(request) {
      const one = go(request);
      await turns();
      return one;
    },
  };
}

/** An upstream of a stage, by its name. */
export function upstreamOf(name: string, overrides: Partial<Upstream> = {}): Upstream {
  const base = `http://${name}.test/v1`;
  return name === 'anthropic'
    ? primary({ dialect: frank, ...overrides })
    : backup({ name, base, dialect: frank, ...overrides });
}

/** What a client has got so far. */
export interface Client {
  status: number;
  upstream: string;
  attempts: number;
  headers: Headers;
  text: string;
  done: boolean;
  error: unknown;
  /** The client goes away. */
  leave(): void;
}

function client(bench: Bench, request: Asking): Client {
  const control = new AbortController();
  const state: Client = {
    status: 0,
    upstream: '',
    attempts: 0,
    headers: new Headers(),
    text: '',
    done: false,
    error: null,
    leave: () => control.abort(),
  };
  const run = async () => {
    for await (const piece of relay(asking(request), bench, control.signal)) {
      if ('bytes' in piece) state.text += new TextDecoder().decode(piece.bytes);
      else {
        const { status, headers } = piece.head;
        const upstream = headers.get('x-ccproxy-upstream') ?? '';
        Object.assign(state, { status, headers, upstream });
        state.attempts = Number(headers.get('x-ccproxy-attempts'));
      }
    }
  };
  run()
    .catch((error: unknown) => {
      state.error = error;
    })
    .finally(() => {
      state.done = true;
    });
  return state;
}

/** Whether what the client got is the whole of what this upstream says. */
export function isWhole({ status, headers, text: got }: Client, name: string): boolean {
  if (status !== 200) return false;
  const bytes = new TextEncoder().encode(got);
  const frames = framesOf(bytes);
  const words = wordsOf({ status, headers, bytes, text: got, frames, reset: false });
  const isEnded = got.startsWith('{') || frames.at(-1)?.name === 'message_stop';
  return words === `from ${name}` && isEnded;
}

/** Nothing is left of any request: no timer, no place, nobody who waits for one. */
export function expectQuiet({ bench, clock }: Pick<Stage, 'bench' | 'clock'>): void {
  expect(clock.waiting).toEqual([]);
  expect(bench.gates.waiting).toBe(0);
  expect(bench.chain.map(({ name }) => [name, bench.gates.held(name)])).toEqual(
    bench.chain.map(({ name }) => [name, 0]),
  );
}

/** How the attempts ended that were made so far: whose, and why they failed. */
export function endings({ events }: Bench): [upstream: string, kind: string][] {
  return events.attempts.map(({ upstream, failure }) => [upstream, failure?.kind ?? 'ok']);
}

/** A request of a conversation: at the beginning of a turn, or in the middle of one, with what a tool has answered. */
export function said(
  conversation: { session?: string; agent?: string; isMidTurn?: boolean; words?: string } = {},
  more: Asking = {},
): Asking {
  const { session, agent, isMidTurn = false, words = 'hi' } = conversation;
  const call = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} };
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' };
  const rest = [
    { role: 'assistant', content: [call] },
    { role: 'user', content: [result] },
  ];
  const messages = [{ role: 'user', content: words }, ...(isMidTurn ? rest : [])];
  const body = { model: 'claude-opus-4-8', max_tokens: 64, stream: more.stream ?? true, messages };
  return {
    ...more,
    body: JSON.stringify(body),
    headers: {
      ...(session === undefined ? {} : { 'x-claude-code-session-id': session }),
      ...(agent === undefined ? {} : { 'x-claude-code-agent-id': agent }),
      ...more.headers,
    },
  };
}
