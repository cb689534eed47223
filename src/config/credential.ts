import { PLACEHOLDER } from '../auth/credential.ts';
import { headerAuth } from '../auth/header.ts';
import { passthroughAuth } from '../auth/passthrough.ts';
import type { Auth } from '../core/upstream.ts';
import { type Draft, placeIn, showIn } from './draft.ts';
import { environmentWins } from './endpoint.ts';
import { presetKey, presetVariables } from './preset-values.ts';
import type { Place, Problem } from './problem.ts';
import type { Environment } from './references.ts';

/** What an upstream is shown. */
export interface UpstreamCredential {
  auth: Auth;
  takesClientCredential: boolean;
  /** Whether ccproxy's own key, or the client's credential, goes out. */
  sent: boolean;
  /** Whether ccproxy has a key of its own for it. */
  hasKey: boolean;
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Why a header cannot carry a value, or undefined. */
export function badHeaderValue(value: string): string | undefined {
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (code === 10 || code === 13) return 'a line break';
    if (code < 32 || code === 127) return 'a control character';
    if (code > 126) return 'a character outside ASCII';
  }
  return undefined;
}

/** What was pasted along with a key, or instead of it; undefined for what may be a key. */
function badPaste(value: string): string | undefined {
  if (/^(["'`]).*\1$/.test(value)) return 'quotes around it';
  if (/^bearer\s/i.test(value)) return '"Bearer" before it';
  return /\.\.\.$|…$/.test(value) ? 'the dots of an example' : undefined;
}

/** Whether a text can be the name of a header. */
export function isHeaderName(text: string): boolean {
  return HEADER_NAME.test(text);
}

/** How a draft's upstream is authorized, or what is wrong with its key. */
export function findCredential(
  draft: Draft,
  env: Environment,
  problems: Problem[],
  placeholder?: string,
): UpstreamCredential | null {
  const { provider, table } = draft;
  const before = problems.length;
  const key = findKey(draft, env) ?? standIn(draft, placeholder);
  const bad = key === undefined ? undefined : (badHeaderValue(key.value) ?? badPaste(key.value));
  if (key !== undefined && bad !== undefined) {
    problems.push({
      ...key.place,
      what: 'a key cannot hold this',
      found: bad,
      allowed: 'the key alone: printable ASCII on one line',
    });
  }
  if (table.auth !== undefined && provider.credential !== 'client') {
    problems.push({
      ...placeIn(draft, 'auth'),
      what: `is for anthropic alone: ${provider.name} never gets the client's credential`,
      found: `"${table.auth}"`,
      allowed: 'no auth key here',
    });
  }
  const own = table.auth === 'own';
  if (
    key === undefined &&
    (provider.credential === 'required' || (own && provider.credential === 'client'))
  ) {
    problems.push(missingKey(draft));
  }
  const header = table.auth_header;
  if (header !== undefined && (provider.native || !isHeaderName(header))) {
    problems.push({
      ...placeIn(draft, 'auth_header'),
      what: provider.native ? 'cannot be set for anthropic' : 'not a header name',
      found: showIn(draft, 'auth_header'),
      allowed: provider.native
        ? 'no auth_header key here'
        : '"authorization", "x-api-key" or another header name',
    });
  }
  if (problems.length > before) return null;
  const hasKey = key !== undefined;
  if (provider.credential === 'client') {
    const mode = own ? 'own' : 'client';
    const auth = passthroughAuth({ mode, ...(key !== undefined && { ownKey: key.value }) });
    return { auth, takesClientCredential: !own, sent: true, hasKey };
  }
  return {
    auth: headerAuth(key?.value, header ?? provider.authHeader),
    takesClientCredential: false,
    sent: hasKey,
    hasKey,
  };
}

/** A made-up key, where one is needed and none is there. */
function standIn({ provider, table, named }: Draft, placeholder: string | undefined) {
  const isNeeded = provider.credential === 'required' || table.auth === 'own';
  return placeholder === undefined || !isNeeded ? undefined : { value: placeholder, place: named };
}

/**
 * The key and where it stands. `ANTHROPIC_API_KEY` is also the client's variable, so the file's key goes before it;
 * every other preset's variable goes before the file, like the rest of the environment.
 */
function findKey(draft: Draft, env: Environment): { value: string; place: Place } | undefined {
  const { provider, table } = draft;
  const fromEnvironment = presetKey(provider, env);
  const fromFile = table.api_key?.trim() === PLACEHOLDER && provider.native ? undefined : table.api_key;
  const environmentFirst = environmentWins(draft) && !provider.native;
  if (fromEnvironment !== undefined && (fromFile === undefined || environmentFirst)) {
    return { value: fromEnvironment.trim(), place: { key: presetVariables(provider).apiKey } };
  }
  return fromFile === undefined ? undefined : { value: fromFile.trim(), place: placeIn(draft, 'api_key') };
}

function missingKey(draft: Draft): Problem {
  const { provider } = draft;
  const { apiKey } = presetVariables(provider);
  const hint = provider.keyUrl && { hint: `get one at ${provider.keyUrl}` };
  if (draft.document === null) {
    return {
      ...draft.named,
      what: `${draft.name} needs a key`,
      found: `no ${apiKey}`,
      allowed: `a key in ${apiKey}`,
      ...hint,
    };
  }
  return {
    ...placeIn(draft, 'api_key'),
    what: `${draft.name} needs a key`,
    found: `neither api_key nor ${apiKey}`,
    allowed: `api_key = "\${NAME}", or a key in ${apiKey}`,
    ...hint,
  };
}
