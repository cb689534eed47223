import { type Block, isBlock, type ToolResultBlock, type ToolUseBlock } from '../../core/messages.ts';
import type { Turn } from './turns.ts';

/** Which result answers which call, by the blocks themselves: ids may be used again in a later turn. */
export interface Pairs {
  /** The result of `call`, wherever in the conversation it stands; undefined when there is none. */
  resultOf(call: ToolUseBlock): ToolResultBlock | undefined;
  /** True for a result that answers a call, or says again what another did: it is not shown as text. */
  isPaired(result: ToolResultBlock): boolean;
}

/** Pairs every call of the assistant with the first result of its id that the user gives after it. */
export function pair(turns: readonly Turn[]): Pairs {
  const results = new Map<ToolUseBlock, ToolResultBlock>();
  const paired = new Set<ToolResultBlock>();
  const latest = new Map<string, ToolUseBlock>();
  const see = (block: Block, role: Turn['role']) => {
    if (role === 'assistant' && isBlock(block, 'tool_use')) latest.set(block.id, block);
    if (role === 'assistant' || !isBlock(block, 'tool_result')) return;
    const call = latest.get(block.tool_use_id);
    if (call === undefined) return;
    paired.add(block);
    if (!results.has(call)) results.set(call, block);
  };
  for (const { role, blocks } of turns) for (const block of blocks) see(block, role);
  return {
    resultOf: (call) => results.get(call),
    isPaired: (result) => paired.has(result),
  };
}
