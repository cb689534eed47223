import { type Block, type DocumentBlock, type ImageBlock, isBlock } from '../../../core/messages.ts';
import type { Quirks } from '../../../core/upstream.ts';
import { render } from '../../history/foreign.ts';
import { filled } from '../../history/json.ts';
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
  if (block.type === 'thinking' || block.type === 'redacted_thinking') return [];
  return text(render(block));
}

function text(value: unknown): Part[] {
  return typeof value !== 'string' || value === '' ? [] : [{ type: 'text', text: clean(value) }];
}

function note(value: string): Part {
  return { type: 'text', text: value };
}

function image({ source }: ImageBlock, quirks: Quirks): Part {
  if (quirks.vision === false) return note('[image omitted: model has no vision]');
  switch (source?.type) {
    case 'base64':
      return { type: 'image_url', image_url: { url: `data:${source.media_type};base64,${source.data}` } };
    case 'url':
      return { type: 'image_url', image_url: { url: source.url } };
    default:
      return note('[image omitted: it is stored at another provider]');
  }
}

function document(block: DocumentBlock, quirks: Quirks): Part[] {
  const { source } = block;
  const head = [filled(block.title), filled(block.context)].filter((line) => line !== undefined);
  switch (source?.type) {
    case 'text':
      return text([...head, source.data].join('\n'));
    case 'content': {
      const inner: Block[] =
        typeof source.content === 'string'
          ? [{ type: 'text', text: source.content }]
          : (source.content ?? []);
      return [...text(head.join('\n')), ...parts(inner, quirks)];
    }
    case 'base64':
      if (quirks.files === true) {
        const filename = filled(block.title) ?? 'document.pdf';
        return [
          { type: 'file', file: { filename, file_data: `data:${source.media_type};base64,${source.data}` } },
        ];
      }
      return [
        note(`[${[...head, source.media_type].join(', ')}: document omitted, the model cannot read it]`),
      ];
    case 'url':
      return [note(`[${[...head, source.url].join(', ')}: document not attached]`)];
    default:
      return [note(`[${[...head, 'document'].join(', ')} omitted: it is stored at another provider]`)];
  }
}

/** Text parts joined to one string where there is nothing else: strict templates know no lists. */
export function joined(content: readonly Part[]): string | Part[] {
  const texts = content.flatMap((item) => (item.type === 'text' ? [item.text] : []));
  return texts.length === content.length ? texts.join('\n\n') : [...content];
}
