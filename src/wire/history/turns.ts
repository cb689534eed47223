import { isObject } from '../../core/json.ts';
import {
  type Block,
  isBlock,
  isThinking,
  type MessageParam,
  type MessagesRequest,
} from '../../core/messages.ts';
import { isBlank } from './text.ts';

/** Everything one side said until the other spoke. */
export interface Turn {
  role: 'user' | 'assistant';
  blocks: Block[];
}

/**
 * The conversation as strictly alternating turns without empty ones. `role: "system"` inside it (beta
 * mid-conversation-system) is folded the way Claude Code itself does when that is refused: a reminder inside the
 * neighbouring user message, before the user's own text (measured with 2.1.197). The user message before it is preferred,
 * so that a conversation that grows keeps its beginning.
 */
export function turns(request: MessagesRequest): Turn[] {
  const out: Draft[] = [];
  let waiting: Block[] = [];
  for (const message of request.messages ?? []) {
    const blocks = spoken(blocksOf(message));
    const last = out.at(-1);
    if (message.role === 'system') {
      (last?.role === 'user' ? last.reminders : waiting).push(...reminders(blocks));
    } else if (blocks.length > 0) {
      if (last?.role === message.role && waiting.length === 0) {
        for (const block of blocks) last.blocks.push(block);
        continue;
      }
      if (message.role === 'assistant' && waiting.length > 0) {
        out.push({ role: 'user', blocks: [], reminders: waiting });
        waiting = [];
      }
      out.push({ role: message.role, blocks, reminders: waiting });
      waiting = [];
    }
  }
  if (waiting.length > 0) out.push({ role: 'user', blocks: [], reminders: waiting });
  return out.map((draft) => ({ role: draft.role, blocks: withoutRepeats(withReminders(draft)) }));
}

/** A turn, and what stood beside it in the name of the system. */
interface Draft extends Turn {
  reminders: Block[];
}

/** The same call again in one turn is no second one: Claude Code drops it, too (measured with 2.1.197). */
function withoutRepeats(blocks: Block[]): Block[] {
  const calls = blocks.filter((block) => isBlock(block, 'tool_use'));
  if (new Set(calls.map(({ id }) => id)).size === calls.length) return blocks;
  const seen = new Set<string>();
  return blocks.filter((block) => {
    if (!isBlock(block, 'tool_use')) return true;
    const call = JSON.stringify([block.id, block.name, block.input]);
    const isFresh = !seen.has(call);
    seen.add(call);
    return isFresh;
  });
}

function blocksOf({ content }: MessageParam): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter((block) => isObject(block)).map(named) : [];
}

/** A call that lost its id on the way still is one. */
function named(block: Block): Block {
  return isBlock(block, 'tool_use') && typeof block.id !== 'string' ? { ...block, id: '' } : block;
}

/** Without blank texts, which the API refuses like empty ones; nothing at all where only thoughts are left. */
function spoken(blocks: readonly Block[]): Block[] {
  const kept = blocks.filter((block) => !isBlock(block, 'text') || !isBlank(block.text));
  return kept.every(({ type }) => isThinking(type)) ? [] : kept;
}

function reminders(blocks: readonly Block[]): Block[] {
  const text = blocks.flatMap((block) => (isBlock(block, 'text') ? [block.text] : [])).join('\n\n');
  return text === '' ? [] : [{ type: 'text', text: `<system-reminder>\n${text}\n</system-reminder>` }];
}

/** Before the user's own words, behind reminders that are there already. */
function withReminders({ blocks, reminders }: Draft): Block[] {
  if (reminders.length === 0) return blocks;
  const found = blocks.findIndex(
    (block) => isBlock(block, 'text') && !block.text.startsWith('<system-reminder>'),
  );
  const at = found === -1 ? blocks.length : found;
  return [...blocks.slice(0, at), ...reminders, ...blocks.slice(at)];
}
