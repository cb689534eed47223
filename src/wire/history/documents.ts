import { filled, isObject } from '../../core/json.ts';
import type { Block, DocumentBlock } from '../../core/messages.ts';

/** A document for a model that reads none: its texts and images where it consists of such, otherwise a word about it. */
export function documentBlocks({ source, title, context }: DocumentBlock): Block[] {
  const head = [filled(title), filled(context)].filter((line) => line !== undefined);
  const text = (value: string): Block => ({ type: 'text', text: value });
  switch (source?.type) {
    case 'text':
      return [text([...head, source.data].join('\n'))];
    case 'content': {
      const { content } = source;
      const inner =
        typeof content === 'string' ? [text(content)] : (content ?? []).filter((block) => isObject(block));
      return [text(head.join('\n')), ...inner];
    }
    case 'base64':
      return [
        text(`[${[...head, source.media_type].join(', ')}: document omitted, the model cannot read it]`),
      ];
    case 'url':
      return [text(`[${[...head, source.url].join(', ')}: document not attached]`)];
    default:
      return [text(`[${[...head, 'document'].join(', ')} omitted: it is stored at another provider]`)];
  }
}
