import { describe, expect, test } from 'bun:test';
import { gunzipSync } from 'node:zlib';
import { text } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { type RawConnection, rawConnection, requestText } from '../support/raw-http.ts';

type Path = '/v1/messages' | '/v1/chat/completions';

/** Asks a fresh upstream that fails in this way; gives the connection the answer comes on. */
async function provoke(
  fault: Fault | readonly Fault[],
  path: Path = '/v1/messages',
  stream = true,
): Promise<{ upstream: ScriptedUpstream; connection: RawConnection }> {
  const upstream = await startUpstream({ script: { answer: text('some words to break'), fault } });
  const connection = await rawConnection(upstream.port);
  const body = JSON.stringify({ model: 'm', stream, messages: [] });
  connection.send(requestText(`POST ${path}`, ['host: a', 'connection: close'], body));
  return { upstream, connection };
}

/** What comes on the wire until the upstream closes. */
async function wire(fault: Fault | readonly Fault[], path?: Path, stream?: boolean) {
  const { upstream, connection } = await provoke(fault, path, stream);
  const closed = await connection.closed();
  await upstream.stop();
  return closed;
}

const LAST_CHUNK = '\r\n0\r\n\r\n';

describe('faults of a stream, on the wire', () => {
  test('a reset before the head sends not one byte and ends with RST', async () => {
    expect(await wire({ kind: 'reset' })).toMatchObject({ received: '', how: 'reset' });
  });

  test('a reset after an event sends that event whole and nothing after it', async () => {
    const { received, how } = await wire({ kind: 'reset', after: { after: 'text_delta' } });
    expect(how).toBe('reset');
    expect(received.match(/event: content_block_delta/g)).toHaveLength(1);
    expect(received).toEndWith('\n\n\r\n');
  });

  test('a reset at a byte sends exactly so many bytes of the body', async () => {
    const { received, how } = await wire([{ kind: 'reset-at-byte', byte: 7 }, { kind: 'close-delimited' }]);
    expect(how).toBe('reset');
    expect(received).toEndWith('\r\n\r\nevent: ');
  });

  test('an unclean cut closes the connection without the last chunk', async () => {
    const { received, how } = await wire({ kind: 'cut', after: 3, clean: false });
    expect(how).toBe('end');
    expect(received.match(/^event: /gm)).toHaveLength(3);
    expect(received).not.toEndWith(LAST_CHUNK);
  });

  test('a clean cut looks whole to HTTP', async () => {
    const { received } = await wire({ kind: 'cut', after: 3, clean: true });
    expect(received.match(/^event: /gm)).toHaveLength(3);
    expect(received).toEndWith(LAST_CHUNK);
    expect(received).not.toContain('message_stop');
  });

  test('a stall sends what came before it and then nothing until the client leaves', async () => {
    const { upstream, connection } = await provoke({ kind: 'stall', after: { after: 'text_delta' } });
    await connection.until((received) => received.includes('text_delta'));
    const [request] = await upstream.seen(1);
    expect(request?.end).toBeNull();
    connection.hangUp();
    expect(await request?.ended).toMatchObject({ how: 'left' });
    await upstream.stop();
  });

  test('a stall with pings keeps sending pings and nothing else', async () => {
    const { upstream, connection } = await provoke({ kind: 'stall', after: 1, pingMs: 1 });
    const received = await connection.until((sofar) => (sofar.match(/event: ping/g) ?? []).length >= 4);
    expect(received).not.toContain('content_block');
    connection.hangUp();
    await upstream.stop();
  });

  test('a stall with pings that passes has them in its place', async () => {
    const { received } = await wire([
      { kind: 'stall', after: { after: 'message_start' }, forMs: 5, pingMs: 2 },
      { kind: 'close-delimited' },
    ]);
    // The answer has one of its own there.
    expect(received.split('content_block_start')[0]?.match(/event: ping/g)).toHaveLength(3);
  });

  test.each<[string, Fault]>([
    ['a stall that passes', { kind: 'stall', after: 3, forMs: 5 }],
    ['a stall with pings that passes', { kind: 'stall', after: 3, forMs: 5, pingMs: 2 }],
    ['a slow head', { kind: 'slow', waitMs: 5, before: 'head' }],
    ['a slow body', { kind: 'slow', waitMs: 5, before: 'body' }],
    ['a late end', { kind: 'late-end', waitMs: 5 }],
    ['a drip', { kind: 'drip', gapMs: 1 }],
    ['one byte per write', { kind: 'slices', bytes: 1 }],
  ])('%s delivers the whole answer', async (_, fault) => {
    const upstream = await startUpstream({ script: { answer: text('some words to break'), fault } });
    const said = await fetch(`${upstream.url}/v1/messages`, { method: 'POST', body: '{"stream":true}' });
    const received = await said.text();
    expect(received).toContain('"some words t"');
    expect(received).toEndWith('event: message_stop\ndata: {"type":"message_stop"}\n\n');
    await upstream.stop();
  });

  test('a black hole takes the request and never answers', async () => {
    const { upstream, connection } = await provoke({ kind: 'black-hole' });
    const [request] = await upstream.seen(1);
    expect(request?.end).toBeNull();
    connection.hangUp();
    expect(await request?.ended).toMatchObject({ how: 'left' });
    await upstream.stop();
  });

  test('garbled data is broken JSON in an event that is otherwise in order', async () => {
    const { received } = await wire([{ kind: 'garbled', after: 3 }, { kind: 'close-delimited' }]);
    const events = received
      .slice(received.indexOf('\r\n\r\n') + 4)
      .trimEnd()
      .split('\n\n');
    const broken = events.map((event) => {
      const data = event.slice(event.indexOf('data: ') + 6);
      try {
        JSON.parse(data);
        return false;
      } catch {
        return true;
      }
    });
    expect(broken.flatMap((bad, index) => (bad ? [index] : []))).toEqual([3]);
    expect(events[3]).toStartWith('event: content_block_delta\ndata: {');
  });

  test.each<[string, Fault, RegExp]>([
    ['before content', { kind: 'error-event', after: 0 }, /\r\n\r\n[0-9a-f]+\r\nevent: error\n/],
    [
      'after content',
      { kind: 'error-event', after: { after: 'text_delta' } },
      /text_delta[\s\S]*event: error\n/,
    ],
  ])('an error event %s is the last event of the stream', async (_, fault, shape) => {
    const { received } = await wire(fault);
    expect(received).toMatch(shape);
    expect(received).toEndWith(
      `data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n${LAST_CHUNK}`,
    );
    expect(received).not.toContain('message_stop');
  });

  test('an error inside a Chat Completions stream is an error object in a data line', async () => {
    const { received } = await wire({ kind: 'error-event', after: 2 }, '/v1/chat/completions');
    expect(received).toStartWith('HTTP/1.1 200 ');
    expect(received).toContain('data: {"error":{"type":"overloaded_error","message":"Overloaded"');
    expect(received).not.toContain('[DONE]');
  });

  test('a compressed stream is the same stream', async () => {
    const { bytes, received } = await wire([{ kind: 'gzip' }, { kind: 'close-delimited' }]);
    expect(received.toLowerCase()).toContain('content-encoding: gzip');
    const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    expect(gunzipSync(body).toString()).toEndWith('data: {"type":"message_stop"}\n\n');
  });

  test('a close-delimited body has neither length nor chunks', async () => {
    const { received } = await wire({ kind: 'close-delimited' });
    expect(received).not.toMatch(/content-length|transfer-encoding/i);
    expect(received).toEndWith('data: {"type":"message_stop"}\n\n');
  });
});

describe('faults that replace the answer', () => {
  test.each<[string, Fault, number, RegExp]>([
    ['an Anthropic error', { kind: 'status', status: 529 }, 529, /"type":"overloaded_error"/],
    [
      'an error with a body of its own',
      { kind: 'status', status: 429, body: { a: 1 } },
      429,
      /\r\n\r\n{"a":1}$/,
    ],
    [
      'an error with headers',
      { kind: 'status', status: 503, headers: { 'retry-after': '7' } },
      503,
      /retry-after: 7/,
    ],
    [
      'an error with an empty body',
      { kind: 'status', status: 500, body: '' },
      500,
      /content-length: 0\r\n\r\n$/,
    ],
    ['an error inside a 200', { kind: 'error-with-200' }, 200, /"type":"overloaded_error"/],
    ['a page instead of an answer', { kind: 'html' }, 200, /text\/html[\s\S]*<html>/],
    [
      'a redirect',
      { kind: 'redirect', to: 'http://127.0.0.1:1/x' },
      302,
      /location: http:\/\/127\.0\.0\.1:1\/x/,
    ],
    ['an empty body', { kind: 'empty-body' }, 200, /content-length: 0\r\n[\s\S]*\r\n\r\n$/],
  ])('%s comes with its status and body', async (_, fault, status, shape) => {
    const { received } = await wire(fault);
    expect(received).toStartWith(`HTTP/1.1 ${status} `);
    expect(received).toMatch(shape);
  });

  test('an error of a Chat Completions upstream has that dialect', async () => {
    const { received } = await wire({ kind: 'status', status: 401 }, '/v1/chat/completions');
    expect(received).toContain('{"error":{"type":"authentication_error","message":"scripted 401"');
  });

  test('bytes that are not HTTP are just that', async () => {
    expect((await wire({ kind: 'not-http' })).received).toBe('SSH-2.0-scripted\r\n');
  });

  test('a JSON answer can be cut as well, with its promised length unkept or cleanly', async () => {
    const cut = await wire({ kind: 'cut', after: 2, clean: false }, '/v1/messages', false);
    const [head = '', body = ''] = cut.received.split('\r\n\r\n');
    expect(Number(/content-length: (\d+)/.exec(head)?.[1])).toBeGreaterThan(body.length);
    const clean = await wire({ kind: 'cut', after: 2, clean: true }, '/v1/messages', false);
    expect(clean.received).toEndWith(LAST_CHUNK);
  });
});
