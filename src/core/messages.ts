/**
 * The Anthropic Messages API as ccproxy reads it: only the fields it uses, everything else carried along untouched.
 * Source: the Messages API reference and the shapes measured from the real client.
 */

/** A JSON value of which nothing is known. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
/** A JSON object of which nothing is known. */
export type JsonObject = { [key: string]: Json };

export interface TextBlock {
  type: 'text';
  text: string;
}
export interface ImageBlock {
  type: 'image';
  source:
    | { type: 'base64'; media_type: string; data: string }
    | { type: 'url'; url: string }
    | { type: 'file'; file_id: string };
}
export interface DocumentBlock {
  type: 'document';
  source:
    | { type: 'base64'; media_type: string; data: string }
    | { type: 'text'; media_type?: string; data: string }
    | { type: 'content'; content: string | Block[] }
    | { type: 'url'; url: string }
    | { type: 'file'; file_id: string };
  title?: string | null;
  context?: string | null;
}
export interface ToolUseBlock {
  type: 'tool_use';
  id: string;
  name: string;
  /** An object by the API's rules; clients replay double-encoded inputs as strings, so anything may stand here. */
  input: Json;
}
export interface ToolResultBlock {
  type: 'tool_result';
  tool_use_id: string;
  content?: string | Block[];
  is_error?: boolean;
}
export interface ThinkingBlock {
  type: 'thinking';
  thinking: string;
  signature?: string;
}
export interface RedactedThinkingBlock {
  type: 'redacted_thinking';
  data: string;
}
/** Any block ccproxy has no type for (server tools, search results, what comes next year). */
export interface OtherBlock {
  type: string & { readonly other?: never };
  [key: string]: unknown;
}
export type KnownBlock =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | ToolUseBlock
  | ToolResultBlock
  | ThinkingBlock
  | RedactedThinkingBlock;
export type Block = KnownBlock | OtherBlock;

/** True when `block` is of the known type `type`; narrows it. */
export function isBlock<T extends KnownBlock['type']>(
  block: Block,
  type: T,
): block is Extract<KnownBlock, { type: T }> {
  return block.type === type;
}

/** True for the types of blocks that hold thoughts, readable or not. */
export function isThinking(type: unknown): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}

export interface MessageParam {
  /** `system` stands inside `messages` under the beta mid-conversation-system-2026-04-07. */
  role: 'user' | 'assistant' | 'system';
  content: string | Block[];
}
export interface ToolParam {
  /** Absent or `custom` for a tool with a schema; anything else is a typed (server or client) tool. */
  type?: string;
  name: string;
  description?: string;
  input_schema?: JsonObject;
  [key: string]: unknown;
}
export type ToolChoice =
  | { type: 'auto'; disable_parallel_tool_use?: boolean }
  | { type: 'any'; disable_parallel_tool_use?: boolean }
  | { type: 'tool'; name: string; disable_parallel_tool_use?: boolean }
  | { type: 'none' };

/** The body of `POST /v1/messages`. */
export interface MessagesRequest {
  model: string;
  messages: MessageParam[];
  system?: string | TextBlock[];
  tools?: ToolParam[];
  tool_choice?: ToolChoice;
  max_tokens: number;
  stream?: boolean;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  stop_sequences?: string[];
  thinking?: { type: string; budget_tokens?: number; display?: string };
  output_config?: { effort?: string; format?: JsonObject; [key: string]: unknown };
  /** Where `output_config.format` stood before. */
  output_format?: JsonObject | null;
  metadata?: { user_id?: string | null };
  [key: string]: unknown;
}

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

/** Token counts; always integers, never null (the client concatenates strings and adds NaN). */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens?: number;
  cache_read_input_tokens?: number;
}

/** A whole answer: the body of a non-streaming response. */
export interface Message {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: Block[];
  stop_reason: StopReason | null;
  stop_sequence: string | null;
  usage: Usage;
}

export type Delta =
  | { type: 'text_delta'; text: string }
  | { type: 'thinking_delta'; thinking: string }
  | { type: 'signature_delta'; signature: string }
  | { type: 'input_json_delta'; partial_json: string };

/** One event of a streamed answer. */
export type StreamEvent =
  | { type: 'message_start'; message: Message }
  | { type: 'content_block_start'; index: number; content_block: Block }
  | { type: 'content_block_delta'; index: number; delta: Delta }
  | { type: 'content_block_stop'; index: number }
  | {
      type: 'message_delta';
      delta: { stop_reason: StopReason | null; stop_sequence: string | null };
      usage: Partial<Usage>;
    }
  | { type: 'message_stop' }
  | { type: 'ping' }
  | { type: 'error'; error: ApiError };

/** Error types of the Messages API. */
export type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'api_error'
  | 'overloaded_error';
export interface ApiError {
  type: ApiErrorType;
  message: string;
}
