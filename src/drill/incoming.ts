/** A request as it came off the wire. */
export interface Incoming {
  method: string;
  /** Path and query, as sent. */
  path: string;
  /** Names as spelled by the client, in its order, doubles included. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
}

/** The bytes are not a request this server understands, or it is larger than it takes. */
export class BadRequest extends Error {}

const MAX_HEAD = 256 * 1024;
const MAX_BODY = 128 * 1024 * 1024;
const BLANK_LINE = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

interface Open {
  head: Omit<Incoming, 'body'>;
  parts: Uint8Array[];
  size: number;
  /** Bytes still to come of the body or of the present chunk; null: a chunk's size line is next. */
  left: number | null;
  chunked: boolean;
}

/** Cuts a connection's bytes into requests. `onExpect` is called when a client waits for `100 Continue`. */
export function createReader(onExpect: () => void): (bytes: Uint8Array) => Incoming[] {
  let rest: Uint8Array = new Uint8Array(0);
  let open: Open | null = null;

  /** One step forward; false when more bytes are needed. */
  function advance(done: Incoming[]): boolean {
    if (open === null) {
      const end = Buffer.from(rest.buffer, rest.byteOffset, rest.length).indexOf(BLANK_LINE);
      if (end < 0) {
        if (rest.length > MAX_HEAD) throw new BadRequest('head too large');
        return false;
      }
      open = openRequest(Buffer.from(rest.subarray(0, end)).toString('latin1'));
      rest = rest.subarray(end + BLANK_LINE.length);
      if (headerOf(open.head.headers, 'expect')?.toLowerCase() === '100-continue') onExpect();
    }
    if (open.left === null) return readChunkSize(open, done);
    return readBody(open, done);
  }

  function readBody(request: Open, done: Incoming[]): boolean {
    const part = rest.subarray(0, request.left ?? 0);
    rest = rest.subarray(part.length);
    request.parts.push(part);
    request.size += part.length;
    request.left = (request.left ?? 0) - part.length;
    if (request.size > MAX_BODY) throw new BadRequest('body too large');
    if (request.left > 0) return false;
    if (!request.chunked) return finish(request, done);
    if (rest.length < LINE_END.length) return false;
    rest = rest.subarray(LINE_END.length);
    request.left = null;
    return true;
  }

  function readChunkSize(request: Open, done: Incoming[]): boolean {
    const text = Buffer.from(rest.buffer, rest.byteOffset, rest.length);
    const end = text.indexOf(LINE_END);
    if (end < 0) return false;
    const size = Number.parseInt(text.toString('latin1', 0, end), 16);
    if (!Number.isInteger(size) || size < 0) throw new BadRequest('bad chunk size');
    if (size > 0) {
      rest = rest.subarray(end + LINE_END.length);
      request.left = size;
      return true;
    }
    const trailerEnd = text.indexOf(BLANK_LINE, end);
    if (trailerEnd < 0) return false;
    rest = rest.subarray(trailerEnd + BLANK_LINE.length);
    return finish(request, done);
  }

  function finish(request: Open, done: Incoming[]): boolean {
    done.push({ ...request.head, body: join(request.parts) });
    open = null;
    return rest.length > 0;
  }

  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const done: Incoming[] = [];
    while (advance(done));
    return done;
  };
}

/** The value of the header `name` (lower case), or null. */
export function headerOf(headers: Incoming['headers'], name: string): string | null {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? null;
}

function openRequest(head: string): Open {
  const [line = '', ...fields] = head.split('\r\n');
  const [method = '', path = '', version = ''] = line.split(' ');
  if (!version.startsWith('HTTP/1.')) throw new BadRequest('not HTTP/1');
  const headers = fields.map((field) => {
    const colon = field.indexOf(':');
    if (colon < 1) throw new BadRequest('bad header');
    return [field.slice(0, colon), field.slice(colon + 1).trim()] as const;
  });
  const chunked = headerOf(headers, 'transfer-encoding')?.toLowerCase().includes('chunked') ?? false;
  const length = Number(headerOf(headers, 'content-length') ?? 0);
  if (!Number.isInteger(length) || length < 0) throw new BadRequest('bad content-length');
  return { head: { method, path, headers }, parts: [], size: 0, left: chunked ? null : length, chunked };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
