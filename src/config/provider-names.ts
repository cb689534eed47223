import { PROVIDERS, providerNamed } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { isLaterProvider } from './later.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';

const NAMES = PROVIDERS.map((provider) => provider.name);

/** The preset of a name in any case, or what to say about the name. `also` are other names that would be allowed. */
export function findProvider(
  name: string,
  shown: string,
  also: readonly string[] = [],
): Provider | Pick<Problem, 'what' | 'found' | 'allowed' | 'hint'> {
  const lower = name.toLowerCase();
  const provider = providerNamed(lower);
  if (provider !== undefined) return provider;
  const names = [...new Set([...also, ...NAMES])];
  const allowed = names.join(', ');
  if (isLaterProvider(lower)) {
    const hint =
      'where it offers a compatible API, use openai-compatible or anthropic-compatible with its address';
    return { what: 'this provider is not available in this version', found: shown, allowed, hint };
  }
  const near = nearest(name, names);
  const hint = near === undefined ? undefined : { hint: `did you mean ${near}?` };
  return { what: also.length > 0 ? 'no such upstream' : 'no such provider', found: shown, allowed, ...hint };
}
