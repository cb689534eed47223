import type { Failure } from '../core/failure.ts';
import type { Timer } from '../core/runtime.ts';
import { VERDICTS } from '../core/verdict.ts';
import { askAgain, company, nextHop, type Round } from './asked.ts';
import type { Try } from './conclude.ts';
import { type Beginning, type Begun, begin, type Hop } from './hop.ts';
import { movesOn } from './moves-on.ts';

/** An upstream that is being asked, with the repetitions that it is due. */
interface Runner {
  readonly hop: Hop;
  readonly result: Promise<Begun | Failure>;
  readonly isHeard: boolean;
  giveUp(): void;
}

/**
 * Asks one upstream after the other until one begins to answer, and where hedging is on, the next one also while the first
 * is silent. Null when none of them did; the failed ones are in `round.tries`. A `Try` is a refusal that the client is to see.
 */
export async function firstToAnswer(round: Round): Promise<Begun | Try | null> {
  const runners = new Set<Runner>();
  let mayHedge = round.inbound.stream && round.order.length > 1;
  try {
    for (;;) {
      if (runners.size === 0) {
        const next = await nextHop(round);
        if (next === null) return null;
        runners.add(run(next, round));
      }
      const first = await firstOf(runners, mayHedge ? round : null);
      if (first === 'silent') {
        mayHedge = false;
        // One that was heard in the meantime is not silent: it thinks.
        const hedge = [...runners].some(({ isHeard }) => isHeard) ? null : company(round);
        if (hedge !== null) runners.add(run(hedge, round));
        continue;
      }
      const { runner, result } = first;
      runners.delete(runner);
      if ('tried' in result) return result;
      const one = { upstream: runner.hop.subject.upstream, failure: result };
      round.tries.push(one);
      if (!movesOn(one, runner.hop)) return one;
    }
  } finally {
    for (const { giveUp } of runners) giveUp();
  }
}

/** The first of the runners that is done, or word that there was none for as long as an upstream may be silent alone. */
async function firstOf(
  runners: ReadonlySet<Runner>,
  hedged: Round | null,
): Promise<{ runner: Runner; result: Begun | Failure } | 'silent'> {
  const results = [...runners].map(async (runner) => ({ runner, result: await runner.result }));
  const [only] = results;
  const hedgeMs = hedged?.context.failover.hedgeMs ?? null;
  if (hedged === null || hedgeMs === null) {
    return results.length === 1 && only !== undefined ? only : Promise.race(results);
  }
  let timer: Timer | undefined;
  const silence = new Promise<'silent'>((resolve) => {
    timer = hedged.context.runtime.clock.after(hedgeMs, () => resolve('silent'));
  });
  try {
    return await Promise.race([...results, silence]);
  } finally {
    timer?.cancel();
  }
}

/** Asks it, and once more where its own refusal says that this helps. */
function run(hop: Hop, round: Round): Runner {
  let current: Beginning = begin(hop);
  let isGivenUp = false;
  let waiting: AbortController | undefined;

  async function result(): Promise<Begun | Failure> {
    const outcome = await current.result;
    if ('tried' in outcome || isGivenUp || !isRepeated(outcome, hop)) return outcome;
    waiting = new AbortController();
    const signal = AbortSignal.any([hop.client, waiting.signal]);
    // Anthropic's request stays the client's.
    const amend = hop.subject.upstream.native ? undefined : outcome.amend;
    const again = await askAgain(hop.subject, round, signal, { amend });
    if (again === null) return outcome;
    current = again;
    if (isGivenUp) current.giveUp();
    return current.result;
  }

  return {
    hop,
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

/** Whether the same upstream may take it: with what it refused left out, or just so a moment later. */
function isRepeated(failure: Failure, hop: Hop): boolean {
  const { upstream } = hop.subject;
  if (failure.amend !== undefined && !upstream.native) return true;
  if (VERDICTS[failure.kind].again !== 'once' || !movesOn({ upstream, failure }, hop)) return false;
  return hop.context.retries.mayRetry(upstream.name);
}
