import { isObject, parseJson } from '../../core/json.ts';
import type { Json } from '../../core/messages.ts';

/**
 * The input of a call as every API takes it, an object: Claude Code replays one that was encoded twice as a string (measured
 * with 2.1.197). `{}` for what stands for no object.
 */
export function callInput(input: unknown): Json {
  const value = typeof input === 'string' ? parseJson(input) : input;
  return isObject(value) ? (value as Json) : {};
}
