import type { Configuration } from '../config/build.ts';
import type { Clock, Send } from '../core/runtime.ts';
import type { Chain } from '../core/upstream.ts';
import { credentialNames } from '../proxy/credential-names.ts';
import { createGates, type Gates } from '../proxy/gate.ts';
import type { Handshake } from '../proxy/handshake.ts';
import { watchNetwork } from '../proxy/network-watch.ts';
import { createProber } from '../proxy/prober.ts';
import type { Answer } from '../server/app.ts';
import { createHolders } from '../server/holders.ts';
import { createServing } from '../server/serving.ts';
import { stats } from '../server/stats.ts';
import type { Status } from '../server/status.ts';
import { openHealth } from '../store/health-file.ts';
import { createTimeline, type Happening, type Timeline } from './timeline.ts';

/** What a whole ccproxy is made of, beside what is the same in every one. */
export interface HouseParts {
  configuration: Configuration;
  /** In the place of the configuration's. */
  chain: Chain;
  clock: Clock;
  send: Send & { forget?(): void };
  listening(): { port: number; addresses: readonly string[] };
  handshake?: Handshake;
  /** Told of whatever happens, at once. */
  tell?: (happening: Happening) => void;
}

/** A whole ccproxy that keeps nothing, and writes down what happens. */
export interface House {
  answer: Answer;
  /** As it runs. */
  configuration: Configuration;
  timeline: Timeline;
  gates: Pick<Gates, 'held' | 'waiting'>;
  status(): Promise<Status>;
  /** Begins to probe the upstreams, and to write down what happens. */
  begin(): Promise<void>;
  /** @throws AggregateError of what was thrown in it and never should have been */
  end(): void;
}

/** The name by which its own requests would be recognised. */
export const INSTANCE = 'drill';

/** The real server with the user's settings, but for tokens and the address that is listened on. */
export function buildHouse({
  configuration: given,
  chain,
  clock,
  send,
  listening,
  ...parts
}: HouseParts): House {
  const { settings } = given;
  const server = { ...settings.server, tokens: [], adminToken: null, port: listening().port };
  const configuration = { ...given, chain, settings: { ...settings, server } };
  const timeline = createTimeline(clock, parts.tell);
  const counters = stats(clock, timeline.journal);
  const problems: unknown[] = [];
  let ids = 0;
  const health = openHealth({
    path: null,
    clock,
    random: () => 'saltofarehearsal0000',
    upstreams: chain,
    warn() {},
  });
  const network = watchNetwork({ clock, isConnected: () => true });
  const runtime = {
    clock,
    // Every run is like the last.
    random: () => 0.5,
    id(prefix: string) {
      ids += 1;
      return `${prefix}drill${String(ids).padStart(6, '0')}`;
    },
    send,
    breakers: health.breakers,
    network,
    journal: counters,
  };
  const credentials = credentialNames(health.salt);
  const gates = createGates(clock);
  const unexpected = (error: unknown) => void problems.push(error);
  const prober = createProber({
    runtime,
    credentials,
    network,
    forgetConnections: () => send.forget?.(),
    addresses: () => 'here',
    isProxied: () => false,
    isServing: ({ name }) => gates.held(name) > 0,
    unexpected,
    ...(parts.handshake === undefined ? {} : { handshake: parts.handshake }),
  });
  const serving = createServing({
    configuration,
    identity: { version: 'drill', instance: INSTANCE, startedAt: clock.now() },
    runtime,
    stats: counters,
    health,
    tested: { dates: () => () => null },
    credentials,
    gates,
    // A rehearsal is of upstreams that fail, not of a crowd of clients.
    mostInFlight: Number.POSITIVE_INFINITY,
    prober,
    secret: 'secret of a rehearsal',
    controlToken: 'control token of a rehearsal',
    holders: createHolders({ name: () => 'nobody', left: () => false }),
    listening,
    draining: () => false,
    stop() {},
    unexpected: (_, error) => unexpected(error),
  });

  return {
    answer: serving.answer,
    configuration,
    timeline,
    gates,
    async status() {
      const headers = { host: `localhost:${listening().port}` };
      const answer = await serving.answer(new Request('http://localhost/status', { headers }));
      return (await answer.json()) as Status;
    },
    async begin() {
      timeline.restart();
      prober.watch(chain);
    },
    end() {
      prober.stop();
      health.close();
      if (problems.length > 0) throw new AggregateError(problems, 'ccproxy met errors that nobody foresaw');
    },
  };
}
