import { mark, readMark } from '../../core/provenance.ts';
import { shortHash } from '../../core/short-hash.ts';
import type { Target } from '../../core/upstream.ts';

type Owner = Pick<Target, 'provider' | 'model'>;

/** In which form a payload is kept, so that a dialect never takes another one's for its own. */
export type PayloadForm = 'signature' | 'details';

/**
 * The signature of thinking that carries `payload`, which its writer needs back: within our mark, with the model it belongs
 * to, because it means nothing to another one.
 */
export function sealFor(owner: Owner, form: PayloadForm, payload: string): string {
  return mark({ provider: owner.provider, payload: `${ownerOf(owner, form)}:${payload}` });
}

/**
 * What `signature` says about thinking: null where another provider or model wrote it, `undefined` payload where it was
 * written without one.
 */
export function readSeal(
  signature: string | undefined,
  owner: Owner,
  form: PayloadForm,
): { payload: string | undefined } | null {
  const from = readMark(signature);
  if (from?.provider !== owner.provider) return null;
  if (from.payload === undefined) return { payload: undefined };
  const prefix = `${ownerOf(owner, form)}:`;
  return from.payload.startsWith(prefix) ? { payload: from.payload.slice(prefix.length) } : null;
}

function ownerOf({ model }: Owner, form: PayloadForm): string {
  return shortHash(form === 'signature' ? model : `${model} ${form}`);
}
