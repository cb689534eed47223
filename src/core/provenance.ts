import type { Block } from './messages.ts';
import { shortHash } from './short-hash.ts';

/** First part of every signature ccproxy writes; real ones are base64 and contain no colon. */
const MARK = 'ccp1:';

/** Who wrote a marked thinking block, and what that provider wants to have back with it. */
export interface Provenance {
  provider: string;
  /** State the provider owns (an encrypted reasoning item, a thought signature), or undefined. */
  payload?: string;
}

/**
 * The signature of thinking that `provider` wrote: `ccp1:<provider>` or `ccp1:<provider>:<payload>`. Clients send it back
 * untouched, which is how the block is recognised later.
 */
export function mark({ provider, payload }: Provenance): string {
  const name = provider.replaceAll(':', '_');
  return payload === undefined ? `${MARK}${name}` : `${MARK}${name}:${payload}`;
}

/** What a signature made by `mark` says; null for any other signature. */
export function readMark(signature: string | undefined): Provenance | null {
  if (typeof signature !== 'string' || !signature.startsWith(MARK)) return null;
  const rest = signature.slice(MARK.length);
  const end = rest.indexOf(':');
  return end === -1 ? { provider: rest } : { provider: rest.slice(0, end), payload: rest.slice(end + 1) };
}

/**
 * True for thinking that Anthropic did not write: without a signature, or with one of ours. Anthropic answers 400 to it
 * (`thinking.signature: Field required`, `Invalid signature`), so it must not go back there.
 */
export function isForeign(block: Block): boolean {
  if (block.type === 'redacted_thinking') return readMark((block as { data?: string }).data) !== null;
  if (block.type !== 'thinking') return false;
  const { signature } = block as { signature?: unknown };
  return typeof signature !== 'string' || signature === '' || signature.startsWith(MARK);
}

const VALID = /^[a-zA-Z0-9_-]{1,64}$/;
/** OpenAI's limit; Anthropic's is the same in practice. */
const MAX_LENGTH = 64;

/** True for a tool id that every API accepts: up to 64 of `[a-zA-Z0-9_-]`. */
export function isValidToolId(id: string): boolean {
  return VALID.test(id);
}

/** `id` where it is valid, otherwise a valid one made of it; different ids stay different. */
export function validToolId(id: string): string {
  return isValidToolId(id) ? id : suffixed(id, shortHash(id));
}

/**
 * Names the tool calls of one answer: what the upstream calls them → what the client gets. The result is valid, never
 * repeated within the answer and, because `answerId` is unique, never repeated in a conversation. A repeated id makes
 * Claude Code drop the call or, across turns, replace it by "[Tool use interrupted]" (measured with 2.1.197); some
 * upstreams count `functions.Read:0` or `call_0` anew in every answer.
 */
export function toolIds(answerId: string): (id: string | undefined) => string {
  const given = new Set<string>();
  const own = answerId.replace(/^msg_/, '').replace(/[^a-zA-Z0-9_-]/g, '');
  const suffix = shortHash(answerId);
  return (id) => {
    const wanted = id === undefined || id === '' ? '' : id;
    let made = wanted === '' ? `toolu_${own.slice(-40)}_${given.size}` : wanted;
    if (wanted !== '' && !looksUnique(wanted)) made = suffixed(wanted, suffix);
    if (given.has(made)) made = suffixed(made, shortHash(`${answerId}/${given.size}`));
    given.add(made);
    return made;
  };
}

/** Whether `id`, which a client has, is `original`, or was made of it by `toolIds`. */
export function isMadeOf(id: string, original: string): boolean {
  const hash = id.slice(id.lastIndexOf('_') + 1);
  return id === original || id === suffixed(original, hash);
}

/** Whether an id seems to be drawn at random: one run of at least eight letters and digits that is not just a word. */
function looksUnique(id: string): boolean {
  if (!VALID.test(id)) return false;
  return id
    .split(/[_-]/)
    .some((part) => part.length >= 8 && /\d/.test(part) && !/^[a-z]+\d{1,3}$/i.test(part));
}

/** First part of the ids of calls that another server than Anthropic's ran itself; Anthropic's own have none there. */
export const SERVER_MARK = 'srvtoolu_ccp1_';

/** Ids for the calls of one answer that its server ran itself; `answerId` makes them unique in a conversation. */
export function serverToolIds(answerId: string): () => string {
  const suffix = shortHash(answerId).replace(/[^a-zA-Z0-9]/g, '');
  let given = 0;
  return () => {
    given += 1;
    return `${SERVER_MARK}${suffix}_${given}`;
  };
}

/**
 * True for a call that another server ran itself, and for its result. Anthropic takes back only its own: what is encrypted
 * in them it cannot read.
 */
export function isForeignServerTool(block: Block): boolean {
  const { id, tool_use_id } = block as { id?: unknown; tool_use_id?: unknown };
  const isOurs = (value: unknown) => typeof value === 'string' && value.startsWith(SERVER_MARK);
  return (block.type === 'server_tool_use' && isOurs(id)) || isOurs(tool_use_id);
}

function suffixed(id: string, suffix: string): string {
  const clean = id.replace(/[^a-zA-Z0-9_-]/g, '_');
  return `${clean.slice(0, MAX_LENGTH - suffix.length - 1)}_${suffix}`;
}
