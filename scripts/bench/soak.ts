/**
 * Many requests through dist/ccproxy, in front of upstreams that fail at random and behind clients that leave at random:
 * whether every client sees an end, and whether anything is left over.
 */
import { join } from 'node:path';
import type { Recorded } from '../../src/drill/recorded.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { type Running, residentMegabytes, start } from './processes.ts';
import { seeded } from './seeded.ts';
import type { Clients, Progress } from './soak-clients.ts';
import { type Place, type Recovery, recover, settledStates } from './soak-recovery.ts';
import { nextWeather, replyIn, type Weather } from './soak-weather.ts';
import { type Sockets, socketsOf } from './sockets.ts';
import { statesOf } from './state-of.ts';

export interface SoakOptions {
  requests: number;
  /** It stops early after so many. */
  seconds: number;
  seed: number;
}

/** How things stood at one moment. */
export interface Sample {
  /** Seconds since the beginning. */
  at: number;
  /** Requests that had ended. */
  done: number;
  megabytes: number;
  sockets: Sockets | null;
  /** By upstream; null: `GET /status` did not answer. */
  states: Record<string, string> | null;
}

export interface Soak extends SoakOptions {
  samples: Sample[];
  /** Seconds that the requests took. */
  took: number;
  progress: Progress;
  /** By kind, what the upstreams did wrong. */
  suffered: Record<string, number>;
  /** Before the first request; with all clients gone; with all upstreams gone as well. */
  sockets: Record<'before' | 'without clients' | 'without upstreams', Sockets | null>;
  /** Requests that upstreams still had a while after the last client had gone. */
  orphans: number;
  recoveries: Recovery[];
  /** At the end, with every upstream well. */
  states: Record<string, string>;
  /** Lines of its log about something that should not happen. */
  complaints: string[];
}

const CLIENTS = 64;
const WEATHER_MS = 2_500;
const SAMPLE_MS = 500;
/** Every limit of an upstream's has passed by then. */
const SETTLED_WITHIN_MS = 8_000;
const KEPT_REQUESTS = 500;

const LIMITS = `
timeouts = { connect = "500ms", first_event = "400ms", idle = "400ms", response = "800ms" }
breaker = { failures = 4, open = "50ms", open_max = "250ms" }
probe = { interval = "1s", timeout = "400ms" }`;

/** The spare stands behind them; it is not there until all is over. */
const PROVIDERS: Record<string, string> = {
  first: 'provider = "anthropic"',
  second: 'provider = "anthropic-compatible"\napi_key = "sk-second"\nconcurrency = 24',
  third: 'provider = "openai-compatible"\napi_key = "sk-third"\nmodels = { "*" = "soak" }\nconcurrency = 12',
  spare: 'provider = "anthropic-compatible"\napi_key = "sk-spare"',
};

function configuration(places: readonly Place[]): Record<string, string> {
  const tables = places.map(({ name, upstream }) => {
    const url = name === 'third' ? `${upstream.url}/v1` : upstream.url;
    return `[upstreams.${name}]\n${PROVIDERS[name]}\nbase_url = "${url}"${LIMITS}\n`;
  });
  return { 'ccproxy.toml': `[failover]\nbudget = "5s"\nreturn_after = "0s"\n\n${tables.join('\n')}` };
}

interface Skies {
  places: Place[];
  spare: Place;
  suffered: Record<string, number>;
  /** Requests that have not ended. */
  readonly underWay: number;
  change(): void;
}

async function upstreams(seed: number): Promise<Skies> {
  const random = seeded(seed);
  const suffered: Record<string, number> = {};
  const weather = new Map<string, Weather>();
  const places: Place[] = [];
  let underWay = 0;
  const follow = (request: Recorded) => {
    underWay += 1;
    void request.ended.then(() => {
      underWay -= 1;
    });
  };
  const note = (trouble: string) => {
    suffered[trouble] = (suffered[trouble] ?? 0) + 1;
  };
  for (const [name, table] of Object.entries(PROVIDERS)) {
    const upstream = await startUpstream({
      keep: KEPT_REQUESTS,
      script(request) {
        follow(request);
        return replyIn(weather.get(name) ?? { share: 0 }, request, random, note);
      },
    });
    const concurrency = Number(/concurrency = (\d+)/.exec(table)?.[1] ?? Number.NaN);
    places.push({ name, upstream, ...(Number.isNaN(concurrency) ? {} : { concurrency }) });
  }
  const spare = places.pop();
  if (spare === undefined) throw new Error('there is no spare');
  await spare.upstream.play('refuse');
  const change = () => {
    for (const { name } of places) weather.set(name, nextWeather(random));
  };
  return {
    places,
    spare,
    suffered,
    get underWay() {
      return underWay;
    },
    change,
  };
}

/** What a running soak has come to so far. */
interface Load {
  progress: Progress;
  exited: Promise<number>;
}

function startClients(shape: Clients): Load {
  const script = join(import.meta.dir, 'soak-clients.ts');
  const child = Bun.spawn([process.execPath, '--no-env-file', script, JSON.stringify(shape)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const load: Load = { progress: { done: 0, ends: {}, defects: [] }, exited: child.exited };
  const read = async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      const last = lines.at(-1);
      if (last !== undefined) load.progress = JSON.parse(last);
    }
    return child.exited;
  };
  load.exited = read();
  return load;
}

async function sample(proxy: Running, startedAt: number, done: number): Promise<Sample> {
  return {
    at: (performance.now() - startedAt) / 1_000,
    done,
    megabytes: residentMegabytes(proxy),
    sockets: socketsOf(proxy.pid),
    states: await statesOf(proxy.url).catch(() => null),
  };
}

/** Whether it came true in time. */
async function eventually(isSo: () => boolean): Promise<boolean> {
  const startedAt = performance.now();
  while (!isSo()) {
    if (performance.now() - startedAt > SETTLED_WITHIN_MS) return false;
    await Bun.sleep(50);
  }
  return true;
}

async function sampled(proxy: Running, load: Load): Promise<Sample[]> {
  const startedAt = performance.now();
  const samples: Sample[] = [];
  let isOver = false;
  const over = load.exited.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await Promise.race([over, Bun.sleep(SAMPLE_MS)]);
    samples.push(await sample(proxy, startedAt, load.progress.done));
  }
  if ((await load.exited) !== 0) throw new Error('the clients of the soak failed');
  return samples;
}

export async function soak(ccproxy: string, options: SoakOptions): Promise<Soak> {
  const skies = await upstreams(options.seed);
  const { places, spare, suffered, change } = skies;
  const everyone = [...places, spare];
  const proxy = await start([ccproxy], { CCPROXY_LOG_LEVEL: 'error' }, configuration(everyone));
  const before = socketsOf(proxy.pid);
  console.error(
    `bench: soak, ${options.requests} requests, at most ${options.seconds} s, seed ${options.seed}`,
  );
  change();
  const changing = setInterval(change, WEATHER_MS);
  const load = startClients({ url: `${proxy.url}/v1/messages`, clients: CLIENTS, ...options });
  const samples = await sampled(proxy, load);
  clearInterval(changing);
  await eventually(() => skies.underWay === 0);
  const orphans = skies.underWay;
  const withoutClients = socketsOf(proxy.pid);
  console.error('bench: soak, afterwards');
  const recoveries = await recover(proxy.url, places, spare);
  const states = await settledStates(proxy.url);
  await Promise.all(everyone.map(({ upstream }) => upstream.stop()));
  await eventually(() => (socketsOf(proxy.pid)?.open ?? 0) <= (before?.open ?? 0));
  const withoutUpstreams = socketsOf(proxy.pid);
  await proxy.stop();
  return {
    ...options,
    samples,
    took: samples.at(-1)?.at ?? 0,
    progress: load.progress,
    suffered,
    sockets: { before, 'without clients': withoutClients, 'without upstreams': withoutUpstreams },
    orphans,
    recoveries,
    states,
    complaints: (await proxy.said).split('\n').filter((line) => /internal error/.test(line)),
  };
}
