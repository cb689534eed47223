import type { Ms } from '../core/failure.ts';
import { healthKeys } from '../core/health-keys.ts';
import { isRemote } from '../core/remote.ts';
import type { Runtime, Timer } from '../core/runtime.ts';
import type { Chain, Upstream } from '../core/upstream.ts';
import type { Handshake } from './handshake.ts';
import { forgiveLosses } from './interventions.ts';
import type { WatchedNetwork } from './network-watch.ts';
import type { Subject } from './subject.ts';
import { transportFailure } from './transport-failure.ts';
import { within } from './within.ts';

/** What the lookout needs from outside. */
export interface LookoutOptions {
  runtime: Runtime;
  network: WatchedNetwork;
  /** Whether requests to this URL go through an outbound proxy: then a connection of our own says nothing. */
  isProxied(url: URL): boolean;
  /** How a connection is tried. With TLS: where a network asks for a login first, something accepts for every host. */
  handshake: Handshake;
  /** Our network is gone, and what that did is forgiven; or it is back. */
  changed(offline: boolean): void;
  /** A look that nobody waits for threw. */
  unexpected(error: unknown): void;
}

/** How a host is lost: there is no way to it, or another answers in its place. */
export type Loss = 'unreachable' | 'untrusted';

/** Finds out whose fault it is that there is no way to a host: its own, or our network's. */
export interface Lookout {
  /** Whose hosts are looked at. */
  watch(chain: Chain): void;
  /** This upstream's host was lost: looks at the others that are remote. Resolves when it is known how they are. */
  lookBeyond(upstream: Upstream, loss: Loss): Promise<void>;
  /** Looks at this upstream's own host, and if that is lost, at the others. Nobody waits for it. */
  lookAt(upstream: Upstream): void;
  stop(): void;
}

/** To a connection, TLS and all. */
const LOOK_MS: Ms = 2_000;
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
  const underWay = new Map<string, Promise<Loss | null>>();
  const over = new AbortController();
  const stopped = new Promise<null>((resolve) => {
    over.signal.addEventListener('abort', () => resolve(null), { once: true });
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
      const unprobed = places.filter(({ subject }) => !subject.upstream.probe.enabled);
      lookAtAll(unprobed).catch(options.unexpected);
    });
  }

  async function lookAtAll(wanted: readonly Place[]): Promise<void> {
    await Promise.all(wanted.map(look));
  }

  /** How the host was lost; null where it was reached, or that cannot be told. Each host is looked at once at a time. */
  async function look({ host, url }: Place): Promise<Loss | null> {
    if (options.isProxied(url) || over.signal.aborted) return null;
    const looking = underWay.get(host) ?? lookNow(host, url);
    underWay.set(host, looking);
    return looking;
  }

  async function lookNow(host: string, url: URL): Promise<Loss | null> {
    try {
      const loss = await reach(url);
      if (!over.signal.aborted) network.saw(host, loss === null);
      return loss;
    } finally {
      underWay.delete(host);
    }
  }

  async function reach(url: URL): Promise<Loss | null> {
    const leaving = new AbortController();
    try {
      const shaken = lossOf(options.handshake(url, leaving.signal));
      const loss = await within(Promise.race([shaken, stopped]), LOOK_MS, runtime.clock);
      return loss === 'later' ? 'unreachable' : loss;
    } finally {
      leaving.abort();
    }
  }

  async function lookBeyond(upstream: Upstream, loss: Loss): Promise<void> {
    if (network.offline) return;
    const own = placeOf(upstream).host;
    const others = places.filter((place) => place.host !== own && (loss !== 'untrusted' || canVouch(place)));
    const wanted = new Set(network.unsure([...new Set(others.map(({ host }) => host))]));
    await lookAtAll(others.filter(({ host }) => wanted.has(host)));
  }

  async function lookAtItself(upstream: Upstream): Promise<void> {
    const loss = await look(placeOf(upstream));
    if (loss !== null) await lookBeyond(upstream, loss);
  }

  return {
    watch(chain) {
      places = chain.filter((upstream) => isRemote(upstream)).map(placeOf);
    },
    lookBeyond,
    lookAt(upstream) {
      if (isRemote(upstream)) lookAtItself(upstream).catch(options.unexpected);
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

/** Where a network answers in place of every host, only a certificate says who is there. */
function canVouch({ url }: Place): boolean {
  return url.protocol === 'https:';
}

/** How it failed, if its host was lost by that: whoever refuses is there. */
async function lossOf(connecting: Promise<void>): Promise<Loss | null> {
  try {
    await connecting;
    return null;
  } catch (error) {
    const { kind } = transportFailure(error);
    return kind === 'unreachable' || kind === 'untrusted' ? kind : null;
  }
}
