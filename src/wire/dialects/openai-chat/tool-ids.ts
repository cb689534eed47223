import { validToolId } from '../../../core/provenance.ts';
import type { Quirks } from '../../../core/quirks.ts';
import { shortHash } from '../../../core/short-hash.ts';

/**
 * The id under which a call and its result go out: the same for both, because it depends on nothing else. Mistral takes
 * exactly nine letters and digits, all others up to 64 of `[a-zA-Z0-9_-]`.
 */
export function wireToolId(id: string, style: Quirks['toolId']): string {
  if (style !== 'alphanumeric-9') return validToolId(id);
  return /^[a-zA-Z0-9]{9}$/.test(id) ? id : shortHash(id).slice(-9);
}
