import type { Ms } from '../core/failure.ts';
import { placeOf, showValue } from './document.ts';
import { parseDuration } from './duration.ts';
import type { LoadedFile } from './load.ts';
import type { Problem } from './problem.ts';
import { DEFAULT_FAILOVER, type FailoverSettings } from './settings.ts';
import { readDuration } from './times.ts';
import { matchTriggers } from './trigger.ts';

/** `[failover]`, or `[failover_policy]` in its place. */
export function readFailover(file: LoadedFile | null, problems: Problem[]): FailoverSettings {
  if (file === null) return DEFAULT_FAILOVER;
  const { failover, failover_policy: policy } = file.config;
  const table = failover ?? policy ?? {};
  const triggerList = table.triggers ?? DEFAULT_FAILOVER.triggerList;
  const at = (key: string) => placeOf(file.document, ['failover', key]);
  const budgetMs = readDuration(failover?.budget, DEFAULT_FAILOVER.budgetMs, at('budget'), problems);
  return {
    enabled: table.enabled ?? DEFAULT_FAILOVER.enabled,
    triggers: matchTriggers(triggerList),
    triggerList,
    maxFailoverAttempts: table.max_failover_attempts ?? DEFAULT_FAILOVER.maxFailoverAttempts,
    budgetMs,
    midStream: failover?.mid_stream ?? DEFAULT_FAILOVER.midStream,
    hedgeMs: readHedge(file, budgetMs, problems),
    returnAfterMs: readReturnAfter(file, problems),
  };
}

/** Where the doubling of `return_after` ends: a longer one would never double. */
const RETURN_AFTER_MAX_MS: Ms = 600_000;

function readReturnAfter(file: LoadedFile, problems: Problem[]): Ms {
  const text = file.config.failover?.return_after;
  const ms = text === undefined ? DEFAULT_FAILOVER.returnAfterMs : (parseDuration(text) ?? 0);
  if (ms > RETURN_AFTER_MAX_MS) {
    problems.push({
      ...placeOf(file.document, ['failover', 'return_after']),
      what: 'too long',
      found: `"${text}"`,
      allowed: 'from "0s" to "10m"',
    });
  }
  return ms;
}

/** After the budget there is nobody left to start another upstream for. */
function readHedge(file: LoadedFile, budgetMs: Ms, problems: Problem[]): Ms | null {
  const hedge = file.config.failover?.hedge ?? false;
  if (hedge === false) return null;
  const path = ['failover', 'hedge'];
  const place = placeOf(file.document, path);
  const before = problems.length;
  const hedgeMs = readDuration(hedge, 0, place, problems);
  if (problems.length === before && hedgeMs >= budgetMs && budgetMs > 0) {
    problems.push({
      ...place,
      what: 'not shorter than budget',
      found: showValue(file.document, path),
      allowed: `false, or a duration shorter than budget (${budgetMs / 1_000} s)`,
    });
  }
  return hedgeMs;
}
