import type { FailureKind } from '../../core/failure.ts';
import type { StopReason } from '../../core/messages.ts';
import { failure } from './failure.ts';

/** What came out of an answer, for saying how it ended. */
export interface Content {
  /** The upstream's finish reason; undefined when it gave none. */
  reason: string | undefined;
  hasText: boolean;
  hasTool: boolean;
  hasThinking: boolean;
  /** The model refused in a field of its own (OpenAI's `refusal`). */
  refused: boolean;
}

/**
 * What upstreams of any dialect say, in small letters → stop reason. What is not here, and no failure, is a normal end: so
 * is `tool_use` without a call, and `pause_turn`, which nobody but Anthropic can go on from.
 */
const STOP_REASONS = new Map<string, StopReason>(
  Object.entries({
    length: 'max_tokens',
    max_tokens: 'max_tokens',
    max_output_tokens: 'max_tokens',
    model_length: 'model_context_window_exceeded',
    model_context_window_exceeded: 'model_context_window_exceeded',
    content_filter: 'refusal',
    sensitive: 'refusal',
    safety: 'refusal',
    recitation: 'refusal',
    blocklist: 'refusal',
    prohibited_content: 'refusal',
    spii: 'refusal',
    refusal: 'refusal',
    stop_sequence: 'stop_sequence',
    guardrail_intervened: 'refusal',
  }),
);

function mappedOf(reason: string | undefined): StopReason | undefined {
  return STOP_REASONS.get(reason?.toLowerCase() ?? '');
}

/** True for the finish reasons of an answer that its length cut off, wherever it was. */
export function isLimit(reason: string | undefined): boolean {
  const mapped = mappedOf(reason);
  return mapped === 'max_tokens' || mapped === 'model_context_window_exceeded';
}

/** Finish reasons with which an upstream says that it failed: DeepSeek's, GLM's, OpenRouter's, vLLM's, Google's. */
const FAILURES = new Map<string, FailureKind>(
  Object.entries({
    error: 'server_error',
    network_error: 'server_error',
    server_error: 'server_error',
    insufficient_system_resource: 'overloaded',
    abort: 'cut',
    aborted: 'cut',
    cancelled: 'cut',
    malformed_function_call: 'fumbled',
    'function_call_filter: malformed_function_call': 'fumbled',
    unexpected_tool_call: 'fumbled',
  }),
);

/** @throws AttemptError when `reason` is a failure. */
export function refuseFailure(reason: string): void {
  const kind = FAILURES.get(reason.toLowerCase());
  if (kind !== undefined) throw failure(kind, `the upstream ended its answer with "${reason}"`);
}

/**
 * The stop reason of a complete answer. A call decides whatever the upstream says: Gemini and Ollama say `stop` with one.
 * Without one it is never `tool_use`: Claude Code would complain to the model of a malformed call (measured with 2.1.197).
 * @throws AttemptError for an answer that is none: clients show an empty result for thinking alone.
 */
export function stopReason({ reason, hasText, hasTool, hasThinking, refused }: Content): StopReason {
  if (hasTool) return 'tool_use';
  const mapped = mappedOf(reason) ?? (refused ? 'refusal' : 'end_turn');
  if (isLimit(reason) || hasText) return mapped;
  if (mapped === 'refusal') {
    throw failure('rejected', "the upstream's content filter withheld the answer");
  }
  const what = hasThinking ? 'thinking alone' : 'no content';
  throw failure('empty', `the answer had ${what}`);
}
