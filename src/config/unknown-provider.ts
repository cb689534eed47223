import type { Provider } from '../providers/provider.ts';
import type { Draft } from './draft.ts';
import type { UpstreamTable } from './schema.ts';

/** Allows whatever some provider allows: it is there to be judged, never to be asked. */
const ANY: Provider = {
  name: '',
  env: '',
  dialect: 'anthropic',
  base: 'https://provider.invalid/v1',
  credential: 'optional',
  authHeader: 'authorization',
  models: null,
  modelData: 'any',
  native: false,
  local: false,
  probe: { method: 'head' },
  quirks: {},
};

/** A table whose provider is not known, less what only the provider could allow: what is wrong with the rest is known all the same. */
export function withoutProvider({ auth: _, ...table }: UpstreamTable): Pick<Draft, 'provider' | 'table'> {
  return { provider: ANY, table };
}
