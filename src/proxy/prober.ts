import { dueAt, type LastProbe } from '../core/cadence.ts';
import { type Credence, hear, isBelieved, UNHEARD } from '../core/credence.ts';
import type { Ms } from '../core/failure.ts';
import { healthKeys } from '../core/health-keys.ts';
import { isNearby, isRemote } from '../core/remote.ts';
import type { ProbeRecord, Runtime, Timer } from '../core/runtime.ts';
import type { Chain, ProbeMethod, Upstream } from '../core/upstream.ts';
import type { CredentialNames } from './credential-names.ts';
import { type Finding, failed, good } from './finding.ts';
import { type Handshake, shakeHands } from './handshake.ts';
import { type Heartbeat, startHeart } from './heartbeat.ts';
import { hastenReturn } from './interventions.ts';
import type { WatchedNetwork } from './network-watch.ts';
import { createLookout, type Loss } from './offline.ts';
import { ask } from './permits.ts';
import { CALLED_OFF, methodFor, probe, takesCredential } from './probe.ts';
import { awaited, standing } from './standing.ts';
import type { Subject } from './subject.ts';

/** What a prober needs from outside. */
export interface ProberOptions {
  runtime: Runtime;
  credentials: CredentialNames;
  network: WatchedNetwork;
  /** Closes pooled connections: those from before a sleep, or of another network, are dead. */
  forgetConnections(): void;
  /** The machine's addresses in one string: it changes when the network does, and is empty where there is none. */
  addresses(): string;
  /** Whether requests to this URL go through an outbound proxy. */
  isProxied(url: URL): boolean;
  /** Whether an upstream has a request at this moment: one next door that answers no probe meanwhile is busy. */
  isServing(upstream: Upstream): boolean;
  /** Something threw that never should. The prober goes on; somebody has to be told. */
  unexpected(error: unknown): void;
  /** How a probe connects, and how a host is looked at; over real sockets unless said otherwise. */
  handshake?: Handshake;
}

/** A client nobody waits for: finds out how upstreams are before a request has to. */
export interface Prober {
  /** Begins, or goes on with another chain. Upstreams that stay are not probed because of it, those that are new are at once. */
  watch(chain: Chain): void;
  /** A client has just started: its first request is about to come. */
  nudge(): void;
  /** A request has just failed there, in a way that is counted: confirms it at once, or finds that it was the request. */
  doubt(upstream: Upstream): void;
  /** A request went well there that began at this moment. */
  well(upstream: Upstream, startedAt: Ms): void;
  /** A request came. */
  active(): void;
  /** No timer and no request is left. */
  stop(): void;
}

/** One upstream as the prober knows it. */
interface Watched {
  upstream: Upstream;
  last: LastProbe | null;
  credence: Credence;
  /** For the time to the next probe. */
  random: number;
  timer: Timer | null;
  underWay: AbortController | null;
  /** It is to be probed at once, whatever time it is: to confirm a failure, or to have a new look. */
  wanted: 'confirm' | 'look' | null;
  /** When its last probe began. */
  askedAt: Ms;
  doubtedAt: Ms;
  /** When its breakers last gave no leave although a probe was due. */
  refusedAt: Ms;
  /** It is not in the chain any more. */
  isGone: boolean;
}

/** A probe that confirms a failure need not be as patient; but for an answer, which takes its time. */
const CONFIRMING_MS: Ms = 1_500;
/** A client that starts needs no probe of what was just probed. */
const FRESH_MS: Ms = 2_000;
/** Between two doubts of an upstream that are looked into. */
const DOUBT_MS: Ms = 1_000;
/** Someone else tries an upstream: so long until it is asked for leave again. */
const REFUSED_MS: Ms = 1_000;
/** The longest that a timer is set for: it is the machine's, and the clock may be set. */
const LONGEST_MS: Ms = 60_000;
/** After so long without a request the next one finds upstreams that were probed less often. */
const IDLE_MS: Ms = 60_000;
const NEVER: Ms = Number.NEGATIVE_INFINITY;

/** Does nothing until it is given a chain. */
export function createProber(options: ProberOptions): Prober {
  const { runtime, credentials, network, unexpected, handshake = shakeHands } = options;
  const { clock } = runtime;
  const lookout = createLookout({ ...options, handshake, changed: onNetwork });
  const all = new Map<string, Watched>();
  let activeAt = clock.now();
  let heart: Heartbeat | null = null;
  let isStopped = false;

  /** One that is another upstream under the same name, or has another key, is new. */
  function keyOf(upstream: Upstream): string {
    return `${upstream.name} ${upstream.base} ${credentials.own(upstream)}`;
  }

  function planOf(upstream: Upstream): { method: ProbeMethod; subject: Subject } {
    const method = methodFor(upstream, options.isProxied(new URL(upstream.base)));
    const credential = takesCredential(method) ? credentials.own(upstream) : null;
    return { method, subject: { upstream, keys: healthKeys(upstream, credential, null) } };
  }

  function isCutOff(upstream: Upstream): boolean {
    return isRemote(upstream) && network.cutsOff(healthKeys(upstream, null, null).host);
  }

  function due(watched: Watched, now: Ms): Ms | null {
    const { upstream, last, random, wanted, askedAt } = watched;
    const { method, subject } = planOf(upstream);
    const breaker = standing(subject, runtime);
    const situation = {
      now,
      settings: upstream.probe,
      method,
      askedAt,
      activeAt,
      last: wanted === null ? last : null,
      breaker,
      needs: awaited(subject, runtime),
      isCutOff: isCutOff(upstream),
      random,
    };
    const at = dueAt(situation);
    return at === null ? null : Math.max(at, watched.refusedAt + REFUSED_MS);
  }

  /** One timer for each upstream, at the moment when it is due as things stand. */
  function arm(watched: Watched): void {
    watched.timer?.cancel();
    watched.timer = null;
    if (isStopped || watched.isGone || watched.underWay !== null) return;
    const now = clock.now();
    const at = due(watched, now);
    if (at === null) return;
    watched.timer = clock.after(Math.min(Math.max(0, Math.ceil(at - now)), LONGEST_MS), () => {
      try {
        heart?.feel();
        wake(watched);
      } catch (error) {
        // With the next beat everything is set anew.
        unexpected(error);
      }
    });
  }

  function wake(watched: Watched): void {
    const now = clock.now();
    const at = due(watched, now);
    if (at === null || at > now || watched.underWay !== null) arm(watched);
    else run(watched).catch(unexpected);
  }

  function armAll(): void {
    for (const watched of all.values()) arm(watched);
  }

  /** Whatever happens, the permit is given back and the next probe is set. */
  async function run(watched: Watched): Promise<void> {
    const { upstream } = watched;
    const { method, subject } = planOf(upstream);
    const leave = ask(subject, runtime, 'probe');
    if (leave === null) {
      watched.refusedAt = clock.now();
      return arm(watched);
    }
    watched.timer?.cancel();
    const control = new AbortController();
    const at = clock.now();
    const timeoutMs = timeoutOf(watched, method);
    Object.assign(watched, { underWay: control, wanted: null, askedAt: at });
    const hasCredential = subject.keys.credential !== undefined;
    let found = failed(CALLED_OFF);
    let counted = found;
    try {
      const asked = { upstream, method, hasCredential, timeoutMs, runtime, handshake };
      found = await probe(asked, control.signal);
      counted = inFairness(found, watched, method);
      const loss = lossOf(found);
      // Whose fault it is has to be known before it is counted; just after waking only a certificate counts.
      const mayCount = loss === 'untrusted' || !network.justWoken;
      if (loss !== null && isRemote(upstream) && mayCount) await lookout.lookBeyond(upstream, loss);
    } finally {
      try {
        leave.settle(counted.outcome, counted.shown);
      } finally {
        watched.underWay = null;
        if (!control.signal.aborted) note(watched, found, counted, { upstream: upstream.name, method, at });
        arm(watched);
      }
    }
  }

  function timeoutOf({ upstream, wanted, last }: Watched, method: ProbeMethod): Ms {
    const { timeoutMs } = upstream.probe;
    const isConfirming = wanted === 'confirm' || (last !== null && last.failures > 0);
    return isConfirming && method !== 'message' ? Math.min(timeoutMs, CONFIRMING_MS) : timeoutMs;
  }

  /** What may count against an upstream of what a probe found. */
  function inFairness(finding: Finding, watched: Watched, method: ProbeMethod): Finding {
    const { upstream, credence } = watched;
    const { outcome } = finding;
    const now = clock.now();
    if (outcome.ok) {
      watched.credence = hear(credence, 'good probe', now);
      return finding;
    }
    const { kind } = outcome.failure;
    // A small server of one's own may do one thing at a time.
    const isSmall = !isRemote(upstream) || isNearby(new URL(upstream.base).hostname);
    const isBusy = isSmall && options.isServing(upstream);
    if (kind === 'unresponsive' && isBusy) return failed({ ...outcome.failure, excused: true });
    if (kind !== 'server_error' || method === 'message') return finding;
    watched.credence = hear(credence, 'bad probe', now);
    return isBelieved(credence) ? finding : good('connection');
  }

  /** What was found is written down; when the next probe comes goes by what counts. */
  function note(
    watched: Watched,
    found: Finding,
    counted: Finding,
    begun: Omit<ProbeRecord, 'tookMs'>,
  ): void {
    const endedAt = clock.now();
    const { outcome } = found;
    const tookMs = Math.max(0, endedAt - begun.at);
    const record = { ...begun, tookMs, ...(outcome.ok ? {} : { failure: outcome.failure }) };
    const isGood = counted.outcome.ok;
    const failures = isGood ? 0 : (watched.last?.failures ?? 0) + 1;
    const last: LastProbe = { endedAt, shown: isGood ? counted.shown : null, failures };
    // Whatever it was wanted for meanwhile, this was it.
    Object.assign(watched, { last, wanted: null, random: runtime.random() });
    runtime.journal.probe(record);
  }

  function lookAtAll(): void {
    for (const watched of all.values()) watched.wanted = 'look';
    armAll();
  }

  function onNetwork(offline: boolean): void {
    if (offline) armAll();
    else lookAtAll();
  }

  function woke(): void {
    network.woke();
    moved();
  }

  function moved(): void {
    options.forgetConnections();
    for (const { upstream, underWay } of all.values()) {
      hastenReturn(placeOf(upstream), runtime);
      // It waits on a connection that may be dead.
      underWay?.abort();
    }
    lookAtAll();
  }

  function setBack(): void {
    const now = clock.now();
    activeAt = Math.min(activeAt, now);
    for (const watched of all.values()) {
      const { last, credence, askedAt, doubtedAt, refusedAt } = watched;
      if (last !== null) watched.last = { ...last, endedAt: Math.min(last.endedAt, now) };
      watched.credence = { ...credence, complainedAt: Math.min(credence.complainedAt, now) };
      watched.askedAt = Math.min(askedAt, now);
      watched.doubtedAt = Math.min(doubtedAt, now);
      watched.refusedAt = Math.min(refusedAt, now);
    }
    armAll();
  }

  function leaveAlone(watched: Watched): void {
    watched.isGone = true;
    watched.timer?.cancel();
    watched.underWay?.abort();
  }

  return {
    watch(chain) {
      if (isStopped) return;
      const { addresses } = options;
      heart ??= startHeart({ clock, addresses, beat: armAll, woke, moved, setBack, unexpected });
      lookout.watch(chain);
      const wanted = new Map(chain.map((upstream) => [keyOf(upstream), upstream]));
      for (const [key, watched] of all) {
        if (wanted.has(key)) continue;
        leaveAlone(watched);
        all.delete(key);
      }
      for (const [key, upstream] of wanted) {
        const known = all.get(key);
        if (known === undefined) all.set(key, unseen(upstream, runtime.random()));
        else known.upstream = upstream;
      }
      armAll();
    },
    nudge() {
      heart?.feel();
      activeAt = clock.now();
      for (const watched of all.values()) {
        if (activeAt - watched.askedAt < FRESH_MS) continue;
        // Somebody who has just logged in to the network starts a client.
        const place = placeOf(watched.upstream);
        if (standing(place, runtime).name === 'blocked') hastenReturn(place, runtime);
        watched.wanted = 'look';
      }
      armAll();
    },
    doubt(upstream) {
      heart?.feel();
      const watched = all.get(keyOf(upstream));
      if (watched === undefined || isStopped) return;
      const now = clock.now();
      watched.credence = hear(watched.credence, 'bad request', now);
      const isNew = now - watched.doubtedAt >= DOUBT_MS && watched.underWay === null;
      if (isNew && !isCutOff(upstream)) {
        watched.doubtedAt = now;
        if (upstream.probe.enabled) watched.wanted = 'confirm';
        else lookout.lookAt(upstream);
      }
      arm(watched);
    },
    well(upstream, startedAt) {
      const watched = all.get(keyOf(upstream));
      if (watched !== undefined) watched.credence = hear(watched.credence, 'good request', startedAt);
    },
    active() {
      heart?.feel();
      const now = clock.now();
      const wasIdle = now - activeAt > IDLE_MS;
      activeAt = now;
      if (wasIdle) armAll();
    },
    stop() {
      isStopped = true;
      heart?.stop();
      lookout.stop();
      for (const watched of all.values()) leaveAlone(watched);
    },
  };
}

/** What of an upstream does not hang on who asks, or for what. */
function placeOf(upstream: Upstream): Subject {
  return { upstream, keys: healthKeys(upstream, null, null) };
}

function lossOf({ outcome }: Finding): Loss | null {
  const kind = outcome.ok ? null : outcome.failure.kind;
  return kind === 'unreachable' || kind === 'untrusted' ? kind : null;
}

function unseen(upstream: Upstream, random: number): Watched {
  const never = { askedAt: NEVER, doubtedAt: NEVER, refusedAt: NEVER };
  const nothing = { last: null, credence: UNHEARD, timer: null, underWay: null, wanted: null };
  return { upstream, random, isGone: false, ...nothing, ...never };
}
