import { field } from './json.ts';
import { isThinking, type MessagesRequest } from './messages.ts';

/** What the parts of a request are taken to cost, in tokens. */
interface Reading {
  charsPerToken: number;
  /** Of a Chinese, Japanese or Korean character. */
  wide: number;
  image: number;
  pdfPage: number;
  /** What every message, block and tool costs beside its text. */
  overhead: number;
  /** Whether former thinking counts. */
  hasThinking: boolean;
  /** So many of one character in a row count, and no more; letters and digits always do. */
  longestRun: number;
}

const HIGH: Reading = {
  /**
   * Of prose and JSON as Claude's tokenizers see them. Chosen low, so that the count is rather too high: a client that
   * compacts too early loses little, one that compacts too late loses the turn (BerriAI/litellm#37102).
   */
  charsPerToken: 3.2,
  wide: 1,
  /** Of the largest size that is not scaled down. Source: the vision page of the API reference. */
  image: 1600,
  /** Text and picture together, at the upper end. Source: the PDF page of the API reference. */
  pdfPage: 3000,
  overhead: 4,
  hasThinking: true,
  longestRun: Number.POSITIVE_INFINITY,
};

const LOW: Reading = {
  /** Of English prose the largest vocabularies make up to 5, of code, JSON and other languages less. */
  charsPerToken: 5,
  wide: 0.5,
  image: 0,
  pdfPage: 0,
  overhead: 0,
  hasThinking: false,
  /** Lines and indents: there are tokens for dozens of one character. */
  longestRun: 8,
};

/** Bytes of base64 that an average page of a PDF takes. */
const PDF_PAGE_CHARS = 100_000;

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
  return Math.floor(estimate(request, LOW));
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
  if (typeof content === 'string') return textTokens(content, reading);
  if (!Array.isArray(content)) return jsonTokens(content, reading);
  return content.reduce<number>((sum, block) => sum + reading.overhead + blockTokens(block, reading), 0);
}

function blockTokens(block: unknown, reading: Reading): number {
  const type = field(block, 'type');
  if (type === 'image') return reading.image;
  if (type === 'tool_result') return contentTokens(field(block, 'content'), reading);
  if (!reading.hasThinking && isThinking(type)) return 0;
  const source = field(block, 'source');
  const data = field(source, 'data');
  if (type === 'document' && field(source, 'type') === 'base64' && typeof data === 'string') {
    return reading.pdfPage * Math.max(1, data.length / PDF_PAGE_CHARS);
  }
  return jsonTokens(block, reading);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function jsonTokens(value: unknown, reading: Reading): number {
  return value === undefined ? 0 : textTokens(JSON.stringify(value), reading);
}

function textTokens(text: string, { charsPerToken, wide: perWide, longestRun }: Reading): number {
  let wide = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x2e7f) wide += 1;
  const repeated = longestRun < text.length ? surplus(text, longestRun) : 0;
  return (text.length - wide - repeated) / charsPerToken + wide * perWide;
}

function isWordCharacter(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** Characters that only repeat the ones before them, behind so many of the same. */
function surplus(text: string, longestRun: number): number {
  let repeated = 0;
  let run = 0;
  for (let at = 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    run = code === text.charCodeAt(at - 1) && !isWordCharacter(code) ? run + 1 : 0;
    if (run >= longestRun) repeated += 1;
  }
  return repeated;
}
