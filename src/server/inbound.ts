import { keepSources } from '../core/json-source.ts';
import type { MessagesRequest } from '../core/messages.ts';
import { scanRequest } from '../core/scan.ts';
import type { Inbound } from '../core/upstream.ts';
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
    ...(scan.messagesSpan === undefined ? {} : { messagesSpan: scan.messagesSpan }),
    get request() {
      request ??= parse(bytes);
      return request;
    },
  };
}

/** Down to the input of a call: `messages`, a message, its `content`, a block, its `input`. */
const INPUT_DEPTH = 5;

function parse(bytes: Uint8Array): MessagesRequest {
  try {
    const request = JSON.parse(new TextDecoder().decode(bytes)) as MessagesRequest;
    keepSources(request, bytes, INPUT_DEPTH);
    return request;
  } catch {
    // The parser's own words quote the body.
    throw fault(400, 'invalid_request_error', 'the request body is not valid JSON');
  }
}
