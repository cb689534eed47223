import { providerNamed } from '../providers/index.ts';
import type { KeyPath } from './key-path.ts';

/** Keys that later versions will have, with `*` for a name of the user's. They are refused, not ignored. */
const KEYS: readonly KeyPath[] = [['upstreams', '*', 'region'], ['history'], ['shared']];

const PROVIDERS = ['bedrock', 'vertex', 'azure', 'gemini'];

const DIALECTS = ['openai-responses', 'gemini', 'converse'];

/** Whether a key is one that only later versions have. */
export function isLaterKey(path: KeyPath): boolean {
  return KEYS.some(
    (key) => key.length === path.length && key.every((part, index) => part === '*' || part === path[index]),
  );
}

/** Whether a provider is one that only later versions have. */
export function isLaterProvider(name: string): boolean {
  return PROVIDERS.includes(name) && providerNamed(name) === undefined;
}

/** Whether a dialect is one that only later versions speak. */
export function isLaterDialect(name: string): boolean {
  return DIALECTS.includes(name);
}
