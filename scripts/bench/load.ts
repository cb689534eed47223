/**
 * The load generator, a process of its own: sends requests to one address over so many connections, reads every answer
 * to its end, and prints what it measured as one line of JSON. `load.ts '{"url":…}'`
 */
import { requestBody } from './request-body.ts';

export interface Load {
  url: string;
  /** Beside those that every request has, or in their place. */
  headers?: Readonly<Record<string, string>>;
  streamed: boolean;
  connections: number;
  requests: number;
  /** Sent first and not counted. */
  warmUp: number;
}

export interface Measured {
  /** Milliseconds from sending a request to the first word of the answer, one entry per request. */
  first: number[];
  /** To the last byte. */
  whole: number[];
  /** Milliseconds that all requests took together. */
  elapsed: number;
}

/** What every answer of the scripted upstream begins with. */
const FIRST_WORD = 'word0';

async function exchange(
  load: Load,
  body: Uint8Array<ArrayBuffer>,
): Promise<{ first: number; whole: number }> {
  const startedAt = performance.now();
  const response = await fetch(load.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'sk-test',
      'anthropic-version': '2023-06-01',
      ...load.headers,
    },
    body,
    proxy: false,
    timeout: false,
  });
  let first = 0;
  let beginning = '';
  let bytes = 0;
  let end = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    if (first === 0) {
      // Not the first byte: what comes before the first word says nothing, and a proxy may well hold it.
      beginning += decoder.decode(chunk, { stream: true });
      if (beginning.includes(FIRST_WORD)) first = performance.now() - startedAt;
    }
    bytes += chunk.length;
    end = decoder.decode(chunk.subarray(-200));
  }
  if (response.status !== 200 || !isComplete(load, end)) {
    throw new Error(`${load.url} answered ${response.status}, ${bytes} bytes: ${end}`);
  }
  return { first, whole: performance.now() - startedAt };
}

/** A fast failure must not pass for a fast answer. */
function isComplete({ streamed }: Load, end: string): boolean {
  return streamed ? /message_stop|\[DONE\]/.test(end) : end.trimEnd().endsWith('}');
}

async function measure(load: Load): Promise<Measured> {
  const body = new Uint8Array(requestBody(load.streamed));
  const measured: Measured = { first: [], whole: [], elapsed: 0 };
  const send = async (total: number, count: boolean) => {
    let left = total;
    const connection = async () => {
      while (left > 0) {
        left -= 1;
        const { first, whole } = await exchange(load, body);
        if (!count) continue;
        measured.first.push(first);
        measured.whole.push(whole);
      }
    };
    await Promise.all(Array.from({ length: load.connections }, connection));
  };
  await send(load.warmUp, false);
  const startedAt = performance.now();
  await send(load.requests, true);
  measured.elapsed = performance.now() - startedAt;
  return measured;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))));
