import { isObject, parseJson } from '../../core/json.ts';
import { keepSources } from '../../core/json-source.ts';
import type { JsonObject } from '../../core/messages.ts';
import { tidyJson } from '../../core/tidy-json.ts';
import { cleanJson } from './text.ts';

/**
 * The input of a call as every API takes it, an object: Claude Code replays one that was encoded twice as a string (measured
 * with 2.1.197). `{}` for what stands for no object.
 */
export function callInput(input: unknown): JsonObject {
  const value = typeof input === 'string' ? parseJson(input) : input;
  if (!isObject(value)) return {};
  if (typeof input === 'string') keepSources(value, input, 0);
  return value as JsonObject;
}

/** The same as text, where the order of its members and the spelling of its numbers are those that the model wrote. */
export function callInputText(input: unknown): string {
  return tidyJson(cleanJson(callInput(input)));
}
