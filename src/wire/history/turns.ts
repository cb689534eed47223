import { type Block, isBlock, type MessageParam, type MessagesRequest } from '../../core/messages.ts';
import { isObject } from './json.ts';
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
  const out: Turn[] = [];
  let waiting: Block[] = [];
  for (const message of request.messages ?? []) {
    const blocks = spoken(blocksOf(message));
    const last = out.at(-1);
    if (message.role === 'system') {
      const reminder = reminders(blocks);
      if (last?.role === 'user') insertReminder(last.blocks, reminder);
      else waiting.push(...reminder);
    } else if (blocks.length > 0) {
      if (waiting.length > 0) {
        if (message.role === 'user') insertReminder(blocks, waiting);
        else out.push({ role: 'user', blocks: waiting });
        waiting = [];
      }
      const before = out.at(-1);
      if (before?.role === message.role) before.blocks.push(...blocks);
      else out.push({ role: message.role, blocks });
    }
  }
  if (waiting.length > 0) out.push({ role: 'user', blocks: waiting });
  return out.map(({ role, blocks }) => ({ role, blocks: withoutRepeats(blocks) }));
}

/** A second call with the same id in one turn could not be answered: Claude Code drops it, too (measured with 2.1.197). */
function withoutRepeats(blocks: Block[]): Block[] {
  const ids = new Set<string>();
  return blocks.filter((block) => {
    if (!isBlock(block, 'tool_use')) return true;
    const fresh = !ids.has(block.id);
    ids.add(block.id);
    return fresh;
  });
}

function blocksOf({ content }: MessageParam): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter((block) => isObject(block)) : [];
}

/** Without blank texts, which the API refuses like empty ones; nothing at all where only thoughts are left. */
function spoken(blocks: readonly Block[]): Block[] {
  const kept = blocks.filter((block) => !isBlock(block, 'text') || !isBlank(block.text));
  return kept.every((block) => block.type === 'thinking' || block.type === 'redacted_thinking') ? [] : kept;
}

function reminders(blocks: readonly Block[]): Block[] {
  const text = blocks.flatMap((block) => (isBlock(block, 'text') ? [block.text] : [])).join('\n\n');
  return text === '' ? [] : [{ type: 'text', text: `<system-reminder>\n${text}\n</system-reminder>` }];
}

/** Before the user's own words, behind reminders that are there already. */
function insertReminder(blocks: Block[], reminder: readonly Block[]): void {
  const at = blocks.findIndex(
    (block) => isBlock(block, 'text') && !block.text.startsWith('<system-reminder>'),
  );
  blocks.splice(at === -1 ? blocks.length : at, 0, ...reminder);
}
