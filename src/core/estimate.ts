import type { Block, MessagesRequest } from './messages.ts';

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

/** About how many input tokens a request has: system, tools, messages, images and documents; at least 1. */
export function estimateTokens(request: Partial<MessagesRequest>): number {
  const parts = [
    blocksTokens(request.system ?? ''),
    ...(request.tools ?? []).map((tool) => OVERHEAD_TOKENS + textTokens(JSON.stringify(tool))),
    ...(request.messages ?? []).map((message) => OVERHEAD_TOKENS + blocksTokens(message.content)),
  ];
  return Math.max(1, Math.ceil(parts.reduce((sum, part) => sum + part, 0)));
}

function blocksTokens(content: string | readonly Block[]): number {
  if (typeof content === 'string') return textTokens(content);
  if (!Array.isArray(content)) return textTokens(JSON.stringify(content) ?? '');
  return content.reduce((sum, block) => sum + OVERHEAD_TOKENS + blockTokens(block), 0);
}

function blockTokens(block: Block): number {
  if (block.type === 'image') return IMAGE_TOKENS;
  if (block.type === 'document') {
    const { source } = block as { source?: { type?: string; data?: unknown } };
    if (source?.type === 'base64' && typeof source.data === 'string') {
      return PDF_PAGE_TOKENS * Math.max(1, source.data.length / PDF_PAGE_CHARS);
    }
  }
  if (block.type === 'tool_result')
    return blocksTokens((block as { content?: string | Block[] }).content ?? '');
  return textTokens(JSON.stringify(block));
}

function textTokens(text: string): number {
  let wide = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x2e7f) wide += 1;
  return (text.length - wide) / CHARS_PER_TOKEN + wide;
}
