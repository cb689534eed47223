import type { MessagesRequest } from './messages.ts';
import { shortHash } from './short-hash.ts';

/** Blocks of text that the client adds by itself, and may change from one request to the next. */
const REMINDER = '<system-reminder>';

/**
 * What tells a conversation from others of the same session: titles, searches and checks go by its name, too, with other
 * words, another model, or without its tools. The user's first words stay for as long as it is not compacted.
 */
export function conversationOf({ model, messages, tools }: MessagesRequest): string {
  const first = messages.find(({ role }) => role === 'user');
  const blocks =
    typeof first?.content === 'string' ? [{ type: 'text', text: first.content }] : first?.content;
  const texts = (blocks ?? []).flatMap((block) =>
    'text' in block && typeof block.text === 'string' ? [block.text] : [],
  );
  const own = texts.filter((text) => !text.startsWith(REMINDER));
  const hasTools = Array.isArray(tools) && tools.length > 0;
  return shortHash(JSON.stringify([model, hasTools, own.length > 0 ? own : texts]));
}
