/** Which scenarios of a drill are played against proxies in general. */
import type { Scenario } from '../../../src/drill/scenario.ts';
import { SCENARIOS } from '../../../src/drill/scenarios/index.ts';

/**
 * The sixteen scenarios of Failover Bench 0.1 (failoverbench/failoverbench, scenarios/catalogue.yaml), and what they are here,
 * for the Messages API and a client that goes on by itself.
 */
export const SIXTEEN: readonly (readonly [id: string, what: string, scenario: string])[] = [
  ['S01', '429 with Retry-After', '429-retry-after'],
  ['S02', '429 without, again and again', '429-persistent'],
  ['S03', '500 once', '500-once'],
  ['S04', '503, again and again', '503-persistent'],
  ['S05', 'reset before the head', 'reset-before-head'],
  ['S06', 'no answer for two minutes', 'silence-120-s'],
  ['S07', 'first word after twenty seconds', '20-s-to-the-first-word'],
  ['S08', 'stream cut in the answer', 'fin-text'],
  ['S09', 'stream stalls', 'stall-text'],
  ['S10', 'malformed event', 'garbled-text'],
  ['S11', 'no terminator', 'end-last-event'],
  ['S12', 'context length', '400-too-long'],
  ['S13', 'content filter', '400-filter'],
  ['S14', 'a backup that rejects prefill', 'backup-no-prefill'],
  ['S15', 'a minute of 503, and the way home', 'flap'],
  ['S16', 'accounting', 'accounts'],
];

/** What another proxy has no way to be shown: a wire that is cut, a probe of ccproxy's, its own words. */
const OURS_ALONE = /^(?:known-|unreachable$|dns$|certificate$|offline$|all-|client-leaves)/;
/** Minutes of real time each, whatever the patience: pings keep every proxy waiting, and outages last. */
const TOO_LONG = /^(?:pings-|outage$|flapping$|limit$|slow-|thinks-|pause$|stall-before|thinking-alone$)/;

/** In the order in which they are played. */
export const PLAYED: readonly Scenario[] = SCENARIOS.filter(
  ({ name, backups = 1 }) => backups <= 1 && !OURS_ALONE.test(name) && !TOO_LONG.test(name),
);
