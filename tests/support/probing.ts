import { headerAuth } from '../../src/auth/header.ts';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import { AttemptError, type FailureKind, type Ms } from '../../src/core/failure.ts';
import { healthKeys } from '../../src/core/health-keys.ts';
import type { BreakerRecord, Clock, Outgoing, ProbeRecord, Runtime, Send } from '../../src/core/runtime.ts';
import type { ProbeSettings, Upstream } from '../../src/core/upstream.ts';
import { VERDICTS } from '../../src/core/verdict.ts';
import { credentialNames } from '../../src/proxy/credential-names.ts';
import { type WatchedNetwork, watchNetwork } from '../../src/proxy/network-watch.ts';
import { ask } from '../../src/proxy/permits.ts';
import { createProber, type Prober, type ProberOptions } from '../../src/proxy/prober.ts';
import { overall } from '../../src/proxy/standing.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type ManualClock, manualClock, NOON, turns } from './manual-clock.ts';
import { BREAKER, backup, blackHole, type Voices } from './relay.ts';

/** The key of every probed upstream of a test. */
export const OWN_KEY = 'key-of-the-proxy';

/** An upstream that is probed by `HEAD`, unless it is said otherwise; its host is its name. */
export function probed(
  name: string,
  settings: Partial<ProbeSettings> = {},
  rest: Partial<Upstream> = {},
): Upstream {
  const probe = {
    enabled: true,
    method: 'head',
    path: '/models',
    intervalMs: 30_000,
    timeoutMs: 3_000,
  } as const;
  return backup({
    name,
    base: `https://${name}.test/v1`,
    auth: headerAuth(OWN_KEY, 'x-api-key'),
    breaker: { ...BREAKER, connection: { openMs: 10_000, openMaxMs: 300_000 }, prober: 'connection' },
    probe: { ...probe, ...settings },
    ...rest,
  });
}

/** One on this machine. */
export function local(name: string, port = 11434): Upstream {
  return probed(name, {}, { base: `http://127.0.0.1:${port}/v1` });
}

export const well = () => new Response(null, { status: 200 });
export const status =
  (code: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(null, { status: code, headers });
export const failing = (kind: FailureKind) => (): Response => {
  throw new AttemptError({ kind, message: `it is ${kind}` });
};

/** A clock whose time can be set, while its timers go on as if nothing was. */
export interface SettableClock extends Clock {
  advance(ms: Ms): Promise<void>;
  set(byMs: Ms): void;
  readonly waiting: ManualClock['waiting'];
}

export function settableClock(): SettableClock {
  const clock = manualClock();
  let offset = 0;
  return {
    now: () => clock.now() + offset,
    after: clock.after,
    advance: clock.advance,
    set(byMs) {
      offset += byMs;
    },
    get waiting() {
      return clock.waiting;
    },
  };
}

/** A prober over upstreams that say what the test says. */
export interface ProbingBench {
  clock: SettableClock;
  prober: Prober;
  network: WatchedNetwork;
  runtime: Runtime;
  /** What each upstream says from now on, by its name. */
  voices: Voices;
  /** Names of remote hosts that cannot be reached; `*` for all of them. Their voices are not heard then. */
  gone: Set<string>;
  /** Everything that was sent. */
  sent: { upstream: string; at: Ms; outgoing: Outgoing }[];
  /** Hosts that were looked at. */
  dialled: string[];
  /** Requests without an answer. */
  underWay(): number;
  records: ProbeRecord[];
  breakers: BreakerRecord[];
  /** Connections were dropped so often. */
  forgotten(): number;
  /** What the machine says its addresses are; and whether its network asks for a login first, and answers for all hosts. */
  machine: { addresses: string; isConnected: boolean; hasPortal: boolean };
  /** When each probe of an upstream was sent, from the beginning of the test. */
  times(name: string): Ms[];
  view(upstream: Upstream): BreakerView;
  /** A request, as far as breakers see it. False when none was let through. */
  request(upstream: Upstream, kind: FailureKind | null): boolean;
}

export interface ProbingOptions
  extends Partial<
    Pick<ProberOptions, 'isServing' | 'isProxied' | 'handshake' | 'unexpected' | 'forgetConnections'>
  > {
  voices?: Voices;
  random?: () => number;
}

export function probing(chain: readonly Upstream[], options: ProbingOptions = {}): ProbingBench {
  const clock = settableClock();
  const voices: Voices = Object.fromEntries(chain.map(({ name }) => [name, well]));
  Object.assign(voices, options.voices);
  const gone = new Set<string>();
  const machine = { addresses: '10.0.0.1', isConnected: true, hasPortal: false };
  const sent: ProbingBench['sent'] = [];
  const dialled: string[] = [];
  const records: ProbeRecord[] = [];
  const breakers: BreakerRecord[] = [];
  let underWay = 0;
  let forgotten = 0;
  const isFar = (host: string) => host.endsWith('.test');
  const isGone = (host: string) => isFar(host) && (gone.has('*') || gone.has(host.replace('.test', '')));
  const isPortal = (host: string) => isFar(host) && machine.hasPortal;

  const send: Send = async (upstream, outgoing) => {
    sent.push({ upstream: upstream.name, at: clock.now(), outgoing });
    underWay += 1;
    try {
      const { hostname } = new URL(outgoing.url);
      if (isGone(hostname)) throw lost();
      if (isPortal(hostname)) throw ofPortal();
      return await (voices[upstream.name] ?? blackHole)(outgoing);
    } finally {
      underWay -= 1;
    }
  };
  const network = watchNetwork({ clock, isConnected: () => machine.isConnected });
  let ids = 0;
  const runtime: Runtime = {
    clock,
    random: options.random ?? (() => 0.5),
    id(prefix) {
      ids += 1;
      return `${prefix}test${ids}`;
    },
    send,
    breakers: memoryStore(),
    network,
    journal: {
      attempt() {},
      serving() {},
      request() {},
      probe: (record) => void records.push(record),
      breaker: (record) => void breakers.push(record),
    },
  };
  const credentials = credentialNames('salt');
  const prober = createProber({
    runtime,
    credentials,
    network,
    forgetConnections() {
      forgotten += 1;
    },
    addresses: () => machine.addresses,
    isProxied: () => false,
    isServing: () => false,
    unexpected(error) {
      throw error;
    },
    async handshake({ hostname }) {
      dialled.push(hostname);
      if (isGone(hostname)) throw lost();
      if (isPortal(hostname)) throw ofPortal();
    },
    ...options,
  });
  const subjectOf = (upstream: Upstream) => ({
    upstream,
    keys: healthKeys(upstream, credentials.own(upstream), 'a-model'),
  });
  return {
    clock,
    prober,
    network,
    runtime,
    voices,
    gone,
    sent,
    dialled,
    underWay: () => underWay,
    records,
    breakers,
    forgotten: () => forgotten,
    machine,
    times: (name) => sent.filter(({ upstream }) => upstream === name).map(({ at }) => at - NOON),
    view: (upstream) => overall(subjectOf(upstream), runtime),
    request(upstream, kind) {
      const leave = ask(subjectOf(upstream), runtime);
      if (leave === null) return false;
      leave.settle(
        kind === null ? { ok: true } : { ok: false, failure: { kind, message: `it was ${kind}` } },
      );
      if (kind === null) prober.well(upstream, clock.now());
      else if (VERDICTS[kind].breaker === 'count') prober.doubt(upstream);
      return true;
    },
  };
}

/** A bench that has probed everything once. */
export async function begun(...given: Parameters<typeof probing>): Promise<ProbingBench> {
  const bench = probing(...given);
  bench.prober.watch(given[0]);
  await bench.clock.advance(0);
  return bench;
}

/** How each probe that is over went. */
export function kinds({ records }: ProbingBench): (FailureKind | 'ok')[] {
  return records.map(({ failure }) => failure?.kind ?? 'ok');
}

/** What they throw where another shows its own certificate. */
function ofPortal(): Error {
  return Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
}

/** What fetch and connect throw where no name can be resolved. */
function lost(): Error {
  return Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
}

/** Lets a prober go, and says whether anything of it is left. */
export async function leftOf({
  prober,
  clock,
  underWay,
}: ProbingBench): Promise<{ timers: number; requests: number }> {
  prober.stop();
  await turns();
  return { timers: clock.waiting.length, requests: underWay() };
}
