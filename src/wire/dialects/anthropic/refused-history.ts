import type { Amendment } from '../../../core/failure.ts';
import { isSignatureRefused } from '../../errors/amend.ts';

/**
 * What Anthropic says of calls without results, results without calls, ids that come twice or are malformed, and inputs that
 * are no objects (anthropics/claude-code#1237, #18947 and #6696, langchain-ai/langchain#29637).
 */
const CALLS: readonly RegExp[] = [
  /`tool_use` ids were found without `tool_result` blocks/,
  /unexpected `tool_use_id` found in `tool_result` blocks/,
  /each tool_use must have a single result/,
  /`tool_use` ids must be unique/,
  /\btool_use\.(?:id|input): /,
  /\btool_result\.tool_use_id: /,
];

/** How Anthropic would take a history that it refused with these words; undefined where they are about something else. */
export function historyAmendment(message: string): Amendment | undefined {
  if (isSignatureRefused(message)) return { thinkingHistory: false };
  return CALLS.some((said) => said.test(message)) ? { pairedHistory: true } : undefined;
}
