/** An upstream without sockets gives what fetch gives of the one with sockets, fault by fault. */
import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import { inMemoryUpstream } from '../../src/drill/in-memory.ts';
import { onSchedule, type Script } from '../../src/drill/script.ts';
import { simulatedClock } from '../../src/drill/simulated-clock.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { codeOf } from '../../src/proxy/transport-failure.ts';

const BODY = JSON.stringify({ model: 'claude-opus-4-8', stream: true, messages: [] });

interface Got {
  status: number;
  type: string | null;
  body: string;
  code: string;
}

async function take(answer: () => Promise<Response>): Promise<Got> {
  const got: Got = { status: 0, type: null, body: '', code: '' };
  try {
    const response = await answer();
    got.status = response.status;
    got.type = response.headers.get('content-type');
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? [])
      got.body += decoder.decode(bytes as Uint8Array, { stream: true });
  } catch (error) {
    got.code = codeOf(error);
  }
  // Numbers of ports are part of ids.
  return { ...got, body: got.body.replaceAll(/drill\w+x/g, 'drillx') };
}

async function overSockets(script: Script): Promise<Got> {
  await using upstream = await startUpstream({ script });
  if (script === 'refuse') await upstream.play('refuse');
  return await take(() =>
    fetch(`${upstream.url}/v1/messages`, { method: 'POST', body: BODY, redirect: 'manual', proxy: false }),
  );
}

function inMemory(script: Script): Promise<Got> {
  const clock = simulatedClock();
  const upstream = inMemoryUpstream('m', clock);
  upstream.play(script);
  const got = take(() =>
    upstream.send({
      method: 'POST',
      url: 'http://upstream.test/v1/messages',
      headers: new Headers(),
      body: BODY,
      signal: new AbortController().signal,
    }),
  );
  return clock.runUntil(got, 60_000);
}

const AT = { after: 'All is' };

describe('the same as over sockets', () => {
  test.each<[string, Fault[]]>([
    ['well', []],
    ['a status', [{ kind: 'status', status: 503, headers: { 'retry-after': '3' } }]],
    ['an error with 200', [{ kind: 'error-with-200' }]],
    ['a page', [{ kind: 'html' }]],
    ['a redirect', [{ kind: 'redirect', to: 'http://127.0.0.1:9/' }]],
    ['an empty body', [{ kind: 'empty-body' }]],
    ['a reset before the head', [{ kind: 'reset' }]],
    ['a clean end', [{ kind: 'cut', after: AT, clean: true }]],
    ['a body without length, cut', [{ kind: 'close-delimited' }, { kind: 'cut', after: AT, clean: false }]],
    ['half of an event', [{ kind: 'garbled', after: AT }]],
    ['an error event', [{ kind: 'error-event', after: AT }]],
    ['slow', [{ kind: 'slow', waitMs: 20, before: 'head' }]],
    ['a pause', [{ kind: 'stall', after: AT, forMs: 20 }]],
    ['drops', [{ kind: 'drip', gapMs: 2 }]],
    ['slices', [{ kind: 'slices', bytes: 7 }]],
    ['a late end', [{ kind: 'late-end', waitMs: 20 }]],
  ])('%s', async (_, fault) => {
    const script = { answer: text('All is well, and it goes on for a while.'), fault };
    const [real, simulated] = [await overSockets(script), await inMemory(script)];
    expect(simulated).toEqual(real);
    expect(real.status + real.code.length).toBeGreaterThan(0);
  });

  // How much of it fetch gives before it throws depends on how soon the end comes.
  test.each<[string, Fault]>([
    ['is reset', { kind: 'reset', after: AT }],
    ['is closed too early', { kind: 'cut', after: AT, clean: false }],
    ['is not in chunks where chunks were promised', { kind: 'bad-chunk', after: AT }],
  ])('a body that %s is never whole', async (_, fault) => {
    const script = { answer: text('All is well, and it goes on for a while.'), fault };
    const [real, simulated] = [await overSockets(script), await inMemory(script)];
    for (const got of [real, simulated]) {
      expect(got.code).not.toBe('');
      expect(got.body).not.toContain('message_stop');
    }
  });

  test('nobody there', async () => {
    const codes = [await overSockets('refuse'), await inMemory('refuse')].map(({ code }) => code);
    for (const code of codes) expect(['ECONNREFUSED', 'ConnectionRefused']).toContain(code);
  });

  test('what is not HTTP', async () => {
    const script = { fault: { kind: 'not-http' } } as const;
    const codes = [await overSockets(script), await inMemory(script)].map(({ code }) => code);
    for (const code of codes) expect(['Malformed_HTTP_Response', 'InvalidHTTPResponse']).toContain(code);
  });
});

function sending(script: Script) {
  const clock = simulatedClock();
  const upstream = inMemoryUpstream('m', clock);
  upstream.play(script);
  const gone = new AbortController();
  const answer = upstream.send({
    method: 'POST',
    url: 'http://upstream.test/v1/messages',
    headers: new Headers(),
    body: BODY,
    signal: gone.signal,
  });
  return { clock, upstream, gone, answer };
}

describe('on its clock', () => {
  test('silence takes its time, and pings come in theirs', async () => {
    const { clock, answer } = sending({ fault: { kind: 'stall', after: 1, pingMs: 15_000 } });
    const reader = (await answer).body?.getReader();
    await reader?.read();
    const start = clock.now();
    const ping = await clock.runUntil(reader?.read() ?? Promise.reject(), 60_000);
    expect(new TextDecoder().decode(ping.value)).toContain('ping');
    expect(clock.now() - start).toBe(15_000);
  });

  test('a request that is never answered ends with its signal, and is known to have been left', async () => {
    const { clock, upstream, gone, answer } = sending({ fault: { kind: 'black-hole' } });
    await clock.advance(1_000);
    gone.abort(new Error('enough'));
    expect(await answer.catch(String)).toContain('enough');
    expect(await upstream.asked[0]?.ended).toMatchObject({ how: 'left' });
  });

  test('nothing that could come of it is an error, not a hang', async () => {
    const { clock } = sending({});
    expect(clock.runUntil(new Promise(() => {}), 1_000)).rejects.toThrow('nothing came of it within 1 s');
  });

  test('a schedule counts from the first request, and its last spell lasts', async () => {
    const spells = onSchedule([
      [1_000, { answer: text('one') }],
      [2_000, { answer: text('two') }],
      [0, { answer: text('three') }],
    ]);
    const at = (ms: number) => (typeof spells === 'function' ? spells({ at: 5_000 + ms } as never) : {});
    const said = [0, 999, 1_000, 2_999, 3_000, 90_000].map((ms) => {
      const [block] = at(ms).answer?.blocks ?? [];
      return block?.type === 'text' ? block.text : '';
    });
    expect(said).toEqual(['one', 'one', 'two', 'two', 'three', 'three']);
  });
});
