import { COLON, isSpace, matches, OPEN_BRACE, QUOTE } from '../../../core/json-token.ts';
import { type Block, isThinking, type MessageParam, type MessagesRequest } from '../../../core/messages.ts';
import { isForeign, isForeignServerTool, isValidToolId, SERVER_MARK } from '../../../core/provenance.ts';
import { render } from '../../history/foreign.ts';
import { NO_CONTENT } from '../../history/text.ts';
import { blocksOf, isSame, pairCalls } from './native-calls.ts';

/** Where nobody has answered yet there is no history. */
const ASSISTANT = Buffer.from('"assistant"');
/** Beginnings of escapes for letters, in which anything may be spelled that is looked for here: nobody writes those, or means no good. */
const ESCAPED_LETTERS = ['\\u004', '\\u005', '\\u006', '\\u007'].map((start) => Buffer.from(start));
const SIGNATURE = Buffer.from('"signature"');
/** Of a block of thinking where a string follows; the request's own `thinking` is an object. */
const THINKING = Buffer.from('"thinking"');
const MARKED = Buffer.from('"ccp1:');
const SERVER_MARKED = Buffer.from(`"${SERVER_MARK}`);

/** Beyond this an id is not valid, whatever it is made of. */
const LONGEST_ID = 128;

/** Whether the value that begins at `at` is one that Anthropic refuses under its key. */
type Refused = (bytes: Buffer, at: number) => boolean;

const isString: Refused = (bytes, at) => bytes[at] === QUOTE;
const isNoObject: Refused = (bytes, at) => bytes[at] !== OPEN_BRACE;
const isEmpty: Refused = (bytes, at) => bytes[at] === QUOTE && bytes[at + 1] === QUOTE;
const isMarked: Refused = (bytes, at) => matches(bytes, at, MARKED);
const isForeignCall: Refused = (bytes, at) => matches(bytes, at, SERVER_MARKED);
const isOddId: Refused = (bytes, at) => {
  if (bytes[at] !== QUOTE) return false;
  const end = bytes.indexOf(QUOTE, at + 1);
  return end !== -1 && !isValidToolId(bytes.toString('latin1', at + 1, Math.min(end, at + LONGEST_ID)));
};

/**
 * Keys whose value tells whether a history holds something Anthropic refuses. Quotes inside JSON strings are escaped, so a
 * key found like this is a key and never part of anybody's text.
 */
const TELLING: readonly { key: Buffer; refused: Refused }[] = [
  { key: SIGNATURE, refused: (bytes, at) => isEmpty(bytes, at) || isMarked(bytes, at) },
  { key: Buffer.from('"data"'), refused: isMarked },
  { key: Buffer.from('"input"'), refused: isNoObject },
  { key: Buffer.from('"text"'), refused: isEmpty },
  { key: Buffer.from('"id"'), refused: isForeignCall },
  {
    key: Buffer.from('"tool_use_id"'),
    refused: (bytes, at) => isOddId(bytes, at) || isForeignCall(bytes, at),
  },
];

/**
 * Whether the history may hold what Anthropic refuses: thinking that another model wrote, searches that another server ran,
 * tool ids with other characters, tool inputs that are no objects, empty texts. Costs a few passes of a native search and no
 * parse.
 */
export function mayBeRefused(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (ESCAPED_LETTERS.some((start) => buffer.includes(start))) return true;
  if (!buffer.includes(ASSISTANT)) return false;
  if (TELLING.some(({ key, refused }) => count(buffer, key, refused, 1) > 0)) return true;
  const thoughts = count(buffer, THINKING, isString);
  return thoughts > 0 && thoughts > count(buffer, SIGNATURE, () => true);
}

/** How many values of `key` are as `test` says; counting stops at `most`. */
function count(buffer: Buffer, key: Buffer, test: Refused, most = Number.POSITIVE_INFINITY): number {
  let found = 0;
  for (let at = buffer.indexOf(key); at !== -1 && found < most; at = buffer.indexOf(key, at)) {
    at = pastSpace(buffer, at + key.length);
    if (buffer[at] === COLON && test(buffer, pastSpace(buffer, at + 1))) found += 1;
  }
  return found;
}

function pastSpace(buffer: Buffer, from: number): number {
  let at = from;
  while (isSpace(buffer[at])) at += 1;
  return at;
}

/**
 * The request with a history that Anthropic accepts; the same object when there was nothing to mend.
 * @param withThinking whether the thinking that Anthropic itself seems to have written goes along
 */
export function portable(request: MessagesRequest, withThinking = true): MessagesRequest {
  const messages: MessageParam[] = [];
  /** What the last message says, where others were put into it. */
  let joined: Block[] | null = null;
  let changed = false;
  for (const message of request.messages) {
    const mended = mendMessage(message, withThinking);
    changed ||= mended !== message;
    const last = messages.at(-1);
    if (mended === null) continue;
    if (last?.role === mended.role && changed && mended.role !== 'system') {
      if (joined === null) {
        joined = [...blocksOf(last)];
        messages[messages.length - 1] = { ...last, content: joined };
      }
      for (const block of blocksOf(mended)) joined.push(block);
    } else {
      joined = null;
      messages.push(mended);
    }
  }
  const paired = pairCalls(messages);
  changed ||= paired.some((message, at) => message !== messages[at]);
  return changed ? { ...request, messages: paired } : request;
}

/** The same message when nothing had to change; null when nothing is left of it. */
function mendMessage(message: MessageParam, withThinking: boolean): MessageParam | null {
  if (message.content === '') return unsaid(message);
  if (!Array.isArray(message.content)) return message;
  const isLeftOut = (block: Block) =>
    isForeign(block) || isEmptyText(block) || (!withThinking && isThinking(block.type));
  const content = message.content
    .filter((block) => !isLeftOut(block))
    .map((block) => (isForeignServerTool(block) ? ({ type: 'text', text: render(block) } as Block) : block));
  if (content.length === 0) return unsaid(message);
  return isSame(content, message.content) ? message : { ...message, content };
}

/** Between two answers the user said something: without a turn of its own the conversation would be another. */
function unsaid(message: MessageParam): MessageParam | null {
  return message.role === 'assistant' ? null : { ...message, content: NO_CONTENT };
}

function isEmptyText(block: Block): boolean {
  return block.type === 'text' && (block as { text?: unknown }).text === '';
}
