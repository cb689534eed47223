/** Real sockets: connections that went stale, hosts that do not answer, clients that leave or do not read. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { AttemptError } from '../../src/core/failure.ts';
import type { Outgoing } from '../../src/core/runtime.ts';
import { text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import type { Dial } from '../../src/proxy/dial.ts';
import { relay } from '../../src/proxy/relay.ts';
import { createSend } from '../../src/proxy/send.ts';
import { manualClock, turns } from '../support/manual-clock.ts';
import { rawServers } from '../support/raw-server.ts';
import {
  ask,
  asking,
  backup,
  benchOf,
  eventsOf,
  never,
  primary,
  realClock,
  realSend,
  wordsOf,
} from '../support/relay.ts';

const servers = rawServers();
const listenWith = servers.listen;
afterEach(servers.close);

const ANSWER = eventsOf(text('fresh')).join('');
const HTTP = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`;

const liveBench = (...chain: Parameters<typeof benchOf>[0][number][]) =>
  benchOf(chain, { send: realSend(), clock: realClock });

describe('a connection that the server closed while it was idle', () => {
  test.each([
    ['by RST', (socket: Socket) => socket.resetAndDestroy()],
    ['by FIN', (socket: Socket) => socket.end()],
  ])('is no failure, the request goes once more over a fresh one: %s', async (_, close) => {
    const seen: number[] = [];
    const base = await listenWith((socket) => {
      let requests = 0;
      seen.push(0);
      const at = seen.length - 1;
      socket.on('data', () => {
        requests += 1;
        seen[at] = requests;
        if (requests === 1) socket.write(HTTP);
        else close(socket);
      });
    });
    const bench = liveBench(primary({ base }));
    expect(wordsOf(await ask(bench))).toBe('fresh');
    const again = await ask(bench);
    expect([wordsOf(again), again.headers.get('x-ccproxy-attempts')]).toEqual(['fresh', '1']);
    expect(seen).toEqual([2, 1]);
    expect(bench.events.attempts.map(({ failure }) => failure)).toEqual([undefined, undefined]);
  });

  test('is tried afresh once, then the next upstream is asked', async () => {
    let connections = 0;
    let answers = 1;
    const base = await listenWith((socket) => {
      connections += 1;
      socket.on('data', () => {
        if (answers > 0) socket.write(HTTP);
        else socket.resetAndDestroy();
        answers -= 1;
      });
    });
    await using well = await startUpstream({ script: { answer: text('from the backup') } });
    const bench = liveBench(primary({ base }), backup({ base: `${well.url}/v1` }));
    await ask(bench);
    const said = await ask(bench);
    expect([wordsOf(said), said.headers.get('x-ccproxy-attempts'), connections]).toEqual([
      'from the backup',
      '2',
      2,
    ]);
  });

  test('is the only reason: a first request that is reset is not sent twice', async () => {
    let connections = 0;
    const base = await listenWith((socket) => {
      connections += 1;
      socket.on('data', () => socket.resetAndDestroy());
    });
    expect((await ask(liveBench(primary({ base })))).status).toBe(503);
    expect(connections).toBe(1);
  });

  test('is not what a late reset means', async () => {
    const clock = manualClock();
    const seen: Socket[] = [];
    const answered = Promise.withResolvers<void>();
    const base = await listenWith((socket) => {
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) return void socket.write(HTTP);
        seen.push(socket);
        answered.resolve();
      });
    });
    const send = createSend({ clock, instance: 'test', isProxied: () => true });
    const bench = benchOf([primary({ base })], { send, clock });
    await ask(bench);
    const second = ask(bench);
    await answered.promise;
    await clock.advance(5_000);
    seen[0]?.resetAndDestroy();
    expect((await second).status).toBe(503);
    expect(seen).toHaveLength(1);
  });
});

describe('the time to a connection', () => {
  function sending(dial: Dial, isProxied = false) {
    const clock = manualClock();
    let dialled = 0;
    const counted: Dial = (url) => {
      dialled += 1;
      return dial(url);
    };
    const send = createSend({
      clock,
      instance: 'me',
      isProxied: () => isProxied,
      dial: counted,
    });
    return { clock, send, dialled: () => dialled };
  }
  function outgoing(url: string): Outgoing {
    const control = new AbortController();
    const made = {
      method: 'POST',
      url: `${url}/messages`,
      headers: new Headers(),
      body: '{"stream":true}',
      signal: control.signal,
      abort: (reason: AttemptError) => control.abort(reason),
    };
    return made;
  }
  const forever: Dial = () => new Promise(() => {});

  test('is up when a second connection hangs for the other half of the limit', async () => {
    await using hole = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    const { clock, send, dialled } = sending(forever);
    const sent = send(primary(), outgoing(`${hole.url}/v1`)).catch((error: unknown) => error);
    await hole.seen(1);
    await clock.advance(1_499);
    expect(dialled()).toBe(0);
    await clock.advance(1_500);
    expect(dialled()).toBe(1);
    await clock.advance(1);
    const error = await sent;
    expect(error).toBeInstanceOf(AttemptError);
    expect((error as AttemptError).failure).toMatchObject({
      kind: 'unreachable',
      message: 'no connection within 3000 ms',
    });
  });

  test.each([
    ['accepted', () => Promise.resolve()],
    ['refused', () => Promise.reject(new Error('refused'))],
  ] as [string, Dial][])('is not up when that one is %s', async (_, dial) => {
    await using hole = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    const { clock, send } = sending(dial);
    let over = false;
    const sent = send(primary(), outgoing(`${hole.url}/v1`)).catch(() => {
      over = true;
    });
    await hole.seen(1);
    await clock.advance(60_000);
    expect(over).toBe(false);
    expect(clock.waiting).toEqual([]);
    await hole.stop();
    await sent;
  });

  test('is no matter once an answer has begun', async () => {
    const waiting: Socket[] = [];
    const asked = Promise.withResolvers<void>();
    const base = await listenWith((socket) => {
      waiting.push(socket);
      socket.on('data', () => asked.resolve());
    });
    const { clock, send } = sending(forever);
    const sent = send(primary(), outgoing(base));
    await asked.promise;
    await clock.advance(1_500);
    waiting[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n12');
    const response = await sent;
    expect(clock.waiting).toEqual([]);
    await clock.advance(60_000);
    waiting[0]?.write('34');
    expect(await response.text()).toBe('1234');
  });

  test('is not looked at through a proxy', async () => {
    await using hole = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    const { clock, send, dialled } = sending(forever, true);
    const sent = send(primary(), outgoing(`${hole.url}/v1`)).catch(() => {});
    await hole.seen(1);
    await clock.advance(60_000);
    expect(dialled()).toBe(0);
    await hole.stop();
    await sent;
  });

  test('and a real connection is tried over TCP', async () => {
    await using hole = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    const { dialTcp } = await import('../../src/proxy/dial.ts');
    await dialTcp(new URL(hole.url));
    await hole.stop();
    await expect(dialTcp(new URL(hole.url))).rejects.toThrow();
  });

  test('a plain address is told who asks, so that a circle is noticed', async () => {
    await using well = await startUpstream();
    const { send } = sending(forever);
    await (await send(primary(), outgoing(`${well.url}/v1`))).text();
    expect(well.asked[0]?.header('x-ccproxy-instance')).toBe('me');
  });
});

describe('a client that leaves', () => {
  test.each([
    ['before the head', { fault: { kind: 'black-hole' } }, 0],
    ['before the first event', { fault: { kind: 'stall', after: 0 } }, 0],
    ['during the hold', { fault: { kind: 'stall', after: 2 } }, 0],
    ['after the first content', { fault: { kind: 'stall', after: 4 } }, 2],
  ] as const)('frees its upstream: %s', async (_, reply, pulls) => {
    await using upstream = await startUpstream({ script: reply });
    const bench = liveBench(primary({ base: `${upstream.url}/v1` }));
    const control = new AbortController();
    const pieces = relay(asking(), bench, control.signal);
    let next = pieces.next();
    for (let pull = 0; pull < pulls; pull += 1) {
      await next;
      next = pieces.next();
    }
    const [asked] = await upstream.seen(1);
    expect(asked?.end).toBeNull();
    control.abort();
    expect(await asked?.ended).toMatchObject({ how: 'left' });
    expect((await next).done).toBe(true);
    expect(bench.events.attempts).toMatchObject([{ failure: { kind: 'cancelled' } }]);
  });
});

describe('a client that does not read', () => {
  test('does not make ccproxy take in what it does not pass on', async () => {
    const all = 50 * 1024 * 1024;
    const head = eventsOf(text('Hello')).slice(0, 3).join('');
    const delta = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${'x'.repeat(16_000)}"}}\n\n`;
    let written = 0;
    const stuck = Promise.withResolvers<void>();
    const base = await listenWith((socket) => {
      const pump = () => {
        while (written < all) {
          written += delta.length;
          if (!socket.write(delta)) {
            // Full: if nobody takes anything from here on, no drain comes.
            stuck.resolve();
            socket.once('drain', pump);
            return;
          }
        }
        stuck.resolve();
      };
      socket.on('data', () => {
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n${head}`,
        );
        pump();
      });
    });
    const pieces = relay(asking(), liveBench(primary({ base })), never());
    await pieces.next();
    await pieces.next();
    await stuck.promise;
    let before = -1;
    while (before !== written) {
      before = written;
      for (let turn = 0; turn < 200; turn += 1) await turns();
    }
    expect(written).toBeLessThan(all / 2);
    // It goes on when the client does.
    while (written === before) {
      const step = await pieces.next();
      if (step.done) throw new Error('it ended');
    }
    await pieces.return();
  });
});
