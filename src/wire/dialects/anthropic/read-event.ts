import { AttemptError } from '../../../core/failure.ts';
import type { Packet } from '../../../core/upstream.ts';
import { failure } from '../../answer/writer.ts';
import { COMMENT } from '../../framing/sse.ts';
import { isObject, parseJson } from '../../history/json.ts';
import { explain, explainError } from './explain.ts';

/** An event, or a whole message, of a server that may leave out or misspell any of its fields. */
export interface LooseEvent extends Record<string, unknown> {
  type: string;
}

/** Events that matter: one of these that cannot be read cannot be left out either. */
const READ = new Set([
  'message',
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]);

/**
 * A packet's event, by its `event:` line or its `type`; null for what means nothing. `[DONE]` ends an answer as well as
 * `message_stop` does.
 * @throws AttemptError for an error, of any shape, and for what is no event.
 */
export function readEvent({ name, data: raw }: Packet): LooseEvent | null {
  const data = raw.trim();
  if (name === COMMENT) return null;
  if (data === '[DONE]') return { type: 'message_stop' };
  if (data === '') return READ.has(name) ? { type: name } : null;
  const value = parseJson(data);
  if (!isObject(value)) {
    if (name === 'error') throw new AttemptError(explainError(data));
    if (name !== '' && !READ.has(name)) return null;
    throw failure(
      'garbled',
      `the answer was ${data.startsWith('<') ? 'HTML' : 'something that is not JSON'}`,
    );
  }
  if (name === 'error' || value.type === 'error') throw new AttemptError(explainError(data));
  const type = typeOf(value, name);
  const isError = value.error !== undefined && value.error !== null;
  if (isError || type === undefined) throw new AttemptError(explain(200, new Headers(), data));
  return { ...value, type };
}

function typeOf(value: Record<string, unknown>, name: string): string | undefined {
  if (typeof value.type === 'string') return value.type;
  if (name !== '' && name !== 'message') return name;
  return Array.isArray(value.content) ? 'message' : undefined;
}
