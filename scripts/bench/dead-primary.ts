/** An upstream that is down, in one of the ways in which upstreams are, and what reaches it all the same. */
import { freePort } from './processes.ts';

export interface WayToBeDown {
  name: string;
  /** What it answers to whatever is asked, or never; null: its port is closed. */
  answer: ((isProbe: boolean) => Response | Promise<Response>) | null;
  /** It has to be left alone for at least so long at a time; milliseconds. */
  aloneMs: number;
}

/** How long a breaker opens for in this bench; times 0.8 at the least, see `openUntil`. */
export const OPEN_MS = 1_000;
const RETRY_AFTER_S = 2;
/** A timer may be a little early, and a request takes time to get here. */
const TOLERANCE_MS = 50;
const OPEN_AT_LEAST_MS = OPEN_MS * 0.8 - TOLERANCE_MS;

export const WAYS_TO_BE_DOWN: readonly WayToBeDown[] = [
  { name: 'refuses connections', answer: null, aloneMs: OPEN_AT_LEAST_MS },
  { name: 'never answers', answer: () => new Promise(() => {}), aloneMs: OPEN_AT_LEAST_MS },
  { name: '500', answer: () => refusal(500, 'api_error'), aloneMs: OPEN_AT_LEAST_MS },
  {
    name: '529, but not to probes',
    answer: (isProbe) => (isProbe ? new Response() : refusal(529, 'overloaded_error')),
    aloneMs: OPEN_AT_LEAST_MS,
  },
  {
    name: `429, retry-after ${RETRY_AFTER_S}`,
    answer: (isProbe) =>
      isProbe ? new Response() : refusal(429, 'rate_limit_error', { 'retry-after': String(RETRY_AFTER_S) }),
    aloneMs: RETRY_AFTER_S * 1_000 - TOLERANCE_MS,
  },
];

function refusal(status: number, type: string, headers: Record<string, string> = {}): Response {
  return Response.json({ type: 'error', error: { type, message: `bench ${status}` } }, { status, headers });
}

export interface DeadPrimary {
  url: string;
  /** When each request for an answer came, in milliseconds, since `forget`. */
  readonly asked: readonly number[];
  /** How many other requests came since then. */
  readonly probes: number;
  forget(): void;
  stop(): Promise<void>;
}

export function startDeadPrimary({ answer }: WayToBeDown): DeadPrimary {
  let asked: number[] = [];
  let probes = 0;
  const server =
    answer === null
      ? null
      : Bun.serve({
          hostname: '127.0.0.1',
          port: 0,
          idleTimeout: 0,
          async fetch(request) {
            const isProbe = request.method !== 'POST';
            if (isProbe) probes += 1;
            else asked.push(performance.now());
            await request.arrayBuffer();
            return answer(isProbe);
          },
        });
  return {
    url: `http://127.0.0.1:${server?.port ?? freePort()}`,
    get asked() {
      return asked;
    },
    get probes() {
      return probes;
    },
    forget() {
      asked = [];
      probes = 0;
    },
    async stop() {
      await server?.stop(true);
    },
  };
}

/** The most of these instants that lie within any `spanMs`. */
export function mostWithin(instants: readonly number[], spanMs: number): number {
  return instants.reduce(
    (most, from, index) =>
      Math.max(most, instants.slice(index).filter((instant) => instant - from < spanMs).length),
    0,
  );
}
