import type { Failure, Ms } from '../core/failure.ts';
import type { Inbound } from '../core/upstream.ts';
import type { Candidates } from './candidates.ts';
import type { Try } from './conclude.ts';
import type { RelayContext } from './context.ts';
import type { Subject } from './subject.ts';

/** One request on its way through the chain. */
export interface Round extends Candidates {
  inbound: Inbound;
  context: RelayContext;
  client: AbortSignal;
  /** When a stream must have had its first content. */
  contentBy: Ms;
  /** Attempts made so far, by whichever upstream. */
  attempts: number;
  /** Upstreams that did not answer, and how they failed. */
  readonly tries: Try[];
  /** Upstreams that had their turn: they were asked, or had no place in time. */
  readonly done: Set<Subject>;
  /** Those of them that had no place in time while there were others to ask. */
  readonly busy: Set<Subject>;
  /** Upstreams asked so far. */
  asked: number;
  /** How many of these had an open breaker. */
  lastResorts: number;
  /** Why the model of an upstream could not do what the request wants, as far as that was looked at; null where it may. */
  readonly misfits: Map<Subject, Failure | null>;
  /** Why a backup was not asked, and none will be: what is wrong with the request. Null where that was not the reason. */
  malformed: string | null;
}
