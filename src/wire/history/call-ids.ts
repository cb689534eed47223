import { isBlock, type ToolUseBlock } from '../../core/messages.ts';
import type { Turn } from './turns.ts';

/**
 * An id of its own for each call: clients and other proxies let ids come again in a later turn, or twice in one. Depends on
 * what was said before alone, so that a conversation that grows keeps its beginning.
 * @param wire makes an id one that the upstream takes; different ones stay different
 */
export function callIds(
  conversation: readonly Turn[],
  wire: (id: string) => string,
): ReadonlyMap<ToolUseBlock, string> {
  const ids = new Map<ToolUseBlock, string>();
  const used = new Set<string>();
  for (const { role, blocks } of conversation) {
    for (const block of role === 'assistant' ? blocks : []) {
      if (!isBlock(block, 'tool_use')) continue;
      ids.set(block, ownId(block.id, used, wire));
    }
  }
  return ids;
}

/**
 * The id of the next call of a conversation, which is added to those in use.
 * @param used the ids of the calls before it
 * @param wire makes an id one that the upstream takes; different ones stay different
 */
export function ownId(id: string, used: Set<string>, wire: (id: string) => string): string {
  const first = wire(id);
  let own = first;
  for (let salt = used.size; used.has(own); salt += 1) own = wire(`${first}:${salt}`);
  used.add(own);
  return own;
}
