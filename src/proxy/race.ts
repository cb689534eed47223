import type { Failure } from '../core/failure.ts';
import type { Timer } from '../core/runtime.ts';
import { VERDICTS } from '../core/verdict.ts';
import { askAgain, asked, type Round } from './asked.ts';
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
  const hops = asked(round);
  const runners = new Set<Runner>();
  let mayHedge = round.inbound.stream && round.order.length > 1;
  try {
    for (;;) {
      if (runners.size === 0) {
        const next = await hops.next();
        if (next.done) return null;
        runners.add(run(next.value, round));
      }
      const first = await firstOf(runners, mayHedge ? round : null);
      if (first === 'silent') {
        mayHedge = false;
        const hedge = await nextToHedge(hops, runners, round);
        if (hedge !== null) runners.add(hedge);
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

/** The next upstream, unless the first was heard in the meantime or too many requests were doubled lately. */
async function nextToHedge(
  hops: AsyncGenerator<Hop, void, 'at-once' | undefined>,
  runners: ReadonlySet<Runner>,
  round: Round,
): Promise<Runner | null> {
  if ([...runners].some(({ isHeard }) => isHeard) || !round.context.retries.mayHedge()) return null;
  const next = await hops.next('at-once');
  return next.done ? null : run(next.value, round);
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

  async function result(): Promise<Begun | Failure> {
    const outcome = await current.result;
    if ('tried' in outcome || isGivenUp) return outcome;
    const again = await repetition(outcome, hop, round);
    if (again === null) return outcome;
    current = begin(again);
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
      current.giveUp();
    },
  };
}

/** The same upstream with what it refused left out, or just so where the same request may pass; null when neither helps. */
async function repetition(failure: Failure, hop: Hop, round: Round): Promise<Hop | null> {
  const { subject, context } = hop;
  const { upstream } = subject;
  if (failure.amend !== undefined && !upstream.native) {
    const again = await askAgain(subject, round);
    return again === null ? null : { ...again, amend: failure.amend };
  }
  if (VERDICTS[failure.kind].again !== 'once') return null;
  if (!movesOn({ upstream, failure }, hop) || !context.retries.mayRetry(upstream.name)) return null;
  return askAgain(subject, round);
}
