import type { JsonObject, MessagesRequest } from '../../../core/messages.ts';
import type { Target } from '../../../core/upstream.ts';
import { effortFor, wantsThinking } from '../../history/effort.ts';
import type { ChatToolChoice } from './api.ts';

/** The fields that tell the model to think, and how hard, or not to: Chat Completions has no common ones for that. */
export function encodeThinking(
  request: MessagesRequest,
  choice: ChatToolChoice | undefined,
  { model, quirks, facts = {} }: Target,
): JsonObject {
  const mayThink = wantsThinking(request) && !isForced(choice);
  // An effort beside what turns thinking off is refused (routatic/proxy#26, DeepSeek).
  const off = mayThink ? undefined : quirks.thinkingOff?.(model, facts);
  if (off !== undefined) return off;
  const effort = effortFor(request, quirks.efforts?.(model, facts) ?? []);
  return {
    ...(mayThink ? quirks.thinkingOn?.(model, facts) : {}),
    ...(effort === undefined ? {} : asField(effort, quirks.effortIn)),
  };
}

function asField(effort: string, where: 'reasoning_effort' | 'reasoning' = 'reasoning_effort'): JsonObject {
  return where === 'reasoning' ? { reasoning: { effort } } : { reasoning_effort: effort };
}

/** A model that is made to call a tool has nothing to think about first: DeepSeek and Kimi refuse both together. */
function isForced(choice: ChatToolChoice | undefined): boolean {
  return choice !== undefined && choice !== 'auto' && choice !== 'none';
}
