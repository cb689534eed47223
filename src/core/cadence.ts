import { STEADY_MS } from './breaker.ts';
import type { BreakerView } from './breaker-view.ts';
import type { Ms } from './failure.ts';
import type { ProbeMethod, ProbeSettings } from './upstream.ts';
import { type Proof, proves } from './verdict.ts';

/** How the last probe of an upstream went. */
export interface LastProbe {
  endedAt: Ms;
  /** What its success has shown; null for a failure. */
  shown: Proof | null;
  /** Failures in a row up to this one; 0 for a success. */
  failures: number;
}

/** What decides when an upstream is probed next. */
export interface Situation {
  now: Ms;
  settings: Pick<ProbeSettings, 'enabled' | 'intervalMs'>;
  /** How it is probed. */
  method: ProbeMethod;
  /** When its last probe began, whatever came of it; −Infinity before the first. */
  askedAt: Ms;
  /** When there was last a sign of somebody at work: a request, the start of a client or of this process. */
  activeAt: Ms;
  /** Null before the first. */
  last: LastProbe | null;
  /** How its breakers stand for a probe. */
  breaker: BreakerView;
  /** What a success has to show to close those whose time is up; null when there are none. */
  needs: Proof | null;
  /** Whether it lies on the other side of a network that is gone. */
  isCutOff: boolean;
  /** Uniform in [0, 1); drawn once for each probe, so that the answer does not change while nothing else does. */
  random: number;
}

const MINUTE: Ms = 60_000;
/** For so long after the last sign of activity, probes come at the configured interval. */
const ACTIVE_MS = 10 * MINUTE;
/** After so long without one, nobody is there. */
const DESERTED_MS = 30 * MINUTE;
/** Between two probes while nobody is there; no upstream is left alone for longer, unless the user wants it so. */
const DESERTED_PACE_MS = 5 * MINUTE;
/** To the first repetition of a probe that failed; it doubles with each further one. */
const CONFIRM_MS: Ms = 250;
/** Probes that cost are never closer together: it is the shortest interval that they may be given. */
const COSTLY_MS: Ms = 10_000;
/** While our own network is gone: it is noticed within this time that it is back, and such a probe leaves no machine. */
const CUT_OFF_MS: Ms = 5_000;

/** When an upstream is to be probed next: an instant, in the past where it is overdue; null for never, as things are. */
export function dueAt(situation: Situation): Ms | null {
  const at = wantedAt(situation);
  const { method, askedAt } = situation;
  return at === null || method !== 'message' ? at : Math.max(at, askedAt + COSTLY_MS);
}

function wantedAt(situation: Situation): Ms | null {
  const { now, settings, breaker, last } = situation;
  if (!settings.enabled || breaker.name === 'isolated') return null;
  // While one is shut, no packet reaches its upstream.
  if (breaker.until !== undefined) return breaker.until;
  if (last === null) return now;
  if (situation.isCutOff) return last.endedAt + CUT_OFF_MS;
  // One whose beginning is yet to come began before the clock was set back.
  const isNews = breaker.name === 'half-open' && last.endedAt < breaker.since && breaker.since <= now;
  return isNews ? now : last.endedAt + pauseAfter(last, situation);
}

function pauseAfter(last: LastProbe, situation: Situation): Ms {
  const pause = jittered(paceOf(last, situation), situation);
  if (last.shown === null) return Math.min(CONFIRM_MS * 2 ** Math.min(last.failures - 1, 60), pause);
  // What a probe of this upstream does not show, only a request can.
  const { breaker, needs } = situation;
  const isFirstOfTwo = breaker.name === 'half-open' && needs !== null && proves(last.shown, needs);
  return isFirstOfTwo ? STEADY_MS : pause;
}

/** Nobody waits for the news of an upstream that nobody uses. */
function paceOf({ endedAt }: LastProbe, { settings: { intervalMs }, activeAt }: Situation): Ms {
  const idleMs = endedAt - activeAt;
  if (idleMs <= ACTIVE_MS) return intervalMs;
  return Math.max(intervalMs, idleMs <= DESERTED_MS ? MINUTE : DESERTED_PACE_MS);
}

/** Times 0.8 … 1.2, so that many instances, and many upstreams, do not ask in step. */
function jittered(pace: Ms, { settings: { intervalMs }, random }: Situation): Ms {
  return Math.min(pace * (0.8 + 0.4 * random), Math.max(DESERTED_PACE_MS, intervalMs * 1.2));
}
