import { AttemptError } from '../../../core/failure.ts';
import { isObject, parseJson } from '../../../core/json.ts';
import { keepSources } from '../../../core/json-source.ts';
import type { Packet } from '../../../core/upstream.ts';
import { failure, notJson } from '../../answer/failure.ts';
import { saysItFailed } from '../../errors/error-shape.ts';
import { explainInStream } from '../../errors/explain.ts';
import { COMMENT } from '../../framing/sse.ts';

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

/** With the input of a call: of `content_block`, or of a block in `content`. */
const HOLDS_INPUT = new Set(['message', 'content_block_start']);
const INPUT_DEPTH = 3;

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
    if (name === 'error') throw new AttemptError(explainInStream(data));
    if (name !== '' && !READ.has(name)) return null;
    throw notJson(data);
  }
  const type = typeOf(value, name);
  if (isError(value, name, type)) throw new AttemptError(explainInStream(value));
  if (type === undefined) throw failure('garbled', 'the answer was JSON of no known kind');
  if (HOLDS_INPUT.has(type)) keepSources(value, data, INPUT_DEPTH);
  return { ...value, type };
}

/** An error says so, or says something where an answer says what it is. */
function isError(value: Record<string, unknown>, name: string, type: string | undefined): boolean {
  if (name === 'error' || type === 'error' || saysItFailed(value)) return true;
  return type === undefined && ['message', 'detail', 'errors'].some((key) => key in value);
}

function typeOf(value: Record<string, unknown>, name: string): string | undefined {
  if (typeof value.type === 'string') return value.type;
  if (name !== '' && name !== 'message') return name;
  return Array.isArray(value.content) ? 'message' : undefined;
}
