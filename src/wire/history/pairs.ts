import { type Block, isBlock, type ToolResultBlock, type ToolUseBlock } from '../../core/messages.ts';
import type { Turn } from './turns.ts';

/** Which result answers which call, by the blocks themselves: ids may be used again in a later turn, or in the same one. */
export interface Pairs {
  /** The result of `call`, wherever in the conversation it stands; undefined when there is none. */
  resultOf(call: ToolUseBlock): ToolResultBlock | undefined;
  /** True for a result that answers a call, or says again what another did: it is not shown as text. */
  isPaired(result: ToolResultBlock): boolean;
}

/** The calls of one id in the latest turn that has any, and how many of them have their result. */
interface Namesakes {
  turn: Turn;
  calls: ToolUseBlock[];
  answered: number;
}

/** Pairs every call of the assistant with the first result of its id that the user gives after it and that no call before it took. */
export function pair(turns: readonly Turn[]): Pairs {
  const results = new Map<ToolUseBlock, ToolResultBlock>();
  const paired = new Set<ToolResultBlock>();
  const latest = new Map<string, Namesakes>();
  const see = (block: Block, turn: Turn) => {
    if (turn.role === 'assistant') {
      if (!isBlock(block, 'tool_use')) return;
      const known = latest.get(block.id);
      if (known?.turn === turn) known.calls.push(block);
      else latest.set(block.id, { turn, calls: [block], answered: 0 });
      return;
    }
    const known = isBlock(block, 'tool_result') ? latest.get(block.tool_use_id) : undefined;
    if (known === undefined || !isBlock(block, 'tool_result')) return;
    paired.add(block);
    const call = known.calls[known.answered];
    if (call === undefined) return;
    results.set(call, block);
    known.answered += 1;
  };
  for (const turn of turns) for (const block of turn.blocks) see(block, turn);
  return {
    resultOf: (call) => results.get(call),
    isPaired: (result) => paired.has(result),
  };
}
