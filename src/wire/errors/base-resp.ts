import { filled, isObject } from '../../core/json.ts';

/**
 * MiniMax says in every answer how it went, with 200 whatever that is: `base_resp: {status_code, status_msg}`. Its codes, and the
 * status that each stands for (platform.minimax.io/docs/api-reference/errorcode); of others it is its own trouble.
 */
const STATUS: Record<number, number> = {
  // A timeout
  1001: 504,
  // Requests, tokens, connections of a minute; too many more at once; the window of a plan
  1002: 429,
  1039: 429,
  1041: 429,
  2045: 429,
  2056: 429,
  // The key
  1004: 401,
  2049: 401,
  1008: 402,
  // What is read and written is not let pass; too many characters that nobody sees
  1026: 400,
  1027: 400,
  1042: 400,
  2013: 400,
};
const TROUBLE = 500;

/** How an answer went wrong, as its `base_resp` tells it; undefined where it went well, and where nothing is told. */
export function badResp(answer: Record<string, unknown>): { message: string; status: number } | undefined {
  const { base_resp: told } = answer;
  if (!isObject(told)) return undefined;
  const code = Number(told.status_code ?? 0);
  if (!Number.isInteger(code) || code === 0) return undefined;
  return { message: `${filled(told.status_msg) ?? 'an error'} (${code})`, status: STATUS[code] ?? TROUBLE };
}
