const MAX_LENGTH = 300;
/**
 * What looks like a key: well-known prefixes, whatever stands behind the name of a credential or before an `@` in an address,
 * what is masked (its ends are not), signed tokens, and any other long run that looks drawn at random.
 */
const KEYS: readonly RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|pplx|csk|fw|tgp|ghp|gho)[-_][\w*.-]{6,}/g,
  /\bABSK[\w+/=-]{6,}|\bAIza[\w-]{10,}|\bya29\.[\w.-]+|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\beyJ[\w-]{5,}(?:\.[\w-]+)*/g,
  /\b(?:Bearer|Basic)\s+\S+/gi,
  /(?<=(?:\b(?:api|access|secret|subscription)[-_ ]?key|[?&]key|\btoken|\bsecret|\bpassword|\bauthorization)["']?\s?[=:]\s?["']?)(?!\[|\d+\b)[^\s"'&,;)]{6,}/gi,
  /(?<=:\/\/)[^\s/@]+@/g,
  /[\w.-]*(?:\*{3,}|•{3,}|x{6,})[\w*•.-]*/g,
  /\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{32,}(?:\.[\w-]+)*/g,
];
/** Whose account it is: nobody's business but its owner's. */
const ACCOUNTS =
  /\b(?:org|proj|project|acct|account|user|team|ws|tenant|cust)[-_](?=[\w-]*\d)[\w-]{6,}|(?<=\barn:[\w:-]*)\d{12}|\b[\w.+-]+@[\w-]+\.[\w.-]+/g;
/** What pages are made of; other words in angle brackets are the upstream's own. */
const TAGS =
  /<(?:!doctype|\/?(?:html|head|body|title|center|div|span|script|style|meta|h\d|hr|br|p|a|b|i))\b[^<>]{0,200}>/gi;
/** Where a piece of JSON begins: a request that is quoted back. */
const JSON_BEGINS = /[{[]\s*(?:"|'|\\"|\{)/;
/**
 * Quotations, read from the left so that what stands between two of them is none; one that was cut has no end. Single marks
 * are apostrophes inside and behind a word.
 */
const QUOTES = /"[^"]*(?:"|$)|`[^`]*(?:`|$)|(?<=(?:^|\W)[bruf]?)'(?:[^']|'(?=\w))*(?:'|$)/g;
/** Something quoted at such length is a piece of the request. */
const QUOTED_CHARS = 62;

/** An upstream's message fit for logs: one line, cut, without what looks like a key or an account, and without long quotations. */
export function discreet(message: string): string {
  const flat = message
    .slice(0, 4 * MAX_LENGTH)
    .replace(TAGS, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const json = flat.search(JSON_BEGINS);
  const words = json === -1 ? flat : `${flat.slice(0, json)}…`;
  const unquoted = words.replace(QUOTES, (quoted) => (quoted.length < QUOTED_CHARS ? quoted : '"…"'));
  const keyless = KEYS.reduce((text, keys) => text.replace(keys, '[key]'), unquoted);
  const safe = keyless.replace(ACCOUNTS, '[id]');
  return safe.length <= MAX_LENGTH ? safe : `${safe.slice(0, MAX_LENGTH - 1)}…`;
}
