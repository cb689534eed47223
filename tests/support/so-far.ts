import { type Answer, type AnswerBlock, answer } from '../../src/drill/answers.ts';
import { eventsOf, framesOf } from './relay.ts';

/** The first events of an answer, apart so that what has content goes out before the rest comes. */
export function opening(said: Answer, count: number): string[] {
  return eventsOf(said).slice(0, count);
}

/** What a client has of an answer that is not complete. */
export interface SoFar {
  texts: string[];
  /** Types of all blocks that were begun, in order. */
  types: string[];
  /** Type of the block that is open. */
  open: string | null;
  hasContent: boolean;
  /** `message_delta` came. */
  ending: boolean;
}

export function soFar(events: readonly string[]): SoFar {
  const state: SoFar = { texts: [], types: [], open: null, hasContent: false, ending: false };
  for (const { event } of framesOf(Buffer.from(events.join('')))) {
    if (event.type === 'content_block_start') {
      const { type } = event.content_block;
      state.types.push(type);
      state.open = type;
      state.hasContent ||= type === 'tool_use';
      if (type === 'text') state.texts.push('');
    } else if (event.type === 'content_block_delta') {
      state.hasContent = true;
      if (event.delta.type === 'text_delta')
        state.texts.push(`${state.texts.pop() ?? ''}${event.delta.text}`);
    } else if (event.type === 'content_block_stop') state.open = null;
    else if (event.type === 'message_delta') state.ending = true;
  }
  return state;
}

/** How a model goes on: from the words it is asked to repeat, from where it was without any, or from the start again. */
export const STYLES = ['repeats the anchor', 'says only the rest', 'says all again'] as const;
export type Style = (typeof STYLES)[number];

/** What a model says that goes on with `whole`; null when it has nothing to say. */
export function goingOn(whole: Answer, { texts, open }: SoFar, style: Style, anchor: string): Answer | null {
  const words = whole.blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const rest = whole.blocks.filter(({ type }) => type === 'tool_use');
  const isOpen = open === 'text';
  const at = texts.length - 1;
  const current = words[at] ?? '';
  const left = isOpen ? current.slice((texts[at] ?? '').length) : '';
  const later = words.slice(at + 1);
  const said: Record<Style, string[]> = {
    'repeats the anchor': [
      [anchor + current.slice((texts[at] ?? '').trimEnd().length), ...later].join('\n\n'),
    ],
    'says only the rest': [left, ...later].filter((text) => text !== ''),
    'says all again': words,
  };
  const blocks: AnswerBlock[] = [
    ...said[style].map((text): AnswerBlock => ({ type: 'text', text })),
    ...rest,
  ];
  return blocks.length === 0 ? null : answer(blocks);
}

/** The words that a request to go on asks to have repeated; undefined for any other request. */
export function anchorIn(body: string): string | undefined {
  const { messages } = JSON.parse(body) as { messages: { content: unknown }[] };
  const last = JSON.stringify(messages.at(-1)?.content);
  const match = /<last_words>\\n(.*)\\n<\/last_words>/.exec(last);
  return match?.[1] === undefined ? undefined : (JSON.parse(`"${match[1]}"`) as string);
}
