import { headerAuth } from '../auth/header.ts';
import { passthroughAuth } from '../auth/passthrough.ts';
import type { Clock } from '../core/runtime.ts';
import type { Chain, Upstream } from '../core/upstream.ts';
import { inMemoryUpstream } from './in-memory.ts';
import type { Recorded } from './recorded.ts';
import type { Lines, Script } from './script.ts';
import { startUpstream } from './upstream.ts';

/** What stands in a rehearsal where an upstream stands in earnest. */
export interface Actor {
  /** The upstream as ccproxy has it: the user's, but for its address and its key. */
  readonly upstream: Upstream;
  /** Every request, oldest first. */
  readonly requests: readonly Recorded[];
  /** The requests that asked a model. */
  readonly asked: readonly Recorded[];
  /** Answers by `script` from now on, and everything that asks no model by `asides`. */
  play(script: Script, asides?: Lines): Promise<void>;
  stop(): Promise<void>;
}

/** An actor whose wire can be cut; simulated only. */
export interface SimulatedActor extends Actor {
  readonly line: ReturnType<typeof inMemoryUpstream>;
}

/** No provider's, and nobody's: a rehearsal needs no key. */
const KEY = 'key-of-a-rehearsal';

/** The upstream with a made-up key, and nothing of the user's that could hold one. */
function withoutSecrets(upstream: Upstream): Upstream {
  const { takesClientCredential, native } = upstream;
  const auth = takesClientCredential
    ? passthroughAuth({ mode: 'client' })
    : headerAuth(KEY, native ? 'x-api-key' : 'authorization');
  return { ...upstream, auth, extraHeaders: {} };
}

/**
 * An actor for each of the chain, on a port of its own.
 * @param ports in the order of the chain; default: any that are free
 */
export function castOnPorts(chain: Chain, ports: readonly number[] = []): Promise<Actor[]> {
  return Promise.all(
    chain.map(async (upstream, index): Promise<Actor> => {
      const port = ports[index];
      const server = await startUpstream(port === undefined ? {} : { port });
      // A key may stand in the path of the user's own.
      const base = `${server.url}/v1`;
      return {
        upstream: { ...withoutSecrets(upstream), base },
        requests: server.requests,
        get asked() {
          return server.asked;
        },
        play: (script, asides) => server.play(script, asides),
        stop: () => server.stop(),
      };
    }),
  );
}

/** An actor for each of the chain, in memory, on `clock`. */
export function castInMemory(chain: Chain, clock: Clock): SimulatedActor[] {
  return chain.map((upstream, index) => {
    const line = inMemoryUpstream(`m${index}`, clock);
    return {
      upstream: withoutSecrets(upstream),
      line,
      requests: line.requests,
      get asked() {
        return line.asked;
      },
      async play(script, asides) {
        line.play(script, asides);
      },
      async stop() {},
    };
  });
}
