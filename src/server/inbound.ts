import type { MessagesRequest } from '../core/messages.ts';
import { scanRequest } from '../core/scan.ts';
import type { Inbound } from '../core/upstream.ts';
import { isObject } from '../wire/history/json.ts';
import { fault } from './fault.ts';

/**
 * A request as every attempt sees it.
 * @throws ErrorAnswer 400 for a body that is not a JSON object or names no model.
 */
export function inboundOf(id: string, headers: Headers, search: string, bytes: Uint8Array): Inbound {
  const scan = scanRequest(bytes);
  if (!scan.ok) throw fault(400, 'invalid_request_error', scan.reason);
  let request: MessagesRequest | undefined;
  return {
    id,
    headers,
    search,
    bytes,
    model: scan.model,
    stream: scan.stream,
    modelSpan: scan.modelSpan,
    get request() {
      request ??= parse(bytes);
      return request;
    },
  };
}

/** What is read of a body before it is known to be a request. */
type Unchecked = Partial<Record<'messages' | 'system' | 'tools', unknown>>;

/**
 * The typed view of a body. Only as much of its shape is checked as whoever reads it relies on: everything else is the
 * business of the upstream that answers it.
 */
function parse(bytes: Uint8Array): MessagesRequest {
  const body = read(bytes);
  const { messages, system, tools } = body;
  if (!Array.isArray(messages)) throw invalid('messages: an array is required');
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) throw invalid(`messages.${index}: an object is required`);
    if (!isText(message.content))
      throw invalid(`messages.${index}.content: a string or an array of objects is required`);
  }
  if (system != null && !isText(system)) throw invalid('system: a string or an array of objects is required');
  if (tools != null && !isList(tools)) throw invalid('tools: an array of objects is required');
  return body as MessagesRequest;
}

function read(bytes: Uint8Array): Unchecked {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Unchecked;
  } catch {
    // The parser's own words quote the body.
    throw invalid('the request body is not valid JSON');
  }
}

function invalid(message: string) {
  return fault(400, 'invalid_request_error', message);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || isList(value);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}
