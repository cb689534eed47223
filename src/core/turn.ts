import { field } from './json.ts';
import type { MessagesRequest } from './messages.ts';

/**
 * Whether a request begins a turn: what comes last is the user's own words, and neither the answer to a tool nor the
 * beginning of the model's own answer. Claude Code puts text of its own beside a tool's result, in the same message or in a
 * `system` message behind it (measured): that begins nothing. False for what has not the shape of the API.
 */
export function isTurnBoundary(request: Pick<MessagesRequest, 'messages'>): boolean {
  const messages = field(request, 'messages');
  if (!Array.isArray(messages)) return false;
  let isUsers = false;
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const role = field(messages[at], 'role');
    if (role === 'system') continue;
    // Neighbours of one role are one message to the API: all of them decide.
    if (role !== 'user') break;
    if (holdsToolResult(field(messages[at], 'content'))) return false;
    isUsers = true;
  }
  return isUsers;
}

function holdsToolResult(content: unknown): boolean {
  return Array.isArray(content) && content.some((block) => field(block, 'type') === 'tool_result');
}
