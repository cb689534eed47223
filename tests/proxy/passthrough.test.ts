/** What Anthropic says and what it is asked pass byte for byte. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import { ask, asking, benchOf, eventsOf, fakeSend, primary, streamOf, wholeOf } from '../support/relay.ts';

const spaced = (line: string) => line.replace(/data: (.*)\}\n\n$/, 'data:   $1   }      \n\n');
const FORMS: [name: string, form: (events: string[]) => string][] = [
  ['as it is', (events) => events.join('')],
  ['with CRLF', (events) => events.join('').replaceAll('\n', '\r\n')],
  ['with CR', (events) => events.join('').replaceAll('\n', '\r')],
  [
    'with comments',
    (events) => `: hello\n\n${events.map((event) => `:${event.length}\n${event}`).join(': between\n\n')}`,
  ],
  ['with padding', (events) => events.map(spaced).join('')],
  ['without spaces', (events) => events.join('').replaceAll(': {', ':{').replaceAll('event: ', 'event:')],
  ['with ids', (events) => events.map((event, at) => `id: ${at}\nretry: 100\n${event}`).join('\n\n')],
  ['with a byte order mark', (events) => `\uFEFF${events.join('')}`],
  [
    'with what comes next year',
    (events) =>
      [
        ...events.slice(0, 4),
        'event: next_year\ndata: {"type":"next_year","n":1.0,"big":12345678901234567890}\n\n',
        'event: unknown\ndata: not even JSON\n\n',
        'event: ping\ndata: {"type": "ping"}\n\n',
        ...events.slice(4),
      ].join(''),
  ],
  ['with its beginning twice', ([start = '', ...rest]) => [start, start, ...rest].join('')],
  ['with another answer spliced into it', (events) => [...events.slice(0, 4), ...events].join('')],
  [
    'with deltas in other spelling',
    (events) => events.map((event) => event.replace('"index":0', '"x":1.50,"index": 0')).join(''),
  ],
];

const ANSWERS = [
  text('Grüße, 世界 🎉'),
  thinkingThenText('let me see', 'this is it'),
  calls(
    [
      ['Read', { a: 'b"c\\d' }],
      ['Grep', {}],
    ],
    'I will.',
  ),
];

/** `bytes` cut at the given places, taken modulo its length. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set([0, bytes.length, ...places.map((place) => place % (bytes.length + 1))])].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((to, index) => bytes.subarray(at[index], to));
}

describe('a stream comes out as it went in', () => {
  test.each(FORMS)('%s', async (_, form) => {
    const property = fc.asyncProperty(
      fc.constantFrom(...ANSWERS),
      fc.array(fc.nat(20_000), { maxLength: 40 }),
      async (answer, places) => {
        const bytes = Buffer.from(form(eventsOf(answer)));
        const send = fakeSend({ anthropic: () => streamOf(cutAt(bytes, places)) });
        const said = await ask(benchOf([primary()], { send }));
        expect([said.text, said.reset]).toEqual([bytes.toString('utf8'), false]);
        expect(Buffer.compare(said.bytes, bytes)).toBe(0);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test('byte by byte', async () => {
    const bytes = Buffer.from(eventsOf(text('Grüße')).join(''));
    const send = fakeSend({ anthropic: () => streamOf(cutAt(bytes, [...bytes.keys()])) });
    expect((await ask(benchOf([primary()], { send }))).text).toBe(bytes.toString('utf8'));
  });
});

test('a whole answer comes out as it went in', async () => {
  const body = `${wholeOf().replace('"usage":', ' "n":1.0, "big":12345678901234567890,\n"usage":')}  \n`;
  const send = fakeSend({
    anthropic: () => new Response(body, { headers: { 'content-type': 'application/json' } }),
  });
  expect((await ask(benchOf([primary()], { send }), { stream: false })).text).toBe(body);
});

describe('what it is asked', () => {
  const BODY =
    ' {"max_tokens" : 64,"model":"claude-\\u006fpus-4-8" ,"stream":true,"n":1.0,"big":12345678901234567890,"é":"\\u00e9","messages":[{"role":"user","content":"model"}], "model_x":"claude-opus-4-8"}\n';

  async function sentFor(
    body: string,
    model = (asked: string) => asked,
    request: Parameters<typeof asking>[0] = {},
  ) {
    const send = fakeSend({ anthropic: () => streamOf(eventsOf()) });
    await ask(
      benchOf([primary({ model, extraHeaders: { 'x-extra': 'yes' } })], { send }),
      asking({ body, ...request }),
    );
    const [sent] = send.sent;
    if (sent === undefined) throw new Error('nothing was sent');
    return sent;
  }

  test("is the client's own bytes, model included", async () => {
    expect((await sentFor(BODY)).body).toBe(BODY);
  });

  test('and a mapped model replaces the bytes of the model alone', async () => {
    expect((await sentFor(BODY, () => 'claude-"new"')).body).toBe(
      BODY.replace('"claude-\\u006fpus-4-8"', '"claude-\\"new\\""'),
    );
  });

  test("with the client's query and headers, but for those of the hop and of ccproxy", async () => {
    const headers = {
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'a-1, b-2',
      'anthropic-next': 'new',
      'x-unknown': 'kept',
      'user-agent': 'mine/1',
      accept: 'text/event-stream',
      'accept-encoding': 'gzip, br',
      connection: 'keep-alive, x-hop',
      'x-hop': 'this hop alone',
      'keep-alive': '5',
      te: 'trailers',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      'proxy-authorization': 'Basic x',
      host: 'localhost:3456',
      'content-length': '12',
      cookie: 'a=b',
      origin: 'http://localhost:3456',
      'x-ccproxy-token': 'secret',
      'x-ccproxy-instance': 'secret',
      'x-forwarded-for': '10.0.0.1',
    };
    const { outgoing } = await sentFor(BODY, undefined, { headers, search: '?beta=true&x=%20' });
    expect(outgoing.url).toBe('http://primary.test/v1/messages?beta=true&x=%20');
    expect(Object.fromEntries(outgoing.headers)).toEqual({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'a-1, b-2',
      'anthropic-next': 'new',
      'x-unknown': 'kept',
      'user-agent': 'mine/1',
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
      'x-api-key': 'client-key',
      'x-extra': 'yes',
    });
  });

  test('and lines of one header are one header', async () => {
    const inbound = asking({});
    inbound.headers.append('anthropic-beta', 'a-1');
    inbound.headers.append('anthropic-beta', 'b-2');
    const send = fakeSend({ anthropic: () => streamOf(eventsOf()) });
    await ask(benchOf([primary()], { send }), inbound);
    expect(send.sent[0]?.outgoing.headers.get('anthropic-beta')).toBe('a-1, b-2');
  });
});

test('headers of its answer are kept, but for those of the hop and of whoever stands before it', async () => {
  const theirs = {
    'request-id': 'req_theirs',
    'anthropic-ratelimit-requests-remaining': '7',
    'anthropic-next': 'new',
    'x-unknown': 'kept',
    'content-type': 'text/event-stream; charset=utf-8',
  };
  const dropped = {
    connection: 'close, x-hop',
    'x-hop': '1',
    'keep-alive': '5',
    'content-encoding': 'identity',
    'content-length': '1',
    'set-cookie': 'a=b',
    server: 'x',
    via: 'x',
    'cf-ray': '1',
    'strict-transport-security': 'max-age=1',
    'access-control-allow-origin': '*',
    'x-ccproxy-upstream': 'forged',
  };
  const send = fakeSend({ anthropic: () => streamOf(eventsOf(), { ...dropped, ...theirs }) });
  const said = await ask(benchOf([primary()], { send }));
  expect(Object.fromEntries(said.headers)).toEqual({
    ...theirs,
    'cache-control': 'no-cache',
    'x-ccproxy-request-id': 'req_1',
    'x-ccproxy-upstream': 'anthropic',
    'x-ccproxy-attempts': '1',
  });
});
