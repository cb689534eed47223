import { PROVIDERS, providerNamed } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { isLaterProvider } from './later.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';

const NAMES = PROVIDERS.map((provider) => provider.name);

/** The preset of a name, or what to say about the name. `also`: the names of upstreams, where they are allowed too. */
export function findProvider(
  name: string,
  shown: string,
  also?: readonly string[],
): Provider | Pick<Problem, 'what' | 'found' | 'allowed' | 'hint'> {
  const provider = providerNamed(name);
  if (provider !== undefined) return provider;
  const names = [...new Set([...(also ?? []), ...NAMES])];
  const allowed = names.join(', ');
  if (isLaterProvider(name.toLowerCase())) {
    const hint =
      'where it offers a compatible API, use openai-compatible or anthropic-compatible with its address';
    return { what: 'this provider is not available in this version', found: shown, allowed, hint };
  }
  const near = nearest(name, names);
  const hint = near === undefined ? undefined : { hint: `did you mean ${near}?` };
  return {
    what: also === undefined ? 'no such provider' : 'no such upstream or provider',
    found: shown,
    allowed,
    ...hint,
  };
}
