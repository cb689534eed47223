import type { Ms } from './failure.ts';
import { isNearby } from './remote.ts';

/** What was last seen of one remote host. */
interface Sight {
  readonly at: Ms;
  readonly reached: boolean;
}

/**
 * This machine's own network, as its requests show it: plain data. When no remote host can be reached any more, it is not
 * they that are down.
 */
export interface Network {
  readonly offline: boolean;
  readonly hosts: Readonly<Record<string, Sight>>;
}

/** Hosts that were lost within this time of each other were lost together. */
const TOGETHER_MS: Ms = 10_000;
/** For so long, a host that was reached speaks for the network, until it is lost itself. */
const SPEAKS_MS: Ms = 30_000;
/** One host alone may be down; two at once are not. */
const LOST_HOSTS = 2;

/** Nothing has been seen yet. */
export const UNSEEN: Network = { offline: false, hosts: {} };

/**
 * A host was reached (anything answered there, even a refusal), or there was no way to it. One that is reached ends being
 * offline; several that are lost at once, while none is known to be reached, begin it. A host next door that is reached says
 * nothing, as long as there are others.
 * @param host its key; see `HealthKeys`
 * @param connected whether this machine has a network at all; without one the first loss says enough
 */
export function saw(network: Network, host: string, reached: boolean, now: Ms, connected = true): Network {
  const hosts = { ...network.hosts, [host]: { at: now, reached } };
  if (reached) return { offline: network.offline && !speaks(host, hosts), hosts };
  const sights = Object.entries(hosts);
  const lost = sights.filter(([, sight]) => !sight.reached && Math.abs(now - sight.at) <= TOGETHER_MS);
  const isReachable = sights.some(
    ([other, sight]) => sight.reached && speaks(other, hosts) && Math.abs(now - sight.at) <= SPEAKS_MS,
  );
  const offline = !isReachable && (lost.length >= LOST_HOSTS || !connected);
  return { offline: network.offline || offline, hosts };
}

/** Whether we are offline and there is no way to this host either: one next door may still be reached. */
export function cutsOff({ offline, hosts }: Network, host: string): boolean {
  return offline && (speaks(host, hosts) || hosts[host]?.reached === false);
}

/** Whether a host says something of the network beyond our own. */
function speaks(host: string, hosts: Network['hosts']): boolean {
  return !isNextDoor(host) || Object.keys(hosts).every(isNextDoor);
}

function isNextDoor(host: string): boolean {
  return isNearby(URL.parse(host.replace(/^host /, ''))?.hostname ?? 'a.far.host');
}

/**
 * The hosts, of those given, that should be looked at before it is said whose fault a loss is: also those that were reached
 * just before, because the network may have gone since.
 */
export function unsure(network: Network, hosts: readonly string[], now: Ms): string[] {
  return hosts.filter((host) => {
    const sight = network.hosts[host];
    return sight === undefined || sight.reached || Math.abs(now - sight.at) > LOOK_AGAIN_MS;
  });
}

/** What was lost so lately need not be looked at again. */
const LOOK_AGAIN_MS: Ms = 2_000;
