import { field } from './json.ts';
import { leastTextTokens } from './least-text.ts';
import { isThinking, type MessagesRequest } from './messages.ts';
import { rememberCounts } from './remembered-counts.ts';
import { textTokens } from './text-tokens.ts';

/** What the parts of a request are taken to cost, in tokens. */
interface Reading {
  text(text: string): number;
  image: number;
  pdfPage: number;
  /** What every message, block and tool costs beside its text. */
  overhead: number;
  /** Whether former thinking counts. */
  hasThinking: boolean;
}

const HIGH: Reading = {
  text: rememberCounts(textTokens),
  /** Of the largest size that is not scaled down. Source: the vision page of the API reference. */
  image: 1600,
  /** Text and picture together, at the upper end. Source: the PDF page of the API reference. */
  pdfPage: 3000,
  overhead: 4,
  hasThinking: true,
};

const LOW: Reading = { text: leastTextTokens, image: 0, pdfPage: 0, overhead: 0, hasThinking: false };

/** Bytes of base64 that an average page of a PDF takes. */
const PDF_PAGE_CHARS = 100_000;
/** Characters of base64 that seal the text of one token. */
const SEALED_CHARS = 5;

/**
 * About how many input tokens a request has: system, tools, messages, images and documents; at least 1. What has not the
 * shape of the API is counted as the text it is.
 */
export function estimateTokens(request: Partial<MessagesRequest>): number {
  const known = ESTIMATES.get(request);
  if (known !== undefined) return known;
  const estimated = Math.max(1, Math.ceil(estimate(request, HIGH)));
  ESTIMATES.set(request, estimated);
  return estimated;
}

/**
 * As few input tokens as a request can have, whoever counts, without what is not sent to every upstream: thinking, images,
 * PDFs. Reads all of it: to be asked only where it matters.
 */
export function leastTokens(request: Partial<MessagesRequest>): number {
  // Of long words and of lines the estimate may be the lower one: it knows runs.
  return Math.min(estimateTokens(request), Math.floor(estimate(request, LOW)));
}

/** One request is asked about by every upstream that it is translated for. */
const ESTIMATES = new WeakMap<object, number>();

function estimate(request: Partial<MessagesRequest>, reading: Reading): number {
  const { overhead } = reading;
  const parts = [
    contentTokens(request.system, reading),
    ...listOf(request.tools).map((tool) => overhead + jsonTokens(tool, reading)),
    ...listOf(request.messages).map(
      (message) => overhead + contentTokens(field(message, 'content'), reading),
    ),
  ];
  return parts.reduce((sum, part) => sum + part, 0);
}

function contentTokens(content: unknown, reading: Reading): number {
  if (typeof content === 'string') return reading.text(content);
  if (!Array.isArray(content)) return jsonTokens(content, reading);
  return content.reduce<number>((sum, block) => sum + reading.overhead + blockTokens(block, reading), 0);
}

function blockTokens(block: unknown, reading: Reading): number {
  const type = field(block, 'type');
  if (type === 'image') return reading.image;
  if (type === 'tool_result') return contentTokens(field(block, 'content'), reading);
  if (isThinking(type)) return reading.hasThinking ? thinkingTokens(block, reading) : 0;
  const text = field(block, 'text');
  if (type === 'text' && typeof text === 'string') return reading.text(text);
  if (type === 'document') return documentTokens(block, reading);
  if (type === 'web_search_tool_result') return searchTokens(field(block, 'content'), reading);
  return jsonTokens(block, reading);
}

function documentTokens(block: unknown, reading: Reading): number {
  const source = field(block, 'source');
  const [type, data] = [field(source, 'type'), field(source, 'data')];
  if (type === 'base64' && typeof data === 'string') {
    return reading.pdfPage * Math.max(1, data.length / PDF_PAGE_CHARS);
  }
  return type === 'content' ? contentTokens(field(source, 'content'), reading) : jsonTokens(block, reading);
}

/** What is sealed is the thought itself, which may stand beside it in the open. */
function thinkingTokens(block: unknown, reading: Reading): number {
  const thinking = field(block, 'thinking');
  const open = typeof thinking === 'string' ? reading.text(thinking) : 0;
  return Math.max(open, sealedTokens(field(block, 'signature')), sealedTokens(field(block, 'data')));
}

function searchTokens(content: unknown, reading: Reading): number {
  if (!Array.isArray(content)) return jsonTokens(content, reading);
  return content.reduce<number>((sum, found) => {
    const sealed = field(found, 'encrypted_content');
    if (typeof sealed !== 'string') return sum + jsonTokens(found, reading);
    const open = jsonTokens({ ...found, encrypted_content: '' }, reading);
    return sum + open + (reading.hasThinking ? sealedTokens(sealed) : 0);
  }, 0);
}

/** Base64 of what only its maker can read: it costs what is inside, about four characters in three quarters of its bytes. */
function sealedTokens(sealed: unknown): number {
  return typeof sealed === 'string' ? sealed.length / SEALED_CHARS : 0;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function jsonTokens(value: unknown, reading: Reading): number {
  return value === undefined ? 0 : reading.text(JSON.stringify(value));
}
