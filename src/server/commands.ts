import type { Runtime } from '../core/runtime.ts';
import type { Chain, Upstream } from '../core/upstream.ts';
import type { CredentialNames } from '../proxy/credential-names.ts';
import { clear, holdOut } from '../proxy/interventions.ts';
import type { RejectedCredentials } from '../proxy/rejected.ts';
import { overall } from '../proxy/standing.ts';
import type { Health } from '../store/health-file.ts';
import { type ErrorAnswer, fault } from './fault.ts';
import { ownSubject } from './own-subject.ts';

/** What the user can change while it runs, each with what is the case afterwards. */
export interface Commands {
  /**
   * Asks an upstream first from now on; `auto`: the chain's own order again.
   * @throws ErrorAnswer 404 for one that does not exist, 400 for one that is held out.
   */
  use(name: string): { preferred: string | null };
  /**
   * Holds an upstream out until it is reset.
   * @throws ErrorAnswer 404 for one that does not exist.
   */
  isolate(name: string): { isolated: string };
  /**
   * Forgets what is held against an upstream, or against all of them: trips, cooldowns, blocks, isolation; also of one that is
   * not in the chain at the moment.
   * @throws ErrorAnswer 404 for one that does not exist, and of which nothing is known.
   */
  reset(name?: string): { reset: string[] };
}

/** What the commands act on. */
export interface CommandParts {
  chain(): Chain;
  runtime: Runtime;
  credentials: CredentialNames;
  rejected: RejectedCredentials;
  health: Pick<Health, 'prefer' | 'forget'>;
  /** Has every upstream looked at soon. */
  nudge(): void;
}

/** An unknown name is said back, but no more of it than names are long. */
const SHOWN = 60;

export function createCommands(parts: CommandParts): Commands {
  const { chain, runtime, credentials, rejected, health } = parts;

  function named(name: string): Upstream {
    const found = chain().find((upstream) => upstream.name === name);
    if (found !== undefined) return found;
    throw unknown(name);
  }

  function unknown(name: string): ErrorAnswer {
    const names = chain().map((upstream) => upstream.name);
    const asked = JSON.stringify(name.slice(0, SHOWN));
    return fault(404, 'not_found_error', `there is no upstream ${asked}; there are: ${names.join(', ')}`);
  }

  return {
    use(name) {
      if (name === 'auto') {
        health.prefer(null);
        return { preferred: null };
      }
      const upstream = named(name);
      if (overall(ownSubject(upstream, credentials), runtime).name === 'isolated') {
        const message = `${name} is isolated; first: ccproxy reset ${name}`;
        throw fault(400, 'invalid_request_error', message);
      }
      health.prefer(name);
      return { preferred: name };
    },
    isolate(name) {
      holdOut(ownSubject(named(name), credentials), runtime);
      return { isolated: name };
    },
    reset(name) {
      const upstreams = chain().filter((upstream) => upstream.name === (name ?? upstream.name));
      for (const upstream of upstreams) clear(ownSubject(upstream, credentials), runtime);
      const names = new Set([...upstreams.map((upstream) => upstream.name), ...health.forget(name)]);
      if (name !== undefined && !names.has(name)) throw unknown(name);
      if (upstreams.some(({ takesClientCredential }) => takesClientCredential)) rejected.forget();
      parts.nudge();
      return { reset: [...names] };
    },
  };
}
