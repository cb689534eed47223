import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { rawConnection, requestText, statusOf } from '../support/raw-http.ts';

const ASK = JSON.stringify({ model: 'claude-opus-4-8', stream: true, messages: [] });

describe('what a scripted upstream records', () => {
  test('method, path with query, headers in order and spelling, and the body byte for byte', async () => {
    await using upstream = await startUpstream();
    const connection = await rawConnection(upstream.port);
    const odd = '{"model":"m","n":1.0,"big":12345678901234567890, "é":"\\u00e9"}';
    connection.send(requestText('POST /v1/messages?beta=true', ['Host: a', 'X-One: 1', 'x-one: 2'], odd));
    const [request] = await upstream.seen(1);
    connection.hangUp();
    expect(request?.method).toBe('POST');
    expect(request?.path).toBe('/v1/messages?beta=true');
    expect(request?.headers.slice(0, 3)).toEqual([
      ['Host', 'a'],
      ['X-One', '1'],
      ['x-one', '2'],
    ]);
    expect(request?.text()).toBe(odd);
    expect(request?.ask).toMatchObject({ model: 'm', stream: false });
  });

  test('a body in chunks, cut anywhere, is the same body', async () => {
    await using upstream = await startUpstream();
    const head = 'POST /v1/messages HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n';
    const half = Math.floor(ASK.length / 2);
    const chunk = (part: string) => `${part.length.toString(16)}\r\n${part}\r\n`;
    const bytes = Buffer.from(`${head}${chunk(ASK.slice(0, half))}${chunk(ASK.slice(half))}0\r\n\r\n`);
    const connection = await rawConnection(upstream.port);
    for (const byte of bytes) connection.send(Uint8Array.of(byte));
    const [request] = await upstream.seen(1);
    expect(request?.text()).toBe(ASK);
    connection.hangUp();
  });

  test('that a client left, and that another stayed to the end', async () => {
    await using upstream = await startUpstream({
      script: [{ fault: { kind: 'stall', after: 2 } }, { answer: text('whole') }],
    });
    const leaver = await rawConnection(upstream.port);
    leaver.send(requestText('POST /v1/messages', ['host: a'], ASK));
    await leaver.until((received) => received.includes('message_start'));
    const [left] = await upstream.seen(1);
    expect(left?.end).toBeNull();
    leaver.hangUp();
    expect(await left?.ended).toMatchObject({ how: 'left' });

    await (await fetch(`${upstream.url}/v1/messages`, { method: 'POST', body: ASK })).text();
    expect(await upstream.asked[1]?.ended).toMatchObject({ how: 'answered' });
  });

  test('several requests on one connection, and that they shared it', async () => {
    await using upstream = await startUpstream();
    const connection = await rawConnection(upstream.port);
    const request = requestText('POST /v1/messages', ['host: a'], ASK);
    connection.send(request + request);
    await upstream.seen(2);
    connection.hangUp();
    expect(upstream.asked.map((asked) => asked.connection)).toEqual([1, 1]);
  });

  test('only the newest requests when told to keep so many', async () => {
    await using upstream = await startUpstream({ keep: 2 });
    for (const name of ['a', 'b', 'c']) await fetch(`${upstream.url}/${name}`);
    expect(upstream.requests.map(({ path, number }) => [path, number])).toEqual([
      ['/b', 2],
      ['/c', 3],
    ]);
  });
});

describe('the script of a scripted upstream', () => {
  test('uses each reply of a list once and repeats the last', async () => {
    await using upstream = await startUpstream({
      script: [{ fault: { kind: 'status', status: 529 } }, { fault: { kind: 'status', status: 503 } }, {}],
    });
    const statuses: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      statuses.push((await fetch(`${upstream.url}/v1/messages`, { method: 'POST', body: ASK })).status);
    }
    expect(statuses).toEqual([529, 503, 200, 200]);
  });

  test('may decide by the request', async () => {
    await using upstream = await startUpstream({
      script: (request) => ({ answer: text(`model ${request.ask?.model}`) }),
    });
    const said = await fetch(`${upstream.url}/v1/messages`, { method: 'POST', body: '{"model":"m7"}' });
    expect(await said.json()).toMatchObject({ content: [{ type: 'text', text: 'model m7' }] });
  });

  test('answers 500 and says why when it throws', async () => {
    await using upstream = await startUpstream({
      script: () => {
        throw new Error('no such page');
      },
    });
    const said = await fetch(`${upstream.url}/v1/messages`, { method: 'POST', body: ASK });
    expect(said.status).toBe(500);
    expect(await said.text()).toContain('no such page');
  });

  test('closes the port and opens the same one again', async () => {
    await using upstream = await startUpstream({ script: 'refuse' });
    const dialled = () => rawConnection(upstream.port).then((connection) => connection.hangUp());
    await expect(dialled()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await upstream.play({ answer: text('back') });
    const said = await fetch(`${upstream.url}/v1/messages`, { method: 'POST', body: ASK });
    expect(await said.text()).toContain('back');
    await upstream.play('refuse');
    await expect(dialled()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('leaves probes, model lists and counts alone, unless they have a fault of their own', async () => {
    const broken = { fault: { kind: 'status', status: 529 } } as const;
    await using upstream = await startUpstream({ script: broken });
    expect((await fetch(upstream.url, { method: 'HEAD' })).status).toBe(200);
    expect(await (await fetch(`${upstream.url}/v1/models`)).json()).toMatchObject({ data: [{}] });
    const count = await fetch(`${upstream.url}/v1/messages/count_tokens`, { method: 'POST', body: ASK });
    expect(await count.json()).toHaveProperty('input_tokens');
    expect((await fetch(`${upstream.url}/nowhere`)).status).toBe(404);
    expect(upstream.asked).toHaveLength(0);

    await using down = await startUpstream({ asideFault: { kind: 'status', status: 500 } });
    expect((await fetch(`${down.url}/v1/models`)).status).toBe(500);
    expect((await fetch(`${down.url}/v1/messages`, { method: 'POST', body: ASK })).status).toBe(200);
  });
});

describe('a scripted upstream that is stopped', () => {
  test('ends black holes and whoever waits for requests', async () => {
    const upstream = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    const connection = await rawConnection(upstream.port);
    connection.send(requestText('POST /v1/messages', ['host: a'], ASK));
    const [request] = await upstream.seen(1);
    const never = upstream.seen(2).catch(String);
    await upstream.stop();
    expect(await never).toContain('stopped');
    expect(await request?.ended).toMatchObject({ how: 'stopped' });
    expect((await connection.closed()).received).toBe('');
  });
});

test('bytes that are no request get 400, and the upstream lives on', async () => {
  await using upstream = await startUpstream();
  const connection = await rawConnection(upstream.port);
  connection.send('nonsense\r\n\r\n');
  expect(statusOf((await connection.closed()).received)).toBe(400);
  expect((await fetch(upstream.url)).status).toBe(200);
});
