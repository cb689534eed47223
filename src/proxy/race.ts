import type { Failure, Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';
import { VERDICTS } from '../core/verdict.ts';
import { isAlone } from './able.ts';
import { company, hopAgain, nextHop } from './asked.ts';
import type { Try } from './conclude.ts';
import type { RelayContext } from './context.ts';
import { type Beginning, type Begun, begin, type Hop } from './hop.ts';
import { distrust } from './interventions.ts';
import { movesOn } from './moves-on.ts';
import type { Round } from './round.ts';
import { wentDown } from './standing.ts';
import { both, isOther } from './target.ts';
import { within } from './within.ts';

/** An upstream that is being asked, with the repetitions that it is due. */
export interface Runner {
  readonly hop: Hop;
  readonly result: Promise<Begun | Failure>;
  readonly isHeard: boolean;
  readonly startedAt: Ms;
  giveUp(): void;
}

/** How often those that are silent are looked at: a probe may know meanwhile that there is nothing to wait for. */
const LOOK_MS: Ms = 1_000;

/**
 * Asks one upstream after the other until one begins to answer. The next one is also asked when one is silent that is known
 * to be down by now, and where hedging is on, beside a first that is merely silent. Null when none of them answered; the
 * failed ones are in `round.tries`. A `Try` is a refusal that the client is to see.
 */
export async function firstToAnswer(round: Round): Promise<Begun | Try | null> {
  const { context, inbound, order } = round;
  const { clock } = context.runtime;
  const runners = new Set<Runner>();
  const { hedgeMs } = context.failover;
  const hasCompany = inbound.stream && order.length > 1;
  let mayHedge = hasCompany && hedgeMs !== null;
  let hedgeAt = NEVER;
  try {
    for (;;) {
      if (runners.size === 0) {
        const next = await nextHop(round);
        if (next === null) return null;
        runners.add(run(next, round));
        if (mayHedge) hedgeAt = clock.now() + (hedgeMs ?? NEVER);
      }
      const waitMs = hasCompany ? Math.min(LOOK_MS, hedgeAt - clock.now()) : null;
      const first = await firstOf(runners, waitMs, clock);
      if (first === 'nobody') {
        leaveTheDead(runners, round);
        if (clock.now() < hedgeAt) continue;
        mayHedge = false;
        hedgeAt = NEVER;
        // One that was heard in the meantime is not silent: it thinks.
        const hedge = [...runners].some(({ isHeard }) => isHeard) ? null : company(round);
        if (hedge !== null) runners.add(run(hedge, round));
        continue;
      }
      const { runner, result } = first;
      runners.delete(runner);
      if ('tried' in result) {
        doubtTheSilent(runners, runner.startedAt, context);
        return result;
      }
      const one = { upstream: runner.hop.subject.upstream, failure: result };
      round.tries.push(one);
      if (!movesOn(one, runner.hop)) return one;
    }
  } finally {
    for (const { giveUp } of runners) giveUp();
  }
}

const NEVER = Number.POSITIVE_INFINITY;

/** The first of the runners that is done, or word that none was within this time. */
async function firstOf(
  runners: ReadonlySet<Runner>,
  waitMs: Ms | null,
  clock: Clock,
): Promise<{ runner: Runner; result: Begun | Failure } | 'nobody'> {
  const results = [...runners].map(async (runner) => ({ runner, result: await runner.result }));
  const [only] = results;
  const first = results.length === 1 && only !== undefined ? only : Promise.race(results);
  if (waitMs === null) return first;
  const word = await within(first, waitMs, clock);
  return word === 'later' ? 'nobody' : word;
}

/** Who is silent and known to be down is not waited for, as long as there is another. */
function leaveTheDead(runners: Set<Runner>, round: Round): void {
  const { runtime } = round.context;
  for (const runner of runners) {
    const { hop, isHeard, startedAt } = runner;
    if (isHeard || hop.isLast || !wentDown(hop.subject, startedAt, runtime)) continue;
    if (isAlone(hop.subject, round)) continue;
    runner.giveUp();
    runners.delete(runner);
    round.tries.push({ upstream: hop.subject.upstream, failure: WENT_DOWN });
  }
}

const WENT_DOWN: Failure = { kind: 'slow', message: 'it went down before it answered', excused: true };

/** Whoever was silent for so long that another was asked and was quicker, is asked after the others for a while. */
function doubtTheSilent(runners: ReadonlySet<Runner>, before: Ms, { runtime }: RelayContext): void {
  for (const { hop, isHeard, startedAt } of runners)
    if (!isHeard && startedAt < before) distrust(hop.subject, 'another upstream was quicker', runtime);
}

/** So many things one server may mind in one request, one after the other. */
const MOST_CHANGES = 3;

/**
 * Asks it, and once more where its own refusal says that this helps, as long as it minds something else each time. What
 * Anthropic said first is what its client sees.
 */
export function run(hop: Hop, round: Round): Runner {
  let current: Beginning = begin(hop);
  const startedAt = round.context.runtime.clock.now();
  let isGivenUp = false;
  let waiting: AbortController | undefined;

  async function result(): Promise<Begun | Failure> {
    const first = await current.result;
    let outcome = first;
    let asked = hop;
    for (
      let times = 0;
      !('tried' in outcome) && !isGivenUp && isRepeated(outcome, asked, times);
      times += 1
    ) {
      waiting = new AbortController();
      const again = await hopAgain(hop.subject, round, AbortSignal.any([hop.client, waiting.signal]), {
        amend: outcome.amend && both(asked.amend, outcome.amend),
        isLastResort: isAllThereIs(outcome, hop),
      });
      if (again === null) break;
      asked = again;
      current = begin(again);
      if (isGivenUp) current.giveUp();
      outcome = await current.result;
    }
    const isClients = asked.amend !== undefined && hop.subject.upstream.native;
    return 'tried' in outcome || !isClients ? outcome : first;
  }

  return {
    hop,
    startedAt,
    result: result(),
    get isHeard() {
      return current.isHeard;
    },
    giveUp() {
      isGivenUp = true;
      waiting?.abort();
      current.giveUp();
    },
  };
}

/**
 * Whether the same upstream may take it: with what it refused left out, or just so a moment later.
 * @param times how often it was asked again already
 */
function isRepeated(failure: Failure, hop: Hop, times: number): boolean {
  const { upstream } = hop.subject;
  const most = upstream.native ? 1 : MOST_CHANGES;
  if (failure.amend !== undefined && times < most && isOther(upstream, hop, failure.amend)) return true;
  if (times > 0 || VERDICTS[failure.kind].again !== 'once' || !movesOn({ upstream, failure }, hop))
    return false;
  return isAllThereIs(failure, hop) || hop.context.retries.mayRetry(upstream.name);
}

/**
 * Whether a model got its call wrong, and there is no other to ask: then it is asked again, however often that happens. It
 * was not too much that was asked of it.
 */
function isAllThereIs({ kind }: Failure, { isLast }: Hop): boolean {
  return kind === 'fumbled' && isLast;
}
