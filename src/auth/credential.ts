/** What `ccproxy env` makes a client send when no upstream needs a credential of the client's; it is none. */
export const PLACEHOLDER = 'NOT_NEEDED';

/** Variables from which Claude Code takes its credential. */
export const clientCredentialVariables = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
] as const;

/** A credential that a client presented, as it presented it. */
export interface Credential {
  kind: 'bearer' | 'api-key';
  value: string;
}

/** The beta that belongs to a subscription login; an API key sent with it is refused. */
export const OAUTH_BETA = 'oauth-2025-04-20';

/** The token of an `Authorization: Bearer` header, or null. */
export function bearerToken(headers: Headers): string | null {
  const match = /^Bearer +(.+)$/i.exec(headers.get('authorization') ?? '');
  return match?.[1]?.trim() ?? null;
}

/**
 * The client's own Anthropic credentials: none for the placeholder. A client with an `apiKeyHelper` sends the same key in
 * both headers (measured with Claude Code 2.1.197), so there may be two.
 */
export function clientCredentials(headers: Headers): readonly Credential[] {
  const known = READ.get(headers);
  if (known !== undefined) return known;
  const found = readCredentials(headers);
  READ.set(headers, found);
  return found;
}

/** A request's headers do not change once it came in, and are asked for several times. */
const READ = new WeakMap<Headers, readonly Credential[]>();

function readCredentials(headers: Headers): Credential[] {
  const found: Credential[] = [];
  const key = headers.get('x-api-key')?.trim();
  if (key && key !== PLACEHOLDER) found.push({ kind: 'api-key', value: key });
  const token = bearerToken(headers);
  if (token && token !== PLACEHOLDER) found.push({ kind: 'bearer', value: token });
  return found;
}
