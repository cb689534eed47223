import type { Provider } from '../providers/provider.ts';
import { placeOf, showValue } from './document.ts';
import type { Draft } from './draft.ts';
import { type Drafts, draftPreset, type LeftOut } from './environment.ts';
import type { KeyPath } from './key-path.ts';
import type { LoadedFile } from './load.ts';
import type { Place, Problem } from './problem.ts';
import { findProvider } from './provider-names.ts';
import type { UpstreamTable } from './schema.ts';
import { withoutProvider } from './unknown-provider.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Whether a file says anything about the chain; without that its other settings go with the standing chain. */
export function describesChain({ config }: LoadedFile): boolean {
  const { chain, upstreams, failover_policy: policy } = config;
  return chain !== undefined || policy !== undefined || Object.keys(upstreams ?? {}).length > 0;
}

/** The chain of a file: `chain`, the two profiles of `failover_policy`, or the tables in their order. */
export function draftFile(file: LoadedFile): Drafts {
  const { config, document } = file;
  const problems: Problem[] = [];
  const tables = Object.entries(config.upstreams ?? {})
    .map(([name, table]) => ({ name, table, place: placeOf(document, ['upstreams', name]) }))
    // A parser may put names that look like numbers first; the file's own order counts.
    .sort((a, b) => (a.place.line ?? 0) - (b.place.line ?? 0));
  const drafts = new Map<string, Draft>();
  const unknown = new Map<string, Draft>();
  for (const { name, table, place } of tables) {
    const provider = tableProvider(file, name, table, place, problems);
    const draft = { name, document, named: place, why: `[upstreams.${name}] in ${place.file}` };
    if (provider === null) unknown.set(name, { ...draft, ...withoutProvider(table) });
    else drafts.set(name, { ...draft, provider, table });
  }
  const order = findOrder(
    file,
    tables.map(({ name }) => name),
    problems,
  );
  const chain: Draft[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Map<string, string>();
  for (const { name, path } of order) {
    const place = placeOf(document, path);
    const shown = showValue(document, path);
    const before = seen.get(name);
    if (before !== undefined) {
      problems.push({
        ...place,
        what: 'names an upstream twice',
        found: shown,
        allowed: 'each upstream once',
        hint: `it is ${before} already`,
      });
      continue;
    }
    seen.set(name, place.key ?? name);
    if (unknown.has(name)) continue;
    const draft =
      drafts.get(name) ??
      presetOf(
        name,
        shown,
        tables.map((table) => table.name),
        place,
      );
    if ('what' in draft) problems.push({ ...place, ...draft });
    else if (draft.table.enabled === false) leftOut.push({ name, why: 'enabled = false' });
    else chain.push(draft);
  }
  for (const name of drafts.keys())
    if (!seen.has(name)) leftOut.push({ name, why: 'the chain does not name it' });
  if (chain.length === 0 && problems.length === 0) {
    const path = config.chain !== undefined ? ['chain'] : ['upstreams'];
    const found = order.length === 0 ? 'no upstream' : 'disabled upstreams alone';
    problems.push({
      ...placeOf(document, path),
      what: 'the chain is empty',
      found,
      allowed: 'at least one enabled upstream',
    });
  }
  return { drafts: chain, leftOut, problems, unknown: [...unknown.values()] };
}

function presetOf(name: string, shown: string, tables: readonly string[], place: Place) {
  const provider = findProvider(name, shown, tables);
  if ('what' in provider) return provider;
  return { ...draftPreset(provider, `${place.key} in ${place.file}`), named: place };
}

function tableProvider(
  file: LoadedFile,
  name: string,
  table: UpstreamTable,
  place: Place,
  problems: Problem[],
): Provider | null {
  const { document } = file;
  if (!NAME.test(name) || name === 'auto') {
    const allowed = 'letters, digits, ".", "_" and "-", not "auto"';
    problems.push({
      ...place,
      what: 'not a name for an upstream',
      found: JSON.stringify(name.slice(0, 60)),
      allowed,
    });
  }
  const path = ['upstreams', name, 'provider'];
  const shown =
    table.provider === undefined
      ? `no provider, and a table called "${name.slice(0, 60)}"`
      : showValue(document, path);
  const provider = findProvider(table.provider ?? name, shown);
  if (!('what' in provider)) return provider;
  problems.push({ ...placeOf(document, path), ...provider });
  return null;
}

/** The names of the chain, each with the key that names it. */
function findOrder(
  file: LoadedFile,
  tables: readonly string[],
  problems: Problem[],
): { name: string; path: KeyPath }[] {
  const { config, document } = file;
  const policy = config.failover_policy;
  if (policy === undefined) {
    if (config.chain === undefined) return tables.map((name) => ({ name, path: ['upstreams', name] }));
    return config.chain.map((name, index) => ({ name, path: ['chain', index] }));
  }
  for (const key of ['failover', 'chain'] as const) {
    if (config[key] === undefined) continue;
    problems.push({
      ...placeOf(document, ['failover_policy']),
      what: `says the same as ${key === 'chain' ? 'chain' : '[failover]'}`,
      found: `both`,
      allowed: `failover_policy or ${key}, not both`,
    });
  }
  const profiles = ['primary_profile', 'secondary_profile'] as const;
  return profiles.flatMap((key) => {
    const name = policy[key];
    const path = ['failover_policy', key];
    if (name !== undefined) return [{ name, path }];
    const allowed = 'the name of an upstream or provider';
    problems.push({ ...placeOf(document, path), what: 'is missing', found: 'nothing', allowed });
    return [];
  });
}
