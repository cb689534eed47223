import type { MessagesRequest } from './messages.ts';

/**
 * Characters per token of prose and JSON as Claude's tokenizers see them. Chosen low, so that the count is rather too
 * high: a client that compacts too early loses little, one that compacts too late loses the turn (BerriAI/litellm#37102).
 */
const CHARS_PER_TOKEN = 3.2;
/** Tokens of an image of the largest size that is not scaled down. Source: the vision page of the API reference. */
const IMAGE_TOKENS = 1600;
/** Tokens of a page of a PDF, text and picture together, at the upper end. Source: the PDF page of the API reference. */
const PDF_PAGE_TOKENS = 3000;
/** Bytes of base64 that an average page of a PDF takes. */
const PDF_PAGE_CHARS = 100_000;
/** What every message, block and tool costs beside its text. */
const OVERHEAD_TOKENS = 4;

/**
 * About how many input tokens a request has: system, tools, messages, images and documents; at least 1. What has not the
 * shape of the API is counted as the text it is.
 */
export function estimateTokens(request: Partial<MessagesRequest>): number {
  const known = ESTIMATES.get(request);
  if (known !== undefined) return known;
  const estimated = estimate(request);
  ESTIMATES.set(request, estimated);
  return estimated;
}

/** One request is asked about by every upstream that it is translated for. */
const ESTIMATES = new WeakMap<object, number>();

function estimate(request: Partial<MessagesRequest>): number {
  const parts = [
    contentTokens(request.system),
    ...listOf(request.tools).map((tool) => OVERHEAD_TOKENS + jsonTokens(tool)),
    ...listOf(request.messages).map((message) => OVERHEAD_TOKENS + contentTokens(field(message, 'content'))),
  ];
  return Math.max(1, Math.ceil(parts.reduce((sum, part) => sum + part, 0)));
}

function contentTokens(content: unknown): number {
  if (typeof content === 'string') return textTokens(content);
  if (!Array.isArray(content)) return jsonTokens(content);
  return content.reduce<number>((sum, block) => sum + OVERHEAD_TOKENS + blockTokens(block), 0);
}

function blockTokens(block: unknown): number {
  const type = field(block, 'type');
  if (type === 'image') return IMAGE_TOKENS;
  if (type === 'tool_result') return contentTokens(field(block, 'content'));
  const source = field(block, 'source');
  const data = field(source, 'data');
  if (type === 'document' && field(source, 'type') === 'base64' && typeof data === 'string') {
    return PDF_PAGE_TOKENS * Math.max(1, data.length / PDF_PAGE_CHARS);
  }
  return jsonTokens(block);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function jsonTokens(value: unknown): number {
  return value === undefined ? 0 : textTokens(JSON.stringify(value));
}

function textTokens(text: string): number {
  let wide = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x2e7f) wide += 1;
  return (text.length - wide) / CHARS_PER_TOKEN + wide;
}
