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
      const id = wire(block.id);
      let own = id;
      for (let salt = used.size; used.has(own); salt += 1) own = wire(`${id}:${salt}`);
      used.add(own);
      ids.set(block, own);
    }
  }
  return ids;
}
