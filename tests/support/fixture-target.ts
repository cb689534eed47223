import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../../src/core/upstream.ts';
import { providerNamed } from '../../src/providers/index.ts';
import { factsOf } from '../../src/providers/model-data.ts';

/** Quirks that are functions of the model: a fixture has what they return. */
const OF_THE_MODEL = new Set([
  'efforts',
  'fixedSampling',
  'jsonSchema',
  'maxStops',
  'reasoningHistory',
  'thinking',
  'thinkingOff',
  'thinkingOn',
]);

/** What a fixture's `target.json` says. */
interface Given extends Partial<Omit<Target, 'quirks'>> {
  quirks?: Record<string, unknown>;
  /** The preset whose quirks and model data the target has. */
  preset?: string;
}

/** The part of the target that a fixture's `target.json` gives; nothing where it has none. */
export function targetIn(folder: string): Partial<Target> {
  const file = join(folder, 'target.json');
  if (!existsSync(file)) return {};
  const { preset, quirks = {}, ...target } = JSON.parse(readFileSync(file, 'utf8')) as Given;
  if (preset !== undefined) return { ...target, ...presetTarget(preset, target.model ?? '') };
  const entries = Object.entries(quirks).map(([key, value]): [string, unknown] => [
    key,
    OF_THE_MODEL.has(key) ? () => value : value,
  ]);
  return { ...target, quirks: Object.fromEntries(entries) } as Partial<Target>;
}

/** `model` at the preset of that name, as it is known there. */
export function presetTarget(name: string, model: string) {
  const preset = providerNamed(name);
  if (preset === undefined) throw new Error(`no preset ${name}`);
  const { quirks, modelData } = preset;
  return { provider: name, model, quirks, facts: factsOf(modelData, model) ?? {} };
}
