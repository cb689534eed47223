import type { Block, MessageParam, MessagesRequest } from '../../../core/messages.ts';
import { isForeign, isValidToolId, validToolId } from '../../../core/provenance.ts';

/**
 * Byte sequences that stand in a request only where its history holds something Anthropic refuses. Quotes inside JSON
 * strings are escaped, so none of them can be part of anybody's text.
 */
const REFUSED = [
  '"ccp1:',
  '"signature":""',
  '"signature": ""',
  '"input":"',
  '"input": "',
  '"text":""',
  '"text": ""',
].map((sequence) => Buffer.from(sequence));
const TOOL_ID = Buffer.from('"tool_use_id":');

/**
 * Whether the history may hold what Anthropic refuses: thinking that another model wrote, tool ids with other characters,
 * tool inputs that are strings, empty texts. Costs a few passes of a native search, no parse.
 */
export function mayBeRefused(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return REFUSED.some((sequence) => buffer.includes(sequence)) || hasOddToolId(buffer);
}

function hasOddToolId(buffer: Buffer): boolean {
  for (let at = buffer.indexOf(TOOL_ID); at !== -1; at = buffer.indexOf(TOOL_ID, at + 1)) {
    const from = buffer.indexOf('"', at + TOOL_ID.length);
    const to = buffer.indexOf('"', from + 1);
    if (from === -1 || to === -1) return false;
    if (!isValidToolId(buffer.toString('utf8', from + 1, to))) return true;
  }
  return false;
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
  if (content.length === 0 && message.content.length > 0) return null;
  const same =
    content.length === message.content.length && content.every((block, at) => block === message.content[at]);
  return same ? message : { ...message, content };
}

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
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function blocksOf({ content }: MessageParam): Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}
