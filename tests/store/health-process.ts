import { DEFAULT_BREAKER } from '../../src/config/settings.ts';
import { type BreakerState, initial, isolate, settle } from '../../src/core/breaker.ts';
import type { Failure } from '../../src/core/failure.ts';
import { healthKeys } from '../../src/core/health-keys.ts';
import { type HealthOptions, openHealth } from '../../src/store/health-file.ts';
import { manualClock, NOON } from '../support/manual-clock.ts';

export const ANTHROPIC = { name: 'anthropic', base: 'https://api.anthropic.com/v1' };
export const GROQ = { name: 'groq', base: 'https://gate.example/key-in-the-address/v1' };
export const MOVED = { ...GROQ, base: 'https://else.example/v1' };
export const ALL = healthKeys(GROQ, 'c0ffee', 'big model');
export const THERE = healthKeys(MOVED, 'c0ffee', 'big model');
export const SALT = 'a'.repeat(32);
export const DAY = 86_400_000;

/** A process that keeps its health at `path`. */
export function startAt(path: string, options: Partial<HealthOptions> = {}) {
  const clock = manualClock();
  const warnings: string[] = [];
  let number = 0;
  const health = openHealth({
    path,
    clock,
    random: () => {
      number += 1;
      return `random${String(number).padStart(20, '0')}`;
    },
    upstreams: [ANTHROPIC, GROQ],
    warn: (line) => warnings.push(line),
    ...options,
  });
  return {
    ...health,
    get preferred() {
      return health.preferred;
    },
    clock,
    warnings,
  };
}

/** A breaker after one failure. */
export function after(failure: Failure): BreakerState {
  const permit = { generation: 0 };
  const outcome = { ok: false, failure } as const;
  return settle(initial(), permit, outcome, NOON, { ...DEFAULT_BREAKER, failures: 1 }, () => 0.5);
}

export const COOLDOWN = after({ kind: 'rate_limited', message: 'slow down', waitMs: 600_000 });
export const BLOCKED = after({ kind: 'unauthorized', message: 'no such key' });
export const OPEN = after({ kind: 'server_error', message: 'internal server error' });
export const ISOLATED = isolate(initial(), NOON);
