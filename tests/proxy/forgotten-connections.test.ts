/** Connections that are let go of: after sleep, in another network, and when an upstream has failed. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import type { Outgoing } from '../../src/core/runtime.ts';
import { text } from '../../src/drill/answers.ts';
import { createSend } from '../../src/proxy/send.ts';
import { turns } from '../support/manual-clock.ts';
import { rawServers } from '../support/raw-server.ts';
import { eventsOf, never, primary, realClock } from '../support/relay.ts';

const servers = rawServers();
afterEach(servers.close);

const ANSWER = eventsOf(text('fresh')).join('');
const HTTP = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`;

const outgoing = (base: string): Outgoing => ({
  method: 'POST',
  url: `${base}/messages`,
  headers: new Headers(),
  body: '{"stream":true}',
  signal: never(),
});
const sending = () => createSend({ clock: realClock, instance: 'test', isProxied: () => false });
/** A server that notes over which of its connections each request came; `answer` writes what it says. */
async function noting(answer: (socket: Socket) => void) {
  const asked: number[] = [];
  let connections = 0;
  const base = await servers.listen((socket) => {
    connections += 1;
    const own = connections;
    socket.on('data', () => {
      asked.push(own);
      answer(socket);
    });
  });
  return { base, asked };
}

describe('connections that are let go of', () => {
  test.each([
    ['of that upstream', 'anthropic', [1, 1, 2, 2]],
    ['of all', undefined, [1, 1, 2, 2]],
    ['of another one', 'backup', [1, 1, 1, 1]],
  ] as const)('%s: the next request opens a fresh one, or not', async (_, name, expected) => {
    const { base, asked } = await noting((socket) => socket.write(HTTP));
    const send = sending();
    const once = async () => (await send(primary(), outgoing(base))).text();
    await once();
    await once();
    send.forget(name);
    await once();
    await once();
    expect(asked).toEqual([...expected]);
  });

  test('are closed when they are idle', async () => {
    const gone = Promise.withResolvers<void>();
    const { base } = await noting((socket) => {
      socket.on('close', () => gone.resolve());
      socket.write(HTTP);
    });
    const send = sending();
    await (await send(primary(), outgoing(base))).text();
    send.forget();
    await gone.promise;
  });

  test('serve to the end what is under way, and nothing else', async () => {
    const streams: Socket[] = [];
    const { base, asked } = await noting((socket) => {
      streams.push(socket);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n1234');
    });
    const send = sending();
    const begun = await send(primary(), outgoing(base));
    const reader = begun.body?.getReader();
    await reader?.read();
    send.forget();
    Bun.gc(true);
    streams[0]?.write('5678');
    const rest = await reader?.read();
    expect(new TextDecoder().decode(rest?.value)).toBe('5678');
    expect((await reader?.read())?.done).toBe(true);
    await send(primary(), outgoing(base));
    expect(asked).toEqual([1, 2]);
  });

  test('serve also what waits for its head', async () => {
    const waiting: Socket[] = [];
    const arrived = Promise.withResolvers<void>();
    const { base, asked } = await noting((socket) => {
      waiting.push(socket);
      arrived.resolve();
    });
    const send = sending();
    const sent = send(primary(), outgoing(base));
    await arrived.promise;
    send.forget();
    waiting[0]?.write(HTTP);
    expect(await (await sent).text()).toBe(ANSWER);
    const next = send(primary(), outgoing(base));
    while (waiting.length < 2) await turns();
    waiting[1]?.write(HTTP);
    await (await next).text();
    expect(asked).toEqual([1, 2]);
  });

  test('are not taken for stale: a fresh one that is reset is not tried again', async () => {
    let answers = 1;
    const { base, asked } = await noting((socket) => {
      if (answers > 0) socket.write(HTTP);
      else socket.resetAndDestroy();
      answers -= 1;
    });
    const send = sending();
    await (await send(primary(), outgoing(base))).text();
    send.forget();
    await expect(send(primary(), outgoing(base))).rejects.toThrow();
    expect(asked).toEqual([1, 2]);
  });
});
