import type { Block, MessageParam, MessagesRequest } from '../../../core/messages.ts';
import { isForeign, isValidToolId, validToolId } from '../../../core/provenance.ts';
import { isObject, parseJson } from '../../history/json.ts';

/** Where nobody has answered yet there is no history. */
const ASSISTANT = Buffer.from('"assistant"');
const SIGNATURE = Buffer.from('"signature":');
/** Of a block of thinking where a string follows; the request's own `thinking` is an object. */
const THINKING = Buffer.from('"thinking":');

/**
 * Keys whose value tells whether a history holds something Anthropic refuses, and what that value begins with. Quotes
 * inside JSON strings are escaped, so a key found like this is a key and never part of anybody's text.
 */
const TELLING: readonly { key: Buffer; refused: RegExp }[] = [
  { key: SIGNATURE, refused: /^\s*"(?:"|ccp1:)/ },
  { key: Buffer.from('"data":'), refused: /^\s*"ccp1:/ },
  { key: Buffer.from('"input":'), refused: /^\s*"/ },
  { key: Buffer.from('"text":'), refused: /^\s*""/ },
  { key: Buffer.from('"tool_use_id":'), refused: /^\s*"(?![a-zA-Z0-9_-]{1,64}")/ },
];
/** How much of a value is looked at: the longest valid tool id, and some white space. */
const LOOK = 80;

/**
 * Whether the history may hold what Anthropic refuses: thinking that another model wrote, tool ids with other characters,
 * tool inputs that are strings, empty texts. Costs a few passes of a native search, no parse.
 */
export function mayBeRefused(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.includes(ASSISTANT)) return false;
  const refused = TELLING.some(({ key, refused }) =>
    valuesOf(buffer, key).some((value) => refused.test(value)),
  );
  if (refused) return true;
  const thoughts = valuesOf(buffer, THINKING).filter((value) => /^\s*"/.test(value));
  return thoughts.length > 0 && thoughts.length > valuesOf(buffer, SIGNATURE).length;
}

/** The beginnings of everything that stands after `key`. */
function valuesOf(buffer: Buffer, key: Buffer): string[] {
  const values: string[] = [];
  for (let at = buffer.indexOf(key); at !== -1; at = buffer.indexOf(key, at)) {
    at += key.length;
    values.push(buffer.toString('latin1', at, at + LOOK));
  }
  return values;
}

/** The request with a history that Anthropic accepts; the same object when there was nothing to mend. */
export function portable(request: MessagesRequest): MessagesRequest {
  const messages: MessageParam[] = [];
  let changed = false;
  for (const message of request.messages) {
    const mended = mendMessage(message);
    changed ||= mended !== message;
    const last = messages.at(-1);
    if (mended === null) continue;
    if (last?.role === mended.role && changed && mended.role !== 'system') {
      messages[messages.length - 1] = { ...last, content: [...blocksOf(last), ...blocksOf(mended)] };
    } else messages.push(mended);
  }
  return changed ? { ...request, messages } : request;
}

/** The same message when nothing had to change; null when nothing is left of it. */
function mendMessage(message: MessageParam): MessageParam | null {
  if (typeof message.content === 'string' || !Array.isArray(message.content)) return message;
  const content = message.content.filter((block) => !isForeign(block) && !isEmptyText(block)).map(mendBlock);
  if (content.length === 0 && message.content.length > 0) {
    // Between two answers the user said something: without a turn of its own the conversation would be another.
    return message.role === 'assistant' ? null : { ...message, content: NO_CONTENT };
  }
  const same =
    content.length === message.content.length && content.every((block, at) => block === message.content[at]);
  return same ? message : { ...message, content };
}

/** Said where there are no words; the client's own. */
const NO_CONTENT = '(no content)';

function isEmptyText(block: Block): boolean {
  return block.type === 'text' && (block as { text?: unknown }).text === '';
}

function mendBlock(block: Block): Block {
  if (block.type === 'tool_use') {
    const { id, input } = block as { id?: unknown; input?: unknown };
    const valid = typeof id === 'string' ? validToolId(id) : id;
    if (valid === id && typeof input !== 'string') return block;
    return { ...block, id: valid, input: typeof input === 'string' ? objectIn(input) : input } as Block;
  }
  if (block.type === 'tool_result') {
    const { tool_use_id: id } = block as { tool_use_id?: unknown };
    return typeof id === 'string' && !isValidToolId(id)
      ? ({ ...block, tool_use_id: validToolId(id) } as Block)
      : block;
  }
  return block;
}

/** The object a doubly encoded input stands for; `{}` when it stands for none. */
function objectIn(text: string): object {
  const value = parseJson(text);
  return isObject(value) ? value : {};
}

function blocksOf({ content }: MessageParam): Block[] {
  if (typeof content !== 'string') return content;
  return content === '' ? [] : [{ type: 'text', text: content }];
}
