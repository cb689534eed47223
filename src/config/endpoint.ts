import type { DialectName } from '../providers/provider.ts';
import { isMessagesBase, parseAddress } from './address.ts';
import { type Draft, placeIn, showIn } from './draft.ts';
import { isLaterDialect } from './later.ts';
import { nearest } from './nearest.ts';
import { presetVariables } from './preset-values.ts';
import { describeProblem, type Problem } from './problem.ts';
import { type Environment, variable } from './references.ts';

/** Where an upstream is and what it speaks. */
export interface Endpoint {
  base: string;
  dialect: DialectName;
  /** It is the provider's Messages API beside its usual one: what is known of that does not hold here. */
  isAside: boolean;
  /** Who set the address. */
  source: 'file' | 'environment' | 'preset';
}

const DIALECTS: readonly DialectName[] = ['anthropic', 'openai-chat'];

/** A draft's address and dialect, or what is wrong with them. */
export function findEndpoint(
  draft: Draft,
  env: Environment,
  problems: Problem[],
  warnings: string[],
): Endpoint | null {
  const { table, provider } = draft;
  const named = namedDialect(draft, problems);
  const { text, source, place } = addressText(draft, env, named);
  if (text === null) {
    const { baseUrl } = presetVariables(provider);
    problems.push({
      ...place,
      what: `${provider.name} has no default address`,
      found: `neither base_url nor ${baseUrl}`,
      allowed: 'a URL such as "https://host/v1"',
    });
    return null;
  }
  const address = parseAddress(text, provider.base);
  if ('what' in address) {
    // Someone else's shell may hold anything in this variable; a file shows only what is safe to show.
    const quotable = source === 'file' && !/[@?#]/.test(text);
    problems.push({ ...place, ...address, found: quotable ? showIn(draft, 'base_url') : address.found });
    return null;
  }
  if (address.warning !== undefined) warnings.push(describeProblem({ ...place, what: address.warning }));
  if (named === 'invalid') return null;
  if (named !== null && address.dialect !== undefined && named !== address.dialect) {
    problems.push({
      ...placeIn(draft, 'dialect'),
      what: 'contradicts the path of the address',
      found: `dialect ${named}, and a path of ${address.dialect}`,
      allowed: `"${address.dialect}", or an address that ends in its version`,
    });
    return null;
  }
  const isMessages = isMessagesBase(address.base);
  const dialect = named ?? address.dialect ?? (isMessages ? 'anthropic' : provider.dialect);
  if (provider.native && dialect !== provider.dialect) {
    problems.push({
      ...(table.dialect === undefined ? place : placeIn(draft, 'dialect')),
      what: `${provider.name} speaks ${provider.dialect} alone`,
      found: dialect,
      allowed: provider.dialect,
    });
    return null;
  }
  const isAside = isMessages && dialect === 'anthropic' && dialect !== provider.dialect;
  return { base: address.base, dialect, isAside, source };
}

/** For an upstream that is called like its preset the environment beats the file; for others it fills in. */
export function environmentWins(draft: Draft): boolean {
  return draft.name === draft.provider.name;
}

function addressText(draft: Draft, env: Environment, named: DialectName | 'invalid' | null) {
  const { table, provider } = draft;
  const { baseUrl } = presetVariables(provider);
  const fromEnvironment = variable(env, baseUrl);
  const fromFile = table.base_url;
  if (fromEnvironment !== undefined && (fromFile === undefined || environmentWins(draft))) {
    return { text: fromEnvironment, source: 'environment' as const, place: { key: baseUrl } };
  }
  if (fromFile !== undefined) {
    return { text: fromFile, source: 'file' as const, place: placeIn(draft, 'base_url') };
  }
  const place = draft.document === null ? { key: baseUrl } : placeIn(draft, 'base_url');
  const base = named === 'anthropic' ? (provider.messagesBase ?? provider.base) : provider.base;
  return { text: base, source: 'preset' as const, place };
}

function namedDialect(draft: Draft, problems: Problem[]): DialectName | 'invalid' | null {
  const name = draft.table.dialect;
  if (name === undefined) return null;
  const known = DIALECTS.find((dialect) => dialect === name);
  if (known !== undefined) return known;
  const near = nearest(name, DIALECTS);
  problems.push({
    ...placeIn(draft, 'dialect'),
    what: isLaterDialect(name) ? 'is not available in this version' : 'unknown dialect',
    found: showIn(draft, 'dialect'),
    allowed: DIALECTS.join(', '),
    ...(near !== undefined && { hint: `did you mean ${near}?` }),
  });
  return 'invalid';
}
