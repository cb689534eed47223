import type { MessagesRequest } from './messages.ts';
import { scanRequest } from './scan.ts';
import type { Inbound } from './upstream.ts';
import { writeJson } from './write-json.ts';

/** A request of ccproxy's own, as if a client had sent it in the name of `from`. It names a model. */
export function written(from: Pick<Inbound, 'id' | 'headers' | 'search'>, request: MessagesRequest): Inbound {
  const { id, headers, search } = from;
  const bytes = new TextEncoder().encode(writeJson(request));
  const scan = scanRequest(bytes);
  if (!scan.ok) throw new Error(scan.reason);
  const { ok, ...found } = scan;
  return { id, headers, search, bytes, ...found, request };
}
