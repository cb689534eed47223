import { AttemptError } from '../../../core/failure.ts';
import { filled, isObject, parseJson } from '../../../core/json.ts';
import { keepSources } from '../../../core/json-source.ts';
import { notJson } from '../../answer/failure.ts';
import { saysItFailed } from '../../errors/error-shape.ts';
import { explainInStream } from '../../errors/explain.ts';
import type { Chunk } from './api.ts';

/** What servers and proxies send to keep a connection open, as data. */
const KEEP_ALIVE = /^(?:\.|ping|pong|keep-?alive|heartbeat)$/i;
/** Names of events that carry chunks, where they have any. */
const OF_CHUNKS = new Set(['', 'message', 'data', 'error']);

/** Arguments that are no string, as some gateways send them: what the model wrote is the text, not what is made of it. */
const OBJECT_ARGUMENTS = /"arguments"\s*:\s*\{\s*"/;
/** `choices`, a choice, its `message`, `tool_calls`, a call, its `function`, `arguments`; within a list of chunks. */
const ARGUMENTS_DEPTH = 8;

/** True for what ends a stream: `[DONE]`, also as JSON. */
export function isDone(data: string): boolean {
  return data === '[DONE]' || data === '"[DONE]"';
}

/**
 * A packet's JSON: chunks, or a whole completion; none for what means nothing.
 * @throws AttemptError for an error object, and for data that is not JSON.
 */
export function readChunks(data: string, name: string): Chunk[] {
  const value = parseJson(data);
  if (value !== undefined && OBJECT_ARGUMENTS.test(data)) keepSources(value, data, ARGUMENTS_DEPTH);
  if (Array.isArray(value)) return value.map((chunk) => checked(chunk, data, name));
  if (value === null) return [];
  if (value === undefined && (KEEP_ALIVE.test(data) || !OF_CHUNKS.has(name))) return [];
  return [checked(value, data, name)];
}

function checked(chunk: unknown, data: string, name: string): Chunk {
  if (!isObject(chunk)) {
    if (name === 'error') throw new AttemptError(explainInStream(data));
    throw notJson(data);
  }
  const error = errorIn(chunk, name);
  if (error !== undefined) throw new AttemptError(explainInStream(error));
  return chunk;
}

/** OpenAI's and OpenRouter's `error`, vLLM's `object: "error"`, MiniMax's `base_resp`, Groq's `x_groq.error`, a bare `message` or `detail`. */
function errorIn(chunk: Chunk, name: string): unknown {
  if (saysItFailed(chunk) || name === 'error' || chunk.object === 'error') return chunk;
  if (isObject(chunk.x_groq) && filled(chunk.x_groq.error) !== undefined) return chunk.x_groq;
  const bare =
    chunk.choices === undefined && ['message', 'detail', 'errors', 'msg'].some((key) => key in chunk);
  return bare ? chunk : undefined;
}
