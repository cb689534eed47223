import { describe, expect, test } from 'bun:test';
import { answer, text } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Reply } from '../../src/drill/script.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { chainFile, type RunningApp, startApp } from '../support/app.ts';
import { rawConnection, rawRequest, requestText } from '../support/raw-http.ts';

const STREAM = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  stream: true,
  messages: [{ role: 'user', content: 'hello' }],
});
const CLAUDE_CODE = 'user-agent: claude-cli/2.1.197 (external, cli)';

/** A raw request for a stream, so that chunks and the way the connection ends can be seen. */
async function ask(app: RunningApp, more: string[] = [], host = '127.0.0.1') {
  const client = await rawConnection(app.port, host);
  const headers = ['Host: localhost', 'x-api-key: sk-ant-k', 'content-type: application/json', ...more];
  client.send(requestText('POST /v1/messages', headers, STREAM));
  return client;
}

/** Until the app has no answer under way. */
async function idle(app: RunningApp): Promise<void> {
  while (app.listener.pending > 0) await new Promise(setImmediate);
}

const WORDS = 'one two three four five six seven eight nine ten';
/** Silence for good after the second piece of text: what came before has to be at the client by then. */
const GATE: Reply = { answer: text(WORDS), fault: { kind: 'stall', after: { after: 'four' } } };

describe.each(['127.0.0.1', '::1'])('over %s a stream', (host) => {
  test('arrives event by event, while the upstream is still at it', async () => {
    await using anthropic = await startUpstream({ script: GATE });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await ask(app, [], host);
    const received = await client.until((sofar) => sofar.includes('four'));
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received).toContain('event: message_start');
    expect(received).not.toContain('seven');
    expect(anthropic.asked[0]?.end).toBeNull();
    client.hangUp();
    expect((await anthropic.asked[0]?.ended)?.how).toBe('left');
    await idle(app);
  });

  test('that is whole ends with the last chunk, and the connection takes another request', async () => {
    await using anthropic = await startUpstream({ script: { answer: text(WORDS) } });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await ask(app, [], host);
    const first = await client.until((sofar) => sofar.endsWith('0\r\n\r\n'));
    expect(first).toContain('event: message_stop');
    expect(first.toLowerCase()).toContain('content-type: text/event-stream');
    client.send(requestText('GET /health', ['Host: localhost']));
    await client.until((sofar) => sofar.includes('"status":"ok"'));
    client.hangUp();
    await idle(app);
  });
});

describe('a client that leaves frees its upstream', () => {
  test.each<[string, Parameters<typeof startUpstream>[0], 'hangUp' | 'reset']>([
    ['in the middle of the text', { script: GATE }, 'hangUp'],
    ['in the middle of the text, by a reset', { script: GATE }, 'reset'],
    ['before an answer began', { script: { fault: { kind: 'black-hole' } } }, 'hangUp'],
    ['between the head and the body', { script: { fault: { kind: 'stall', after: 0 } } }, 'hangUp'],
    ['while pings alone come', { script: { fault: { kind: 'stall', after: 1, pingMs: 5 } } }, 'hangUp'],
  ])('%s', async (_, options, leave) => {
    await using anthropic = await startUpstream(options);
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await ask(app);
    const [asked] = await anthropic.seen(1);
    if (options?.script === GATE) await client.until((sofar) => sofar.includes('four'));
    client[leave]();
    expect((await asked?.ended)?.how).toBe('left');
    await idle(app);
  });

  test('that does not stream, too', async () => {
    await using anthropic = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await rawConnection(app.port);
    client.send(
      requestText(
        'POST /v1/messages',
        ['Host: localhost', 'x-api-key: k'],
        STREAM.replace('"stream":true,', ''),
      ),
    );
    const [asked] = await anthropic.seen(1);
    client.hangUp();
    expect((await asked?.ended)?.how).toBe('left');
    await idle(app);
  });

  test('that never sent the whole of its request, and nobody is asked', async () => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await rawConnection(app.port);
    client.send('POST /v1/messages HTTP/1.1\r\nHost: localhost\r\ncontent-length: 500\r\n\r\n{"model":');
    while (app.listener.pending === 0) await new Promise(setImmediate);
    client.hangUp();
    await idle(app);
    expect(anthropic.requests).toHaveLength(0);
  });
});

describe('a stream that breaks after content', () => {
  /** A connection that ends together with its last bytes takes them along. */
  const LATE: Fault = { kind: 'late-end', waitMs: 20 };
  const thoughtThenText = answer([
    { type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmF0dXJl' },
    { type: 'text', text: WORDS },
  ]);

  test('is a reset for Claude Code where it goes on by itself: no last chunk, no end of a message', async () => {
    await using anthropic = await startUpstream({
      script: { answer: thoughtThenText, fault: { kind: 'reset', after: { after: 'content_block_stop' } } },
    });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await ask(app, [CLAUDE_CODE]);
    const { received } = await client.closed();
    expect(received).toContain('content_block_stop');
    expect(received).not.toEndWith('0\r\n\r\n');
    expect(received).not.toContain('event: message_stop');
    expect(received).not.toContain('end_turn');
    await idle(app);
  });

  test('seen through fetch, that reset is an error and never an end', async () => {
    await using anthropic = await startUpstream({
      script: { answer: thoughtThenText, fault: { kind: 'reset', after: { after: 'content_block_stop' } } },
    });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const response = await fetch(`${app.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'user-agent': 'claude-cli/2.1.197 (external, cli)' },
      body: STREAM,
    });
    expect(response.status).toBe(200);
    expect(
      await response.text().then(
        () => 'a clean end',
        () => 'an error',
      ),
    ).toBe('an error');
  });

  test.each<[string, Fault]>([
    ['by a reset', { kind: 'reset', after: { after: 'four' } }],
    ['by a cut', { kind: 'cut', after: { after: 'four' }, clean: false }],
    ['by an early, clean end', { kind: 'cut', after: { after: 'four' }, clean: true }],
  ])('%s is for any other client one error event and a clean end', async (_, fault) => {
    await using anthropic = await startUpstream({ script: { answer: text(WORDS), fault: [fault, LATE] } });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await ask(app);
    const received = await client.until((sofar) => sofar.endsWith('0\r\n\r\n'));
    expect(received.match(/event: error/g)).toHaveLength(1);
    expect(received).toContain('"type":"error"');
    expect(received).not.toContain('event: message_stop');
    client.send(requestText('GET /health', ['Host: localhost']));
    await client.until((sofar) => sofar.includes('"status":"ok"'));
    client.hangUp();
    await idle(app);
  });
});

test('an HTTP/1.0 client gets its stream, ended by the end of the connection', async () => {
  await using anthropic = await startUpstream({ script: { answer: text(WORDS) } });
  await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
  const client = await rawConnection(app.port);
  const request = requestText('POST /v1/messages', ['Host: localhost', 'x-api-key: k'], STREAM);
  client.send(request.replace('HTTP/1.1', 'HTTP/1.0'));
  const { received } = await client.closed();
  expect(received).toMatch(/^HTTP\/1\.[01] 200/);
  expect(received).toContain('event: message_stop');
});

test('whole answers have the length of what is sent', async () => {
  await using anthropic = await startUpstream({ script: { answer: text('Grüße, 世界 🚀') } });
  await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
  const received = await rawRequest(
    app.port,
    requestText(
      'POST /v1/messages',
      ['Host: localhost', 'x-api-key: k'],
      STREAM.replace('"stream":true,', ''),
    ),
  );
  const [head = '', body = ''] = received.split('\r\n\r\n', 2);
  expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBe(Buffer.byteLength(body));
  expect(JSON.parse(body).content).toEqual([{ type: 'text', text: 'Grüße, 世界 🚀' }]);
});
