import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../../src/core/upstream.ts';

/** Quirks that are functions of the model: a fixture has what they return. */
const OF_THE_MODEL = new Set([
  'fixedSampling',
  'jsonSchema',
  'maxStops',
  'reasoningEffort',
  'reasoningHistory',
  'thinking',
  'thinkingOff',
]);

/** The part of the target that a fixture's `target.json` gives; nothing where it has none. */
export function targetIn(folder: string): Partial<Target> {
  const file = join(folder, 'target.json');
  if (!existsSync(file)) return {};
  const target = JSON.parse(readFileSync(file, 'utf8')) as { quirks?: Record<string, unknown> };
  const quirks = Object.entries(target.quirks ?? {}).map(([key, value]): [string, unknown] => [
    key,
    OF_THE_MODEL.has(key) ? () => value : value,
  ]);
  return { ...target, quirks: Object.fromEntries(quirks) } as Partial<Target>;
}
