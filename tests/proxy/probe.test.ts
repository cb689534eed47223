/** What one probe sends, and what its answer shows. */
import { describe, expect, test } from 'bun:test';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { headerAuth } from '../../src/auth/header.ts';
import { passthroughAuth } from '../../src/auth/passthrough.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import type { ProbeMethod, Upstream } from '../../src/core/upstream.ts';
import type { Proof } from '../../src/core/verdict.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { shakeHands } from '../../src/proxy/handshake.ts';
import { methodFor, type ProbeOptions, probe } from '../../src/proxy/probe.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { OWN_KEY, probed } from '../support/probing.ts';
import {
  asking,
  benchOf,
  blackHole,
  fakeSend,
  never,
  primary,
  realClock,
  realSend,
  wholeOf,
} from '../support/relay.ts';
import { SELF_SIGNED } from '../support/self-signed.ts';

const EVERY: readonly ProbeMethod[] = ['connect', 'head', 'models', 'count_tokens', 'message'];

/** What came of a probe, in one word. */
type Word = FailureKind | Proof;

const LIST = '{"data":[{"id":"a-model"}]}';
const json =
  (body: string, status = 200) =>
  () =>
    new Response(body, { status, headers: { 'content-type': 'application/json' } });
const page =
  (status = 200) =>
  () =>
    new Response('<!doctype html><p>Sign in</p>', { status, headers: { 'content-type': 'text/html' } });

function optionsFor(upstream: Upstream, method: ProbeMethod, rest: Partial<ProbeOptions> = {}): ProbeOptions {
  const { runtime } = benchOf([upstream], { send: fakeSend({}) });
  return {
    upstream,
    method,
    hasCredential: true,
    timeoutMs: 3_000,
    runtime,
    handshake: async () => {},
    ...rest,
  };
}

async function wordFor(options: ProbeOptions): Promise<Word> {
  const { outcome, shown } = await probe(options, never());
  return outcome.ok ? shown : outcome.failure.kind;
}

describe('what an answer shows', () => {
  test.each<[ProbeMethod, string, () => Response, Word]>([
    ['head', '200', json('', 200), 'connection'],
    ['head', '404', json('', 404), 'connection'],
    ['head', '405', json('', 405), 'connection'],
    ['head', '401', json('', 401), 'connection'],
    ['head', '429', json('', 429), 'connection'],
    ['head', '302', json('', 302), 'connection'],
    ['head', '500', json('', 500), 'server_error'],
    ['head', '501, not implemented', json('', 501), 'connection'],
    ['head', '505', json('', 505), 'connection'],
    ['head', '502', json('', 502), 'server_error'],
    ['head', '522', json('', 522), 'server_error'],
    ['head', '529', json('', 529), 'server_error'],
    ['models', 'a list', json(LIST), 'credential'],
    ['models', 'a page', page(), 'misdirected'],
    ['models', 'nothing', json(''), 'connection'],
    ['models', 'a redirect', json('', 302), 'connection'],
    ['models', '401', json('{}', 401), 'unauthorized'],
    ['models', '403, a restricted key', json('{}', 403), 'connection'],
    ['models', '403 with a page', page(403), 'connection'],
    ['models', '404', json('{}', 404), 'connection'],
    ['models', '402', json('{}', 402), 'connection'],
    ['models', '429', json('{}', 429), 'connection'],
    ['models', '503 with a page', page(503), 'server_error'],
    ['models', '529', json('{"type":"error","error":{"type":"overloaded_error"}}', 529), 'server_error'],
    ['count_tokens', 'a count', json('{"input_tokens":8}'), 'credential'],
    ['count_tokens', '401', json('{}', 401), 'unauthorized'],
    ['count_tokens', '500', json('{}', 500), 'server_error'],
    [
      'message',
      'an answer',
      () => new Response(wholeOf(), { headers: { 'content-type': 'application/json' } }),
      'inference',
    ],
    ['message', '401', json('{}', 401), 'unauthorized'],
    ['message', '403', json('{}', 403), 'connection'],
    ['message', '404, no such model', json('{}', 404), 'connection'],
    ['message', '429', json('{}', 429), 'connection'],
    ['message', '500', json('{}', 500), 'server_error'],
    ['message', '529', json('{"type":"error","error":{"type":"overloaded_error"}}', 529), 'server_error'],
    ['message', 'half of an answer', json('{"type":"mess'), 'garbled'],
  ])('%s: %s', async (method, _, voice, expected) => {
    const upstream = probed('one', { method });
    const { runtime } = benchOf([upstream], { send: fakeSend({ one: voice }) });
    expect(await wordFor(optionsFor(upstream, method, { runtime }))).toBe(expected);
  });

  test.each<[ProbeMethod, Word]>([
    ['models', 'connection'],
    ['count_tokens', 'connection'],
  ])(
    '%s without a credential shows no more than that somebody is there, even by 401',
    async (method, expected) => {
      const upstream = probed('one', { method });
      for (const voice of [json(LIST), json('{}', 401)]) {
        const { runtime } = benchOf([upstream], { send: fakeSend({ one: voice }) });
        expect(await wordFor(optionsFor(upstream, method, { runtime, hasCredential: false }))).toBe(expected);
      }
    },
  );

  test('what it says, and for how long: status, wait, no key of ours', async () => {
    const upstream = probed('one', { method: 'models' }, { dialect: openaiChat });
    const voice = () =>
      new Response(`{"error":{"message":"down for ${OWN_KEY}"}}`, {
        status: 503,
        headers: { 'retry-after': '40' },
      });
    const { runtime } = benchOf([upstream], { send: fakeSend({ one: voice }) });
    const { outcome } = await probe(optionsFor(upstream, 'models', { runtime }), never());
    expect(outcome).toMatchObject({
      ok: false,
      failure: { kind: 'server_error', status: 503, waitMs: 40_000 },
    });
    expect(JSON.stringify(outcome)).not.toContain(OWN_KEY);
  });

  test('of a long list only the beginning is read, and the rest is let go of', async () => {
    let given = 0;
    let isReleased = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 1;
        controller.enqueue(new TextEncoder().encode(`[${' '.repeat(8_191)}`));
      },
      cancel() {
        isReleased = true;
      },
    });
    const upstream = probed('one', { method: 'models' });
    const { runtime } = benchOf([upstream], { send: fakeSend({ one: () => new Response(body) }) });
    expect(await wordFor(optionsFor(upstream, 'models', { runtime }))).toBe('credential');
    expect(given).toBeLessThan(12);
    expect(isReleased).toBe(true);
  });
});

describe('what is sent', () => {
  async function sentBy(upstream: Upstream, method: ProbeMethod) {
    const send = fakeSend({ [upstream.name]: json(LIST) });
    const { runtime } = benchOf([upstream], { send });
    await probe(optionsFor(upstream, method, { runtime }), never());
    return send.sent[0];
  }

  test.each([
    ['https://api.anthropic.com/v1', 'https://api.anthropic.com/'],
    ['http://localhost:11434/v1', 'http://localhost:11434/'],
    ['https://gateway.test/team/v1', 'https://gateway.test/team/'],
    ['https://gateway.test/v1beta', 'https://gateway.test/'],
    ['https://gateway.test', 'https://gateway.test/'],
    ['https://gateway.test/anthropic', 'https://gateway.test/anthropic/'],
  ])('HEAD of %s goes to %s, with nothing of anybody', async (base, url) => {
    const upstream = probed('one', {}, { base, extraHeaders: { 'x-gateway-key': 'secret' } });
    const sent = await sentBy(upstream, 'head');
    expect(sent?.outgoing).toMatchObject({ method: 'HEAD', url });
    expect([...(sent?.outgoing.headers ?? [])]).toEqual([]);
  });

  test('models: the path of the settings, our key, the headers of the configuration', async () => {
    const upstream = probed('one', { path: '/models?limit=1' }, { extraHeaders: { 'x-team': 'a' } });
    const sent = await sentBy(upstream, 'models');
    expect(sent?.outgoing).toMatchObject({ method: 'GET', url: 'https://one.test/v1/models?limit=1' });
    expect(Object.fromEntries(sent?.outgoing.headers ?? [])).toEqual({
      accept: 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': OWN_KEY,
      'x-team': 'a',
    });
  });

  test('count_tokens: a word, for the model that stands for haiku', async () => {
    const sent = await sentBy(probed('one', {}, { model: (asked) => `mapped-${asked}` }), 'count_tokens');
    expect(sent?.outgoing).toMatchObject({
      method: 'POST',
      url: 'https://one.test/v1/messages/count_tokens',
    });
    expect(JSON.parse(sent?.body ?? '')).toEqual({
      model: 'mapped-claude-haiku-4-5',
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(sent?.outgoing.headers.get('anthropic-version')).toBe('2023-06-01');
    expect(sent?.outgoing.headers.get('x-api-key')).toBe(OWN_KEY);
  });

  test.each([
    ['Anthropic itself', primary({ ownKey: OWN_KEY })],
    ['another that speaks its dialect', probed('anthropic')],
    ['one that speaks Chat Completions', probed('anthropic', {}, { dialect: openaiChat })],
  ])('message: one token, not streamed, with our key: %s', async (_, upstream) => {
    const sent = await sentBy(upstream, 'message');
    expect(sent?.outgoing.url).toBe(`${upstream.base}${upstream.dialect.path}`);
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({ max_tokens: 1 });
    expect(JSON.parse(sent?.body ?? '').stream ?? false).toBe(false);
    expect(sent?.outgoing.headers.get('x-api-key')).toBe(OWN_KEY);
  });

  test.each<[ProbeMethod, Upstream, boolean, ProbeMethod]>([
    ['models', primary(), false, 'head'],
    ['count_tokens', primary(), false, 'head'],
    ['message', primary(), true, 'head'],
    ['connect', primary(), false, 'connect'],
    ['connect', primary(), true, 'head'],
    ['head', primary(), true, 'head'],
    ['models', primary({ ownKey: OWN_KEY }), true, 'models'],
    ['models', probed('local', {}, { auth: headerAuth(undefined, 'authorization') }), false, 'models'],
  ])('%s of an upstream that takes what we have (%#) is a %s', (method, upstream, isProxied, expected) => {
    expect(methodFor({ ...upstream, probe: { ...upstream.probe, method } }, isProxied)).toBe(expected);
  });

  test('a credential of a client is never in a probe, whatever it asked before', async () => {
    const upstreams = [
      primary(),
      primary({ ownKey: OWN_KEY }),
      primary({ auth: passthroughAuth({ mode: 'client', ownKey: OWN_KEY }) }),
    ];
    for (const upstream of upstreams) {
      const request = asking({ headers: { authorization: 'Bearer client-token' } });
      expect(upstream.auth(new Headers(), request)?.get('x-api-key')).toBe('client-key');
      for (const method of EVERY) {
        const sent = await sentBy(
          upstream,
          methodFor({ ...upstream, probe: { ...upstream.probe, method } }, true),
        );
        const said = JSON.stringify([...(sent?.outgoing.headers ?? [])]) + sent?.body;
        expect(said).not.toMatch(/client-key|client-token/);
        expect(sent?.outgoing.via ?? null).toBeNull();
      }
    }
  });
});

describe('it ends', () => {
  test.each(EVERY)('%s: by its limit', async (method) => {
    const clock = manualClock();
    const upstream = probed('one');
    const { runtime } = benchOf([upstream], { send: fakeSend({ one: blackHole }), clock });
    const options = optionsFor(upstream, method, { runtime, handshake: () => new Promise(() => {}) });
    const finding = probe(options, never());
    await clock.advance(2_999);
    expect(clock.waiting.length).toBeGreaterThan(0);
    await clock.advance(1);
    expect((await finding).outcome).toMatchObject({
      failure: { kind: 'unresponsive', message: 'no answer within 3000 ms' },
    });
    await clock.advance(0);
    expect(clock.waiting).toEqual([]);
  });

  test.each(EVERY)('%s: when it is called off, before it began or later', async (method) => {
    for (const early of [true, false]) {
      const clock = manualClock();
      const upstream = probed('one');
      const { runtime } = benchOf([upstream], { send: fakeSend({ one: blackHole }), clock });
      const stop = new AbortController();
      if (early) stop.abort();
      const options = optionsFor(upstream, method, { runtime, handshake: () => new Promise(() => {}) });
      const finding = probe(options, stop.signal);
      await clock.advance(100);
      stop.abort();
      expect((await finding).outcome).toMatchObject({ failure: { kind: 'cancelled' } });
      await clock.advance(0);
      expect(clock.waiting).toEqual([]);
    }
  });

  test('though the body never ends', async () => {
    const clock = manualClock();
    const upstream = probed('one');
    const silent = () => new Response(new ReadableStream({}));
    const { runtime } = benchOf([upstream], { send: fakeSend({ one: silent }), clock });
    const finding = probe(optionsFor(upstream, 'models', { runtime }), never());
    await clock.advance(3_000);
    expect((await finding).outcome).toMatchObject({ failure: { kind: 'unresponsive' } });
  });

  test('a host that takes no connection is found out before the end', async () => {
    const upstream = probed('one');
    const send = fakeSend({ one: json('') });
    const limits: number[] = [];
    const { runtime } = benchOf([upstream], {
      send: (to, outgoing) => {
        limits.push(to.timeouts.connectMs);
        return send(to, outgoing);
      },
    });
    await probe(optionsFor(upstream, 'head', { runtime, timeoutMs: 1_500 }), never());
    expect(limits).toEqual([1_350]);
  });
});

describe('over real sockets', () => {
  async function found(method: ProbeMethod, upstream: ScriptedUpstream, isStopped = false): Promise<Word> {
    const asked = probed('one', { method }, { base: `${upstream.url}/v1` });
    const { runtime } = benchOf([asked], { send: realSend(), clock: realClock });
    if (isStopped) await upstream.stop();
    return wordFor({ ...optionsFor(asked, method), runtime, handshake: shakeHands, timeoutMs: 400 });
  }

  test.each<[ProbeMethod, Word]>([
    ['connect', 'connection'],
    ['head', 'connection'],
    ['models', 'credential'],
    ['count_tokens', 'credential'],
    ['message', 'inference'],
  ])('%s of one that is well shows the %s', async (method, expected) => {
    await using upstream = await startUpstream();
    expect(await found(method, upstream)).toBe(expected);
  });

  test.each(EVERY)('%s of a port that nobody listens on: refused', async (method) => {
    await using upstream = await startUpstream();
    expect(await found(method, upstream, true)).toBe('refused');
  });

  test.each<[ProbeMethod, Parameters<typeof startUpstream>[0], Word]>([
    ['head', { asideFault: { kind: 'black-hole' } }, 'unresponsive'],
    ['models', { asideFault: { kind: 'black-hole' } }, 'unresponsive'],
    ['models', { asideFault: { kind: 'status', status: 500 } }, 'server_error'],
    ['models', { asideFault: { kind: 'html' } }, 'misdirected'],
    ['models', { asideFault: { kind: 'not-http' } }, 'misdirected'],
    ['models', { asideFault: { kind: 'redirect', to: 'http://127.0.0.1:1/' } }, 'connection'],
    ['message', { script: { fault: { kind: 'black-hole' } } }, 'unresponsive'],
  ])('%s of one that is not (%#): %s', async (method, options, expected) => {
    await using upstream = await startUpstream(options);
    expect(await found(method, upstream)).toBe(expected);
  });

  test.each(['connect', 'head'] as const)('%s, by https, to one that nobody vouches for', async (method) => {
    await using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      tls: SELF_SIGNED,
      fetch: () => new Response('well'),
    });
    const asked = probed('one', { method }, { base: `https://127.0.0.1:${server.port}/v1` });
    const { runtime } = benchOf([asked], { send: realSend(), clock: realClock });
    const options = { ...optionsFor(asked, method), runtime, handshake: shakeHands };
    expect(await wordFor(options)).toBe('untrusted');
  });

  test.each<[string, (socket: Socket) => void, Word]>([
    [
      'speaks no TLS',
      (socket) => void socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      'refused',
    ],
    ['hangs up', (socket) => void socket.on('data', () => socket.resetAndDestroy()), 'refused'],
    ['says nothing', () => {}, 'unresponsive'],
  ])('connect, by https, to one that %s', async (_, serve, expected) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const asked = probed('one', { method: 'connect' }, { base: `https://127.0.0.1:${port}/v1` });
    const { runtime } = benchOf([asked], { send: realSend(), clock: realClock });
    const options = { ...optionsFor(asked, 'connect'), runtime, handshake: shakeHands, timeoutMs: 300 };
    expect(await wordFor(options)).toBe(expected);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});
