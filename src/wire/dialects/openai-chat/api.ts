import type { JsonObject } from '../../../core/messages.ts';

/**
 * Chat Completions as ccproxy writes and reads it. Source: OpenAI's API reference; what other servers make of it is said
 * where it is read.
 */

export type Part =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string } }
  | { type: 'file'; file: { filename: string; file_data: string } };

export interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

export type ChatMessage =
  | { role: 'system' | 'developer'; content: string }
  | { role: 'user'; content: string | Part[] }
  | {
      role: 'assistant';
      content: string | null;
      reasoning_content?: string;
      reasoning_details?: JsonObject[];
      tool_calls?: ToolCall[];
    }
  | { role: 'tool'; tool_call_id: string; content: string };

export interface ChatTool {
  type: 'function';
  function: { name: string; description?: string; parameters: JsonObject };
}

export type ChatToolChoice = string | { type: 'function'; function: { name: string } };

/** The body of `POST /chat/completions`. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  tools?: (ChatTool | JsonObject)[];
  tool_choice?: ChatToolChoice;
  parallel_tool_calls?: boolean;
  max_tokens?: number;
  max_completion_tokens?: number;
  temperature?: number;
  top_p?: number;
  stop?: string[];
  response_format?: JsonObject;
  stream?: true;
  stream_options?: { include_usage: true };
}

/** A chunk of a stream or a whole completion: nothing in it can be relied on. */
export interface Chunk {
  object?: unknown;
  choices?: unknown;
  usage?: unknown;
  error?: unknown;
  x_groq?: { usage?: unknown; error?: unknown };
  [key: string]: unknown;
}

/** `delta` of a stream's choice, or `message` of a completion's. */
export interface ChatDelta {
  content?: unknown;
  refusal?: unknown;
  tool_calls?: unknown;
  function_call?: unknown;
  [key: string]: unknown;
}
