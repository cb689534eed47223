import { isLoopback } from '../core/loopback.ts';
import type { Dialect, Upstream } from '../core/upstream.ts';
import type { DialectName } from '../providers/provider.ts';
import { badHeaderValue, findCredential, isHeaderName, type UpstreamCredential } from './credential.ts';
import { findTrespasses } from './discovered.ts';
import { type Draft, placeIn, showIn } from './draft.ts';
import { environmentWins, findEndpoint } from './endpoint.ts';
import { knownFacts } from './facts.ts';
import { canMatchClaude, mapModels } from './models.ts';
import { presetVariables } from './preset-values.ts';
import { priceOf, proofOf, readProbe } from './probe.ts';
import type { Problem } from './problem.ts';
import { type Environment, variable } from './references.ts';
import { showName } from './secret-text.ts';
import { readBreaker, readTimeouts, uselessLimits } from './times.ts';

/** What upstreams are built from, beside their drafts. */
export interface UpstreamSources {
  env: Environment;
  dialects: Record<DialectName, Dialect>;
  /** The file was found, not named: no credential may leave for a foreign host. */
  discovered: boolean;
  /** It is the first of the chain. */
  isFirst: boolean;
  /** What stands for a key that is not there; without it, that is a problem. */
  placeholder?: string;
}

/** An upstream, or every problem in its draft. */
export interface BuiltUpstream {
  /** Null when there are problems. */
  upstream: Upstream | null;
  problems: Problem[];
  warnings: string[];
}

/** Headers that are the connection's or the body's, never a configuration's. */
const OWN_HEADERS = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'content-type',
  'accept-encoding',
];

/** Puts the preset, the file's table and the environment together. */
export function buildUpstream(draft: Draft, sources: UpstreamSources): BuiltUpstream {
  const { provider, table } = draft;
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const endpoint = findEndpoint(draft, sources.env, problems, warnings);
  const credential = findCredential(draft, sources.env, problems, sources.placeholder);
  const timeouts = readTimeouts(draft, problems);
  const isLocal = endpoint !== null && isLoopback(new URL(endpoint.base).hostname);
  const breaker = readBreaker(draft, isLocal, problems);
  const probed = {
    isFirst: sources.isFirst,
    dialect: endpoint?.dialect ?? null,
    isAside: endpoint?.isAside ?? false,
    hasKey: credential?.hasKey ?? null,
  };
  const probe = readProbe(draft, probed, problems);
  const models = readModels(draft, sources.env, problems);
  const ownMaxTokens = readMaxTokens(draft, sources.env, problems);
  const maxTokens = ownMaxTokens ?? provider.maxTokens;
  const extraHeaders = readHeaders(draft, problems);
  if (provider.native) refuseNativeKeys(draft, problems);
  warnings.push(...overridden(draft, sources.env));
  if (sources.discovered && endpoint !== null) {
    problems.push(...findTrespasses(draft, endpoint, credential?.sent ?? true));
  }
  if (endpoint === null || credential === null || problems.length > 0)
    return { upstream: null, problems, warnings };
  const upstream: Upstream = {
    name: draft.name,
    provider: provider.name,
    // What stands at an address of the user's is not one and the same as what else is configured like it.
    ...(![provider.base, provider.messagesBase].includes(endpoint.base) && { writer: draft.name }),
    dialect: sources.dialects[endpoint.dialect],
    ...pickAuth(credential),
    native: provider.native,
    base: endpoint.base,
    model: provider.native ? (asked) => asked : mapModels(models, provider.models),
    ...(maxTokens !== undefined && { maxTokens }),
    facts: knownFacts(draft, ownMaxTokens),
    quirks: provider.quirks,
    timeouts,
    breaker: { ...breaker, prober: proofOf(probe, credential.hasKey) },
    probe,
    ...(table.concurrency !== undefined && { concurrency: table.concurrency }),
    extraHeaders,
  };
  warnings.push(...priceOf(draft.name, probe), ...uselessLimits(draft.name, timeouts));
  return { upstream, problems, warnings };
}

function pickAuth({ auth, takesClientCredential }: UpstreamCredential) {
  return { auth, takesClientCredential };
}

function readModels(draft: Draft, env: Environment, problems: Problem[]): Record<string, string> {
  const { model } = presetVariables(draft.provider);
  const fromEnvironment = model === null ? undefined : variable(env, model);
  const fromFile = draft.table.models;
  if (fromEnvironment !== undefined && (fromFile === undefined || environmentWins(draft))) {
    return { '*': fromEnvironment.trim() };
  }
  for (const pattern of Object.keys(fromFile ?? {})) {
    if (pattern.trim() !== '') continue;
    problems.push({
      ...placeIn(draft, 'models', pattern),
      what: 'an empty pattern matches nothing',
      found: '""',
      allowed: 'a model name, or a pattern with *',
    });
  }
  const patterns = Object.keys(fromFile ?? {});
  if (patterns.some((pattern) => pattern.trim() !== '') && !patterns.some(canMatchClaude)) {
    problems.push({
      ...placeIn(draft, 'models'),
      what: 'matches no model that is asked for',
      found: patterns.map(showName).join(', '),
      allowed: 'patterns of Claude models, such as "claude-opus-*" or "*"',
    });
  }
  return fromFile ?? {};
}

function readMaxTokens(draft: Draft, env: Environment, problems: Problem[]): number | undefined {
  const { maxTokens: key } = presetVariables(draft.provider);
  const text = key === null ? undefined : variable(env, key);
  if (key === null || text === undefined) return draft.table.max_tokens;
  if (draft.table.max_tokens !== undefined && !environmentWins(draft)) return draft.table.max_tokens;
  if (/^[1-9]\d{0,7}$/.test(text.trim())) return Number(text);
  const found = /^[\w.+-]{1,20}$/.test(text) ? JSON.stringify(text) : 'something else';
  problems.push({ key, what: 'not a number of tokens', found, allowed: 'a positive whole number' });
  return undefined;
}

function readHeaders(draft: Draft, problems: Problem[]): Record<string, string> {
  const headers = draft.table.headers ?? {};
  for (const [name, value] of Object.entries(headers)) {
    const place = placeIn(draft, 'headers', name);
    if (!isHeaderName(name)) {
      problems.push({
        ...place,
        what: 'not a header name',
        found: 'other characters',
        allowed: 'letters, digits and -',
      });
    } else if (OWN_HEADERS.includes(name.toLowerCase())) {
      problems.push({ ...place, what: 'is set by ccproxy', found: name, allowed: 'any header but this' });
    }
    const bad = badHeaderValue(value);
    if (bad !== undefined) {
      problems.push({
        ...place,
        what: 'a header cannot hold this',
        found: bad,
        allowed: 'printable ASCII on one line',
      });
    }
  }
  return headers;
}

/** Requests go to Anthropic byte for byte: what would change them is refused, not ignored. */
function refuseNativeKeys(draft: Draft, problems: Problem[]): void {
  for (const key of ['models', 'max_tokens', 'context_window', 'vision', 'tools'] as const) {
    if (draft.table[key] === undefined) continue;
    problems.push({
      ...placeIn(draft, key),
      what: `cannot be set for ${draft.provider.name}: its requests are never changed`,
      found: showIn(draft, key),
      allowed: `no ${key} key here`,
    });
  }
}

/** One line for each key of the file that a variable of the preset overrides. */
function overridden(draft: Draft, env: Environment): string[] {
  if (!environmentWins(draft) || draft.document === null) return [];
  const names = presetVariables(draft.provider);
  const pairs = [
    ['base_url', names.baseUrl],
    ['models', names.model],
    ['max_tokens', names.maxTokens],
    ...(draft.provider.native ? [] : [['api_key', names.apiKey] as const]),
  ] as const;
  return pairs
    .filter(
      ([key, name]) => draft.table[key] !== undefined && name !== null && variable(env, name) !== undefined,
    )
    .filter(([key]) => !(key === 'api_key' && draft.table.api_key === variable(env, names.apiKey)))
    .map(([key, name]) => `${draft.name}: ${name} of the environment is used instead of ${key} in the file`);
}
