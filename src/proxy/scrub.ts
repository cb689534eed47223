import type { Inbound, Upstream } from '../core/upstream.ts';

/** What is put in the place of a key. */
const KEY = '[key]';
/** What is put in the place of the request's own words. */
const WORDS = '…';
/** As many words in a row as make a quotation; fewer may be anybody's. */
const RUN = 3;

/**
 * An upstream's words without the keys it was sent and without what it quotes of the request: they go into logs, `status`
 * and the final error. A single word counts as a quotation when it is no name that an API would use.
 */
export function scrub(message: string, keys: readonly string[], request: Uint8Array): string {
  const keyless = keys.reduce((text, key) => (key === '' ? text : text.replaceAll(key, KEY)), message);
  const bytes = Buffer.from(request.buffer, request.byteOffset, request.byteLength);
  const words = keyless.split(' ');
  const quoted = new Set<number>();
  for (let at = 0; at < words.length; at += 1) {
    if (isTelling(words[at] ?? '') && isIn(bytes, words[at] ?? '')) quoted.add(at);
    const run = words.slice(at, at + RUN);
    if (run.length === RUN && isIn(bytes, run.join(' ')))
      for (let of = 0; of < RUN; of += 1) quoted.add(at + of);
  }
  return words
    .map((word, at) => (quoted.has(at) ? (quoted.has(at - 1) ? '' : WORDS) : word))
    .filter((word) => word !== '')
    .join(' ');
}

/** Long, and neither a plain word nor a name such as `max_tokens`, `messages[0].content` or `claude-opus-4-8`. */
function isTelling(word: string): boolean {
  const bare = bareOf(word);
  return bare.length >= 8 && !/^[a-z]+(?:[._[\]-]*[a-z\d])*[\]]?$/.test(bare) && !/^[A-Z]?[a-z]+$/.test(bare);
}

function isIn(request: Buffer, words: string): boolean {
  const bare = bareOf(words);
  return bare.length >= 8 && request.includes(JSON.stringify(bare).slice(1, -1));
}

function bareOf(word: string): string {
  return word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\]]+$/gu, '');
}

/** Shorter than any key; a header so short may hold anybody's word. */
const SHORTEST_KEY = 6;

/** Shorter parts of an address are names: `v1`, `deployments`, `chat-completions`. */
const SHORTEST_PATH_KEY = 20;

/** What an upstream is sent that it must not say again: keys, also in its address, and the headers of the configuration. */
export function keysOf(upstream: Upstream, inbound: Pick<Inbound, 'headers'>): string[] {
  const sent = upstream.auth(new Headers(upstream.extraHeaders), inbound);
  const inHeaders = [...(sent?.values() ?? [])]
    .map((value) => value.replace(/^Bearer /, ''))
    .filter((value) => value.length >= SHORTEST_KEY);
  const inPath = upstream.base.split(/[/?#]/).slice(3);
  return [...inHeaders, ...inPath.filter((part) => part.length >= SHORTEST_PATH_KEY)];
}
