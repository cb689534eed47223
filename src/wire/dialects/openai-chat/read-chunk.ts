import { AttemptError } from '../../../core/failure.ts';
import { explainInStream } from '../../errors/explain.ts';
import { filled, isObject, parseJson } from '../../history/json.ts';
import type { Chunk } from './api.ts';

/**
 * A packet's JSON: a chunk, a whole completion, or null for what means nothing.
 * @throws AttemptError for an error object, and for data that is not JSON.
 */
export function readChunk(data: string, name: string): Chunk | null {
  const value = parseJson(data);
  if (value === null) return null;
  const chunk: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(chunk)) {
    const what = data.startsWith('<') ? 'HTML' : 'something that is not JSON';
    throw new AttemptError({ kind: 'garbled', message: `the answer was ${what}` });
  }
  const error = errorIn(chunk, name);
  if (error !== undefined) throw new AttemptError(explainInStream(error));
  return chunk;
}

/** OpenAI's and OpenRouter's `error`, vLLM's `object: "error"`, Groq's `x_groq.error`, a bare `message` or `detail`. */
function errorIn(chunk: Chunk, name: string): unknown {
  if (chunk.error !== undefined && chunk.error !== null) return chunk;
  if (name === 'error' || chunk.object === 'error') return chunk;
  if (isObject(chunk.x_groq) && filled(chunk.x_groq.error) !== undefined) return chunk.x_groq;
  const bare = chunk.choices === undefined && ['message', 'detail', 'errors'].some((key) => key in chunk);
  return bare ? chunk : undefined;
}
