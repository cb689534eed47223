import type { Ms } from '../core/failure.ts';
import { healthKeys } from '../core/health-keys.ts';
import { isLoopback } from '../core/loopback.ts';
import type { Runtime, Timer } from '../core/runtime.ts';
import type { Chain, Upstream } from '../core/upstream.ts';
import type { Dial } from './dial.ts';
import type { WatchedNetwork } from './network-watch.ts';
import { forgiveLosses, type Subject } from './permits.ts';
import { transportFailure } from './transport-failure.ts';
import { within } from './within.ts';

/** What the lookout needs from outside. */
export interface LookoutOptions {
  runtime: Runtime;
  network: WatchedNetwork;
  /** Whether requests to this URL go through an outbound proxy: then a connection of our own says nothing. */
  isProxied(url: URL): boolean;
  /** How a connection is tried. */
  dial: Dial;
  /** Our network is gone, and what that did is forgiven; or it is back. */
  changed(offline: boolean): void;
}

/** Finds out whose fault it is that there is no way to a host: its own, or our network's. */
export interface Lookout {
  /** Whose hosts are looked at. */
  watch(chain: Chain): void;
  /** There was no way to this upstream: looks at the others whose hosts are remote. Resolves when it is known how they are. */
  lookBeyond(upstream: Upstream): Promise<void>;
  /** Looks whether there is a way to this upstream itself, and if there is none, at the others. */
  lookAt(upstream: Upstream): Promise<void>;
  stop(): void;
}

/** To a connection. */
const LOOK_MS: Ms = 1_500;
/** While we are offline, this often for upstreams that are not probed. */
const AGAIN_MS: Ms = 5_000;

/** A remote upstream, and where to look. */
interface Place {
  subject: Subject;
  host: string;
  url: URL;
}

/** Looks at connections alone: nothing is sent, and no breaker is asked. */
export function createLookout(options: LookoutOptions): Lookout {
  const { runtime, network } = options;
  const underWay = new Map<string, Promise<boolean>>();
  const over = new AbortController();
  const stopped = new Promise<false>((resolve) => {
    over.signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  let places: readonly Place[] = [];
  let again: Timer | undefined;

  network.onChange((offline) => {
    if (over.signal.aborted) return;
    again?.cancel();
    if (offline) {
      for (const { subject } of places) forgiveLosses(subject, runtime);
      lookAgain();
    }
    options.changed(offline);
  });

  /** Where no upstream is probed, nobody else would find out that the network is back. */
  function lookAgain(): void {
    again = runtime.clock.after(AGAIN_MS, () => {
      lookAgain();
      void lookAtAll(places.filter(({ subject }) => !subject.upstream.probe.enabled));
    });
  }

  async function lookAtAll(wanted: readonly Place[]): Promise<void> {
    await Promise.all(wanted.map(look));
  }

  /** Whether the host was reached; true where that cannot be told. Each host is looked at once at a time. */
  function look({ host, url }: Place): Promise<boolean> {
    if (options.isProxied(url) || over.signal.aborted) return Promise.resolve(true);
    const known = underWay.get(host);
    if (known !== undefined) return known;
    const looking = reach(url).then((reached) => {
      underWay.delete(host);
      if (!over.signal.aborted) network.saw(host, reached);
      return reached;
    });
    underWay.set(host, looking);
    return looking;
  }

  async function reach(url: URL): Promise<boolean> {
    const connected = options.dial(url).then(() => true, isRefused);
    return (await within(Promise.race([connected, stopped]), LOOK_MS, runtime.clock)) === true;
  }

  async function lookBeyond(upstream: Upstream): Promise<void> {
    if (network.offline) return;
    const own = placeOf(upstream).host;
    const others = places.filter(({ host }) => host !== own);
    const wanted = new Set(network.unsure([...new Set(others.map(({ host }) => host))]));
    await lookAtAll(others.filter(({ host }) => wanted.has(host)));
  }

  return {
    watch(chain) {
      places = chain.filter((upstream) => isRemote(upstream)).map(placeOf);
    },
    lookBeyond,
    async lookAt(upstream) {
      if (isRemote(upstream) && !(await look(placeOf(upstream)))) await lookBeyond(upstream);
    },
    stop() {
      again?.cancel();
      over.abort();
    },
  };
}

function placeOf(upstream: Upstream): Place {
  const keys = healthKeys(upstream, null, null);
  return { subject: { upstream, keys }, host: keys.host, url: new URL(upstream.base) };
}

/** Whether our network lies between us and it. */
export function isRemote({ base }: Upstream): boolean {
  return !isLoopback(new URL(base).hostname);
}

/** Whoever refuses is there. */
function isRefused(error: unknown): boolean {
  return transportFailure(error).kind !== 'unreachable';
}
