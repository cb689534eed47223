/** After a soak: whether every upstream, well again, is asked again, and whether all of its places are free. */
import type { Recorded } from '../../src/drill/recorded.ts';
import type { ScriptedUpstream } from '../../src/drill/upstream.ts';
import { wellSaid } from './soak-weather.ts';
import { asking, numberIn } from './soak-words.ts';
import { statesOf } from './state-of.ts';

export interface Place {
  name: string;
  upstream: ScriptedUpstream;
  /** At most so many requests at once. */
  concurrency?: number;
}

export interface Recovery {
  name: string;
  /** Milliseconds until it answered; null: it did not. */
  afterMs: number | null;
  /** The same after the one client left that was to try it, half-open. */
  afterLeavingMs: number | null;
  /** The most requests that it had at once, of those that it may have; null where there is no limit. */
  places: { most: number; limit: number } | null;
}

/** Suspicion lasts a minute, no breaker of a soak is open for longer. */
const PATIENCE_MS = 75_000;
const PAUSE_MS = 50;
/** Within an upstream's limits, and long enough for a look. */
const HELD_MS = 250;
const LOOKS = 12;
/** An upstream that trips is open for two seconds at most, and then probed. */
const TRIAL_WITHIN_MS = 15_000;

const well = (request: Recorded) => ({ answer: wellSaid(numberIn(request.text())) });
const down = { fault: { kind: 'status', status: 500 } } as const;

/** The name of the upstream that answers; null when none does, or when the client left. */
async function whoAnswers(url: string, signal?: AbortSignal): Promise<string | null> {
  try {
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': 'sk-test',
        'anthropic-version': '2023-06-01',
      },
      body: asking(1, 'claude-sonnet-4-5', false, false),
      proxy: false,
      keepalive: false,
      ...(signal === undefined ? {} : { signal }),
    });
    await response.arrayBuffer();
    return response.status === 200 ? response.headers.get('x-ccproxy-upstream') : null;
  } catch (error) {
    if (signal?.aborted) return null;
    throw error;
  }
}

/** How often it was asked a model. */
function asksOf({ upstream }: Place): number {
  return upstream.asked.at(-1)?.number ?? 0;
}

/**
 * Trips the upstream and leaves while it is tried: a permit that is not given back then is never given again.
 * @returns whether it was tried
 */
async function leaveWhileTried(place: Place, url: string): Promise<boolean> {
  const { name, upstream } = place;
  await upstream.play(down);
  const startedAt = performance.now();
  const isTimeLeft = () => performance.now() - startedAt < TRIAL_WITHIN_MS;
  while (isTimeLeft() && (await statesOf(url))[name] !== 'open') await whoAnswers(url);
  await upstream.play({ answer: wellSaid(1), fault: { kind: 'slow', before: 'head', waitMs: HELD_MS } });
  const before = asksOf(place);
  while (isTimeLeft() && asksOf(place) === before) {
    const client = new AbortController();
    const gone = whoAnswers(url, client.signal);
    await Bun.sleep(HELD_MS / 3);
    client.abort();
    await gone;
  }
  await upstream.play(well);
  return asksOf(place) !== before;
}

async function untilAsked(url: string, name: string): Promise<number | null> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < PATIENCE_MS) {
    if ((await whoAnswers(url)) === name) return performance.now() - startedAt;
    await Bun.sleep(PAUSE_MS);
  }
  return null;
}

/** The most requests that the upstream has at once when more come than it may have. */
async function mostAtOnce({ upstream }: Place, limit: number, url: string): Promise<number> {
  let most = 0;
  for (let look = 0; look < LOOKS && most < limit; look += 1) {
    await upstream.play({ answer: wellSaid(1), fault: { kind: 'slow', before: 'head', waitMs: HELD_MS } });
    const answers = Promise.all(Array.from({ length: 2 * limit }, () => whoAnswers(url)));
    for (let spent = 0; spent < 2 * HELD_MS; spent += 10) {
      most = Math.max(most, upstream.asked.filter(({ end }) => end === null).length);
      await Bun.sleep(10);
    }
    await answers;
  }
  await upstream.play(well);
  return most;
}

/**
 * Each upstream in the chain's order has to answer while those before it are down. The spare behind them is well: an
 * upstream that answers does so because it was asked in its turn, not for want of any other.
 */
export async function recover(url: string, places: readonly Place[], spare: Place): Promise<Recovery[]> {
  for (const { upstream } of [...places, spare]) await upstream.play(well);
  const recoveries: Recovery[] = [];
  for (const place of places) {
    const { name, upstream, concurrency } = place;
    const afterMs = await untilAsked(url, name);
    const isLimited = concurrency !== undefined && afterMs !== null;
    const most = isLimited ? await mostAtOnce(place, concurrency, url) : 0;
    const isTried = afterMs !== null && (await leaveWhileTried(place, url));
    const afterLeavingMs = isTried ? await untilAsked(url, name) : null;
    const found = isLimited ? { most, limit: concurrency } : null;
    recoveries.push({ name, afterMs, afterLeavingMs, places: found });
    await upstream.play(down);
  }
  for (const { upstream } of places) await upstream.play(well);
  return recoveries;
}

/** Longer than the longest time that a breaker of a soak is open for. */
const OPEN_AT_MOST_MS = 5_000;
const SHUT = new Set(['open', 'cooldown', 'blocked']);

/** The states of the upstreams, once none is shut any more or it has taken too long. */
export async function settledStates(url: string): Promise<Record<string, string>> {
  const startedAt = performance.now();
  for (;;) {
    await whoAnswers(url);
    const states = await statesOf(url);
    const isSettled = !Object.values(states).some((state) => SHUT.has(state));
    if (isSettled || performance.now() - startedAt > OPEN_AT_MOST_MS) return states;
    await Bun.sleep(PAUSE_MS);
  }
}

/** Those that are still shut, by name. */
export function shutOf(states: Record<string, string>): string[] {
  return Object.keys(states).filter((name) => SHUT.has(states[name] ?? ''));
}
