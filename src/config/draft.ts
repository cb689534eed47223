import type { Provider } from '../providers/provider.ts';
import { type Document, placeOf, showValue } from './document.ts';
import { valueAt } from './key-path.ts';
import type { Place } from './problem.ts';
import { hasReference } from './references.ts';
import type { UpstreamTable } from './schema.ts';

/** An upstream before it is built: a preset, what the file says about it, and why it is in the chain. */
export interface Draft {
  name: string;
  provider: Provider;
  /** Empty for an upstream without a table. */
  table: UpstreamTable;
  /** The file its table is in; null where there is no table. */
  document: Document | null;
  /** Where the chain names it: for problems that no key of a table causes. */
  named: Place;
  why: string;
}

/** Where a key of a draft's table is. */
export function placeIn(draft: Draft, ...keys: string[]): Place {
  if (draft.document === null) return draft.named;
  return placeOf(draft.document, ['upstreams', draft.name, ...keys]);
}

/** A key's value as messages may show it. */
export function showIn(draft: Draft, ...keys: string[]): string {
  return draft.document === null ? 'nothing' : showValue(draft.document, ['upstreams', draft.name, ...keys]);
}

/** Whether a key's value was written with a reference. */
export function isReferenceIn(draft: Draft, ...keys: string[]): boolean {
  const value = valueAt(draft.document?.raw, ['upstreams', draft.name, ...keys]);
  return hasReference(JSON.stringify(value ?? null));
}
