import { isBlock, type MessagesRequest, type ToolUseBlock } from '../../../core/messages.ts';
import { readMark } from '../../../core/provenance.ts';
import type { Target } from '../../../core/upstream.ts';
import { callIds } from '../../history/call-ids.ts';
import { callInputText } from '../../history/call-input.ts';
import { type Pairs, pair } from '../../history/pairs.ts';
import { withoutPrefill } from '../../history/prefill.ts';
import { systemTexts } from '../../history/system.ts';
import { NO_CONTENT } from '../../history/text.ts';
import type { ToolNames } from '../../history/tool-names.ts';
import { isWebSearch } from '../../history/tools.ts';
import { type Turn, turns } from '../../history/turns.ts';
import type { ChatMessage, Part, ToolCall } from './api.ts';
import { joined, parts } from './content.ts';
import { oneCallEach } from './one-call-each.ts';
import { ownDetails } from './own-details.ts';
import { wireToolId } from './tool-ids.ts';
import { INTERRUPTED, orphan, toolOutput } from './tool-results.ts';

/**
 * The system prompt and the conversation as chat messages. Depends on what is said, never on how far it has come.
 * @param form what the system prompt has to say about the form of the answer
 */
export function encodeMessages(
  request: MessagesRequest,
  names: ToolNames,
  target: Target,
  form?: string,
): ChatMessage[] {
  const conversation = turns(withoutPrefill(request));
  const pairs = pair(conversation);
  const ids = callIds(conversation, (id) => wireToolId(id, target.quirks.toolId));
  const out: ChatMessage[] = systemMessage(request, target, form);
  if (conversation[0]?.role !== 'user') out.push({ role: 'user', content: NO_CONTENT });
  let attached: Part[] = [];
  for (const turn of conversation) {
    if (turn.role === 'user') {
      const content = [...attached, ...userParts(turn, pairs, target)];
      attached = [];
      if (content.length > 0) out.push({ role: 'user', content: joined(content) });
      // Behind tool messages the user need not speak.
      else if (out.at(-1)?.role !== 'tool') out.push({ role: 'user', content: NO_CONTENT });
      continue;
    }
    if (attached.length > 0) out.push({ role: 'user', content: joined(attached) });
    attached = [];
    out.push(assistantMessage(turn, names, ids, target));
    for (const call of turn.blocks.filter((block) => isBlock(block, 'tool_use'))) {
      const result = pairs.resultOf(call);
      const output =
        result === undefined ? { text: INTERRUPTED, attached: [] } : toolOutput(result, target.quirks);
      out.push({
        role: 'tool',
        tool_call_id: ids.get(call) ?? '',
        content: output.text,
      });
      for (const part of output.attached) attached.push(part);
    }
  }
  if (attached.length > 0) out.push({ role: 'user', content: joined(attached) });
  return target.quirks.parallelHistory === false ? oneCallEach(out, target.quirks) : out;
}

/** A user's blocks without the results, which stand behind their calls already. */
function userParts(turn: Turn, pairs: Pairs, { quirks }: Target): Part[] {
  return turn.blocks.flatMap((block) => {
    if (!isBlock(block, 'tool_result')) return parts([block], quirks);
    return pairs.isPaired(block) ? [] : orphan(block, quirks);
  });
}

function assistantMessage(
  turn: Turn,
  names: ToolNames,
  ids: ReadonlyMap<ToolUseBlock, string>,
  target: Target,
): ChatMessage {
  const { quirks } = target;
  const calls: ToolCall[] = [];
  const said: Part[] = [];
  for (const block of turn.blocks) {
    if (isBlock(block, 'tool_use')) calls.push(toolCall(block, names, ids.get(block) ?? ''));
    else for (const part of parts([block], { ...quirks, vision: false, files: false })) said.push(part);
  }
  const text = said.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
  const nothing = calls.length > 0 ? (quirks.emptyContent ?? null) : NO_CONTENT;
  return {
    role: 'assistant',
    content: text === '' ? nothing : text,
    ...reasoning(turn, target),
    ...ownDetails(turn.blocks, ids, target),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function toolCall({ name, input }: ToolUseBlock, names: ToolNames, id: string): ToolCall {
  return {
    id,
    type: 'function',
    function: { name: names.wire(name), arguments: callInputText(input) },
  };
}

/**
 * The thinking that `target.provider` wrote itself, where it wants it back. Kimi refuses an assistant message without it
 * and an empty one, but takes a space (charmbracelet/crush#2696); DeepSeek wants it in every one (MoonshotAI/kimi-cli#2141).
 */
function reasoning(turn: Turn, target: Target): { reasoning_content?: string } {
  if (target.quirks.reasoningHistory?.(target.model) !== true) return {};
  const own = turn.blocks.flatMap((block) =>
    isBlock(block, 'thinking') && readMark(block.signature)?.provider === target.provider
      ? [block.thinking]
      : [],
  );
  return { reasoning_content: own.join('\n') || ' ' };
}

/** One message: Groq, Mistral and many templates take neither a list of parts nor a second one. */
function systemMessage(
  request: MessagesRequest,
  { quirks }: Target,
  form: string | undefined,
): ChatMessage[] {
  const hasSearch = quirks.webSearch !== undefined;
  const texts = [
    ...systemTexts(request, (tool) => hasSearch && isWebSearch(tool)),
    ...(form === undefined ? [] : [form]),
  ];
  return texts.length === 0 ? [] : [{ role: quirks.systemRole ?? 'system', content: texts.join('\n\n') }];
}
