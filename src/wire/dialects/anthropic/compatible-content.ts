import { filled } from '../../../core/json.ts';
import {
  type Block,
  type DocumentBlock,
  type ImageBlock,
  isBlock,
  isThinking,
} from '../../../core/messages.ts';
import type { Quirks } from '../../../core/quirks.ts';
import { documentBlocks } from '../../history/documents.ts';
import { render } from '../../history/foreign.ts';
import { imageType } from '../../history/image-type.ts';
import { clean, isBlank } from '../../history/text.ts';

/**
 * A block as every server of the API takes it: text, images and documents in their plainest form, without cache marks and
 * citations; what only Anthropic knows as text. Nothing for thinking and for blank texts.
 */
export function plainBlocks(block: Block, quirks: Quirks): Block[] {
  if (isBlock(block, 'text')) return text(block.text);
  if (isBlock(block, 'image')) return [image(block, quirks)];
  if (isBlock(block, 'document')) return document(block, quirks);
  if (isThinking(block.type)) return [];
  return text(render(block));
}

/**
 * One text instead of several in a row, because Ollama joins them without anything between them; a string where there is
 * nothing else, which the simplest servers expect.
 */
export function compacted(blocks: readonly Block[]): string | Block[] {
  const out: Block[] = [];
  for (const block of blocks) {
    const last = out.at(-1);
    if (last !== undefined && isBlock(last, 'text') && isBlock(block, 'text') && !('cache_control' in last)) {
      out[out.length - 1] = { ...block, text: `${last.text}\n\n${block.text}` };
    } else out.push(block);
  }
  const [only, ...others] = out;
  const isString = only !== undefined && isBlock(only, 'text') && !('cache_control' in only);
  return isString && others.length === 0 ? only.text : out;
}

function text(value: unknown): Block[] {
  return isBlank(value) ? [] : [{ type: 'text', text: clean(String(value)) }];
}

function note(value: string): Block {
  return { type: 'text', text: value };
}

function image({ source }: ImageBlock, quirks: Quirks): Block {
  if (quirks.vision === false) return note('[image omitted: model has no vision]');
  switch (source?.type) {
    case 'base64': {
      const read = imageType(source.media_type);
      if ('note' in read) return note(read.note);
      return { type: 'image', source: { type: 'base64', media_type: read.type, data: source.data } };
    }
    case 'url':
      if (quirks.imageUrls !== true) return note(`[image not attached: ${source.url}]`);
      return { type: 'image', source: { type: 'url', url: source.url } };
    default:
      return note('[image omitted: it is stored at another provider]');
  }
}

function document(block: DocumentBlock, quirks: Quirks): Block[] {
  const { source } = block;
  if (source?.type !== 'base64' || quirks.files !== true) {
    return documentBlocks(block).flatMap((inner) => plainBlocks(inner, quirks));
  }
  const { media_type, data } = source;
  const title = filled(block.title);
  return [{ type: 'document', source: { type: 'base64', media_type, data }, ...(title ? { title } : {}) }];
}
