import type { Configured } from '../config/build.ts';
import { isOneOf, TOKEN_HEADER } from '../server/guard.ts';
import { letsIn, type Running, tokenOf } from './running.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What stands in a client's shell where one of `server.tokens` is asked for. */
export const ENTRY_LINE = `export ANTHROPIC_CUSTOM_HEADERS='${TOKEN_HEADER}: TOKEN'`;

/** What a client would have to do. */
export const ENTRY_HINT = `present one: ${ENTRY_LINE}`;

/**
 * Whether a client with this environment is let in: a ccproxy may ask for one of `server.tokens`.
 * @param running null: one that would have this configuration
 */
export async function isLetIn(
  running: Running | null,
  result: Configured,
  env: Environment,
): Promise<boolean> {
  const headers = presentedBy(env);
  if (running === null) {
    const tokens = result.ok ? result.configuration.settings.server.tokens : [];
    return tokens.length === 0 || Object.values(headers).some((value) => isOneOf(bare(value), tokens));
  }
  // Nothing is shown to one that may be somebody else's.
  return tokenOf(running) === undefined
    ? headers[TOKEN_HEADER] !== undefined || letsIn(running, {})
    : letsIn(running, headers);
}

/** The headers in which Claude Code would present a token. */
function presentedBy(env: Environment): Record<string, string> {
  const { ANTHROPIC_API_KEY: key, ANTHROPIC_AUTH_TOKEN: bearer, ANTHROPIC_CUSTOM_HEADERS: custom } = env;
  const token = custom?.split('\n').flatMap((line) => {
    const [name = '', ...value] = line.split(':');
    return name.trim().toLowerCase() === TOKEN_HEADER ? [value.join(':').trim()] : [];
  })[0];
  return {
    ...(key && { 'x-api-key': key }),
    ...(bearer && { authorization: `Bearer ${bearer}` }),
    ...(token && { [TOKEN_HEADER]: token }),
  };
}

function bare(value: string): string {
  return value.replace(/^Bearer /, '');
}
