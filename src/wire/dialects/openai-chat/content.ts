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
import { clean } from '../../history/text.ts';
import type { Part } from './api.ts';

/** `blocks` as parts of a user message, in their order; nothing for empty texts and for thinking. */
export function parts(blocks: readonly Block[], quirks: Quirks): Part[] {
  return blocks.flatMap((block) => part(block, quirks));
}

function part(block: Block, quirks: Quirks): Part[] {
  if (isBlock(block, 'text')) return text(block.text);
  if (isBlock(block, 'image')) return [image(block, quirks)];
  if (isBlock(block, 'document')) return document(block, quirks);
  if (isThinking(block.type)) return [];
  return text(render(block));
}

function text(value: unknown): Part[] {
  const words = typeof value === 'string' ? clean(value) : '';
  return words === '' ? [] : [{ type: 'text', text: words }];
}

function note(value: string): Part {
  return { type: 'text', text: value };
}

function image({ source }: ImageBlock, quirks: Quirks): Part {
  if (quirks.vision === false) return note('[image omitted: model has no vision]');
  switch (source?.type) {
    case 'base64': {
      const read = imageType(source.media_type);
      if ('note' in read) return note(read.note);
      return { type: 'image_url', image_url: { url: `data:${read.type};base64,${source.data}` } };
    }
    case 'url':
      return { type: 'image_url', image_url: { url: source.url } };
    default:
      return note('[image omitted: it is stored at another provider]');
  }
}

function document(block: DocumentBlock, quirks: Quirks): Part[] {
  const { source } = block;
  if (source?.type !== 'base64' || quirks.files !== true) return parts(documentBlocks(block), quirks);
  const filename = filled(block.title) ?? 'document.pdf';
  return [{ type: 'file', file: { filename, file_data: `data:${source.media_type};base64,${source.data}` } }];
}

/** Text parts joined to one string where there is nothing else: strict templates know no lists. */
export function joined(content: readonly Part[]): string | Part[] {
  const texts = content.flatMap((item) => (item.type === 'text' ? [item.text] : []));
  return texts.length === content.length ? texts.join('\n\n') : [...content];
}
