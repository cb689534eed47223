import { type Static, Type } from '@sinclair/typebox';
import type { Configuration } from '../config/build.ts';
import type { Ms } from '../core/failure.ts';
import type { Result } from './run.ts';
import { PHASES } from './scenario.ts';

/** One of these words. */
const OneOf = <T extends string>(words: readonly T[]) => Type.Union(words.map((word) => Type.Literal(word)));

/** `ccproxy drill --json`. Times are milliseconds, of the scenario's clock. */
export const DrillReportSchema = Type.Object(
  {
    version: Type.String(),
    chain: Type.Array(Type.Object({ name: Type.String(), provider: Type.String(), dialect: Type.String() }), {
      minItems: 1,
    }),
    /** `default`: no backup is configured, so another chain was rehearsed. */
    chain_from: OneOf(['file', 'emergency', 'standing', 'default']),
    took_ms: Type.Integer({ minimum: 0 }),
    passed: Type.Integer({ minimum: 0 }),
    failed: Type.Integer({ minimum: 0 }),
    skipped: Type.Integer({ minimum: 0 }),
    scenarios: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          phase: OneOf(PHASES),
          title: Type.String(),
          clock: OneOf(['real', 'simulated']),
          outcome: OneOf(['passed', 'failed', 'skipped']),
          findings: Type.Array(Type.String()),
          first_backup_content_ms: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
          attempts: Type.Integer({ minimum: 0 }),
          breaker: Type.Array(
            Type.Object(
              { upstream: Type.String(), from: Type.String(), to: Type.String() },
              { additionalProperties: false },
            ),
          ),
          client_saw: Type.Array(Type.String()),
          remarks: Type.Array(Type.String()),
          timeline: Type.Array(
            Type.Object(
              {
                at_ms: Type.Integer(),
                who: Type.String(),
                kind: Type.String(),
                what: Type.String(),
              },
              { additionalProperties: false },
            ),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

export type DrillReport = Static<typeof DrillReportSchema>;

/** Where the chain that is rehearsed comes from. */
export type ChainFrom = DrillReport['chain_from'];

/** What a drill came to. */
export interface Drill {
  version: string;
  configuration: Configuration;
  chainFrom: ChainFrom;
  results: readonly Result[];
  tookMs: Ms;
}

/** The same, as it is printed. */
export function reportOf({ version, configuration, chainFrom, results, tookMs }: Drill): DrillReport {
  const count = (outcome: Result['outcome']) => results.filter((one) => one.outcome === outcome).length;
  return {
    version,
    chain: configuration.chain.map(({ name, provider, dialect }) => ({
      name,
      provider,
      dialect: dialect.name,
    })),
    chain_from: chainFrom,
    took_ms: Math.round(tookMs),
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    scenarios: results.map(
      ({ scenario, outcome, findings, gapMs, attempts, breakers, saw, remarks, timeline }) => ({
        name: scenario.name,
        phase: scenario.phase,
        title: scenario.title,
        clock: scenario.clock,
        outcome,
        findings: [...findings],
        first_backup_content_ms: gapMs === null ? null : Math.round(gapMs),
        attempts,
        breaker: breakers.map((move) => ({ ...move })),
        client_saw: [...saw],
        remarks: [...remarks],
        timeline: timeline.map(({ at, who, kind, what }) => ({ at_ms: Math.round(at), who, kind, what })),
      }),
    ),
  };
}
