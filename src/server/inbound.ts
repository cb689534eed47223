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
    get request() {
      request ??= parse(bytes);
      return request;
    },
  };
}

function parse(bytes: Uint8Array): MessagesRequest {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as MessagesRequest;
  } catch {
    // The parser's own words quote the body.
    throw fault(400, 'invalid_request_error', 'the request body is not valid JSON');
  }
}
