const MAX_LENGTH = 300;
/** Keys by their well-known prefixes, bearer tokens, and any other long run that looks drawn at random. */
const KEYS =
  /\b(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|pplx|csk|fw|tgp)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}|\bBearer\s+\S+|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{32,}/g;
/** Where a piece of JSON begins: a request that is quoted back. */
const JSON_BEGINS = /[{[]\s*(?:"|'|\\"|\{)/;
/** Something quoted at length is a piece of the request. */
const QUOTES = /"[^"]{60,}"|'[^']{60,}'|`[^`]{60,}`/g;

/** An upstream's message fit for logs: one line, cut, without what looks like a key and without long quotations. */
export function discreet(message: string): string {
  const flat = message
    .slice(0, 4 * MAX_LENGTH)
    .replace(/\s+/g, ' ')
    .trim();
  const json = flat.search(JSON_BEGINS);
  const words = json === -1 ? flat : `${flat.slice(0, json)}…`;
  const safe = words.replace(QUOTES, '"…"').replace(KEYS, '[key]');
  return safe.length <= MAX_LENGTH ? safe : `${safe.slice(0, MAX_LENGTH - 1)}…`;
}
