import type { Configuration } from '../config/build.ts';
import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';
import { type Exchange, LEFT, type Turn } from './client/claude.ts';
import { expectDiscreet, expectFreed } from './laws.ts';
import type { Scenario } from './scenario.ts';
import { gapOf, openScene } from './scene.ts';
import { openSimulatedStage, openStage, type Stage, type StageOptions } from './stage.ts';
import type { Happening, Timeline } from './timeline.ts';

/** What came of a scenario. */
export interface Result {
  scenario: Scenario;
  /** `skipped`: the chain has not the upstreams for it. */
  outcome: 'passed' | 'failed' | 'skipped';
  /** What was not as it should be, in words; or why it was skipped. */
  findings: readonly string[];
  /** How long nothing was to be read before a backup's first words; null where none had to speak. */
  gapMs: Ms | null;
  /** Of the whole scenario, by whichever upstream. */
  attempts: number;
  /** What became of breakers, in order. */
  breakers: readonly BreakerMove[];
  /** What the client of the last turn saw, in order: `part` is an answer that it goes on from. */
  saw: readonly string[];
  remarks: readonly string[];
  timeline: readonly Happening[];
}

/** A breaker that has come to stand otherwise. */
export interface BreakerMove {
  upstream: string;
  from: string;
  to: string;
}

export interface RunOptions {
  configuration: Configuration;
  /** The machine's. */
  clock: Clock;
  tell?: (happening: Happening) => void;
}

/** Plays one scenario on a stage of its own. Never rejects: what is thrown is a finding. */
export async function play(scenario: Scenario, options: RunOptions): Promise<Result> {
  const { configuration, clock, tell } = options;
  const unplayed = whyNotPlayed(scenario, configuration);
  if (unplayed !== null) return { ...empty(scenario), ...unplayed };
  const stageOptions: StageOptions = { configuration, ...(tell === undefined ? {} : { tell }) };
  const isReal = scenario.clock === 'real';
  const stage = await (isReal ? openStage(stageOptions, clock) : openSimulatedStage(stageOptions));
  return playOn(stage, scenario);
}

/** What comes of a scenario without playing it, where the configuration leaves nobody to take over. */
function whyNotPlayed(
  { backups: needed = 1 }: Scenario,
  { chain, settings }: Configuration,
): Pick<Result, 'outcome' | 'findings'> | null {
  const { enabled, maxFailoverAttempts } = settings.failover;
  if (needed === 0) return null;
  if (chain.length === 1) return { outcome: 'failed', findings: ['the chain has no backup'] };
  if (!enabled || maxFailoverAttempts === 0)
    return { outcome: 'failed', findings: ['failover is off in this configuration: no backup is asked'] };
  const there = Math.min(chain.length - 1, maxFailoverAttempts);
  if (there >= needed) return null;
  return { outcome: 'skipped', findings: [`fewer than ${needed} backups are asked`] };
}

/** The same on a stage that stands already; it is ended afterwards. */
export async function playOn(stage: Stage, scenario: Scenario): Promise<Result> {
  const scene = await openScene(stage);
  const thrown: string[] = [];
  try {
    await stage.begin();
    await scene.settled();
    await scenario.play(scene);
    expectDiscreet(scene);
    await expectFreed(scene);
  } catch (error) {
    thrown.push(inWords(error));
  }
  scene.close();
  await stage.end().catch((error: unknown) => thrown.push(inWords(error)));
  const findings = [...new Set([...scene.findings, ...thrown])];
  return {
    scenario,
    outcome: findings.length === 0 ? 'passed' : 'failed',
    findings,
    ...summary(scene.turns, scene.backups, stage.timeline),
    remarks: scene.remarks,
  };
}

function summary(turns: readonly Turn[], backups: Parameters<typeof gapOf>[1], timeline: Timeline) {
  const last = turns.at(-1);
  const gaps = turns.map((turn) => gapOf(turn, backups)).filter((gap) => gap !== null);
  return {
    gapMs: gaps[0] ?? null,
    attempts: timeline.attempts.length,
    breakers: timeline.breakers.map(({ upstream, from, to }) => ({ upstream, from, to: to.name })),
    saw: last === undefined ? [] : last.error === LEFT ? ['left'] : last.exchanges.map(sawOf),
    timeline: [...timeline.happenings],
  };
}

/** What the client saw of an answer, in a few words. */
function sawOf({ end, status, stopReason, blocks }: Exchange): string {
  switch (end) {
    case 'whole':
      if (stopReason === 'max_tokens') return 'part';
      return blocks.some(({ type }) => type === 'tool_use') ? 'calls' : 'answer';
    case 'refused':
      return String(status);
    case 'reset':
      return blocks.some(({ type }) => type === 'tool_use') ? 'calls, reset' : 'reset';
    case 'error':
      return 'error';
    case 'ended':
      return 'false end';
    case 'silent':
      return 'silence';
    case 'malformed':
    case 'unreachable':
      return 'no answer';
  }
}

function empty(scenario: Scenario): Omit<Result, 'outcome' | 'findings'> {
  return { scenario, gapMs: null, attempts: 0, breakers: [], saw: [], remarks: [], timeline: [] };
}

function inWords(error: unknown): string {
  if (error instanceof AggregateError) return [error.message, ...error.errors.map(inWords)].join(': ');
  return error instanceof Error ? error.message : String(error);
}
