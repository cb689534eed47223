import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { drain } from '../../src/core/transducer.ts';
import type { Framing, Packet } from '../../src/core/upstream.ts';
import { framingFor } from '../../src/wire/framing/index.ts';
import { COMMENT, sse } from '../../src/wire/framing/sse.ts';
import { whole } from '../../src/wire/framing/whole.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** A packet as a table shows it: name, data, bytes as text. */
type Row = [name: string, data: string, bytes: string];

function rows(packets: Packet[]): Row[] {
  return packets.map((packet) => [packet.name, packet.data, text.decode(packet.bytes)]);
}

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push(bytes.slice(at, at + size));
  return cut;
}

/** What comes out in one piece; checked to come out the same however the body is cut. */
function cutEverywhere(framing: Framing, body: string | Uint8Array): Packet[] {
  const bytes = typeof body === 'string' ? utf8.encode(body) : body;
  const packets = drain(framing(), [bytes]);
  const expected = rows(packets);
  for (const size of [1, 2, 3, 7]) expect(rows(drain(framing(), pieces(bytes, size)))).toEqual(expected);
  for (let at = 0; at <= bytes.length; at++) {
    const halves = [bytes.slice(0, at), bytes.slice(at)];
    expect(rows(drain(framing(), halves))).toEqual(expected);
  }
  return packets;
}

function concatenation(packets: Packet[]): string {
  return Buffer.concat(packets.map((packet) => packet.bytes)).toString('utf8');
}

/** Bodies that end with a blank line: their packets' bytes together are the body. */
const TERMINATED: [sentence: string, body: string, packets: [name: string, data: string][]][] = [
  ['an empty body', '', []],
  ['one event', 'event: ping\ndata: {"type": "ping"}\n\n', [['ping', '{"type": "ping"}']]],
  ['a content delta', 'event: content_block_delta\ndata: {"a":1}\n\n', [['content_block_delta', '{"a":1}']]],
  [
    'events without names',
    'data: {"a":1}\n\ndata: [DONE]\n\n',
    [
      ['', '{"a":1}'],
      ['', '[DONE]'],
    ],
  ],
  [
    'CR LF',
    'event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n',
    [
      ['a', '1'],
      ['', '2'],
    ],
  ],
  [
    'CR alone',
    'event: a\rdata: 1\r\rdata: 2\r\r',
    [
      ['a', '1'],
      ['', '2'],
    ],
  ],
  [
    'mixed line ends',
    'data: 1\n\r\ndata: 2\r\n\ndata: 3\r\r\ndata: 4\n\rdata: 5\r\n\r',
    [
      ['', '1'],
      ['', '2'],
      ['', '3'],
      ['', '4'],
      ['', '5'],
    ],
  ],
  ['data without a space', 'event:a\ndata:{"b":1}\n\n', [['a', '{"b":1}']]],
  ['only one space is taken away', 'event:  a\ndata:  b \n\n', [[' a', ' b ']]],
  ['several data lines', 'data: 1\ndata:\ndata\ndata: 2\n\n', [['', '1\n\n\n2']]],
  ['data before the name', 'data: 1\nevent: a\n\n', [['a', '1']]],
  ['the last name wins', 'event: content_block_delta\ndata: 1\nevent: a\n\n', [['a', '1']]],
  ['the last name wins, with CR', 'event: content_block_delta\ndata: 1\revent: a\n\n', [['a', '1']]],
  [
    'id, retry and unknown fields',
    'id: 7\nretry: 10\nfoo: x\ndatax: 1\ndata : 2\nData: 3\ndata: 4\n\n',
    [['', '4']],
  ],
  ['a name without data', 'event: ping\n\n', [['ping', '']]],
  [
    'empty data',
    'data:\n\ndata\n\n',
    [
      ['', ''],
      ['', ''],
    ],
  ],
  ['a comment in front of an event', ': OPENROUTER PROCESSING\n\ndata: 1\n\n', [['', '1']]],
  ['a comment inside an event', 'event: a\n: hello\ndata: 1\n\n', [['a', '1']]],
  ['many comments and blank lines', '\n\n:\n\n:a\n\n\nid: 1\n\ndata: 1\n\n', [['', '1']]],
  ['a comment that looks like data', ':data: 1\n\n', [[COMMENT, '']]],
  [
    'a comment at the end',
    'data: 1\n\n: bye\n\n',
    [
      ['', '1'],
      [COMMENT, ''],
    ],
  ],
  [
    'a blank line at the end',
    'data: 1\n\n\n',
    [
      ['', '1'],
      [COMMENT, ''],
    ],
  ],
  [
    'LF after a body of CR',
    'data: 1\r\r\n',
    [
      ['', '1'],
      [COMMENT, ''],
    ],
  ],
  [
    'CR LF blank lines at the end',
    'data: 1\r\n\r\n\r\n',
    [
      ['', '1'],
      [COMMENT, ''],
    ],
  ],
  ['a name that is empty', 'event:\n\ndata: 1\n\n', [['', '1']]],
  [
    'a byte order mark',
    '\uFEFFdata: 1\n\ndata: 2\n\n',
    [
      ['', '1'],
      ['', '2'],
    ],
  ],
  ['a byte order mark before a blank line', '\uFEFF\n\ndata: 1\n\n', [['', '1']]],
  [
    'a byte order mark before a named delta',
    '\uFEFFevent: content_block_delta\ndata: 1\n\n',
    [['content_block_delta', '1']],
  ],
  [
    'a byte order mark that is not the first',
    'data: \uFEFF1\n\n\uFEFFdata: 2\n\n',
    [
      ['', '\uFEFF1'],
      [COMMENT, ''],
    ],
  ],
  ['characters of two, three and four bytes', 'event: é\ndata: "ü€😀"\n\n', [['é', '"ü€😀"']]],
  ['colons in data', 'data: a: b:\n\n', [['', 'a: b:']]],
];

describe('server-sent events', () => {
  test.each(TERMINATED)('%s', (_sentence, body, expected) => {
    const packets = cutEverywhere(sse, body);
    expect(packets.map((packet): [string, string] => [packet.name, packet.data])).toEqual(expected);
    expect(concatenation(packets)).toBe(body);
  });

  const UNTERMINATED: [sentence: string, body: string, packets: Row[]][] = [
    ['no line end', 'data: 1', [['', '1', 'data: 1\n\n']]],
    ['a line end', 'data: 1\n', [['', '1', 'data: 1\n\n']]],
    ['a CR LF', 'data: 1\r\n', [['', '1', 'data: 1\r\n\n']]],
    ['a CR', 'data: 1\r', [['', '1', 'data: 1\r\n\n']]],
    [
      '[DONE]',
      'data: 1\n\ndata: [DONE]',
      [
        ['', '1', 'data: 1\n\n'],
        ['', '[DONE]', 'data: [DONE]\n\n'],
      ],
    ],
    ['whole JSON', 'event: a\ndata: {"b":[1]}', [['a', '{"b":[1]}', 'event: a\ndata: {"b":[1]}\n\n']]],
    ['a whole line that is not JSON', 'data: hi\n', [['', 'hi', 'data: hi\n\n']]],
    [
      'a comment',
      'data: 1\n\n: bye',
      [
        ['', '1', 'data: 1\n\n'],
        [COMMENT, '', ': bye\n\n'],
      ],
    ],
    [
      'half a field name',
      'data: 1\n\ndat',
      [
        ['', '1', 'data: 1\n\n'],
        [COMMENT, '', 'dat\n\n'],
      ],
    ],
    ['carried comments', ': a\n\ndata: 1', [['', '1', ': a\n\ndata: 1\n\n']]],
  ];
  test.each(UNTERMINATED)(
    'a body that ends with %s still gives its last event',
    (_sentence, body, expected) => {
      expect(rows(cutEverywhere(sse, body))).toEqual(expected);
    },
  );

  const HALVES = [
    'event: a',
    'event: a\n',
    'event: a\r',
    'event: a\ndata:',
    'data: {"b',
    'data: "',
    'data: [DON',
    'data:\n',
  ];
  test.each(HALVES)('half an event is dropped: %j', (half) => {
    expect(rows(cutEverywhere(sse, half))).toEqual([]);
    expect(rows(cutEverywhere(sse, `data: 1\n\n${half}`))).toEqual([['', '1', 'data: 1\n\n']]);
  });

  test('malformed UTF-8 stays in the bytes and is replaced in the data', () => {
    const body = Uint8Array.of(...utf8.encode('data: '), 0xff, 0xe2, 0x82, ...utf8.encode('\n\n'));
    const [packet] = cutEverywhere(sse, body);
    expect(packet?.data).toBe('\uFFFD\uFFFD');
    expect(packet?.bytes).toEqual(body);
  });

  test('an event inside one chunk is a view of it, also of a Buffer', () => {
    const chunk = Buffer.from('xxdata: 1\n\ndata: 2\n\n').subarray(2);
    const packets = drain(sse(), [chunk]);
    expect(packets.map((packet) => packet.bytes.buffer)).toEqual([chunk.buffer, chunk.buffer]);
    expect(packets.map((packet) => packet.bytes.constructor)).toEqual([Uint8Array, Uint8Array]);
    expect(packets.map((packet) => packet.data)).toEqual(['1', '2']);
  });

  const AT_ONCE: [sentence: string, body: string][] = [
    ['LF', 'data: 1\n\n'],
    ['CR LF', 'data: 1\r\n\r\n'],
    ['CR', 'data: 1\r\r'],
  ];
  test.each(AT_ONCE)('with %s an event does not wait for the next one', (_sentence, body) => {
    expect([...sse().push(utf8.encode(body))]).toHaveLength(1);
  });

  test('the data is decoded once', () => {
    const [packet] = drain(sse(), [utf8.encode('data: 1\n\n')]);
    const first = packet?.data;
    packet?.bytes.fill(0);
    expect(packet?.data).toBe(first ?? 'missing');
  });

  test('a line of 8 MB in chunks of 16 KB', () => {
    const data = 'x'.repeat(8_000_000);
    const body = utf8.encode(`event: big\ndata: ${data}\n\n`);
    const packets = drain(sse(), pieces(body, 16_384));
    expect(packets).toHaveLength(1);
    expect(packets[0]?.data === data).toBe(true);
    expect(Buffer.compare(packets[0]?.bytes ?? new Uint8Array(0), body)).toBe(0);
  });

  /** Straight from the standard: split into lines, then read field by field. */
  function bySpecification(body: string): [string, string][] {
    const events: [string, string][] = [];
    let name = '';
    let data: string[] = [];
    for (const line of body.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
      if (line === '') {
        if (data.length > 0 || name !== '') events.push([name, data.join('\n')]);
        name = '';
        data = [];
      }
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === 'event') name = value;
      if (field === 'data') data.push(value);
    }
    return events;
  }

  test('any text: the events of the specification, every byte kept, cuts without effect', () => {
    const parts = [
      'data',
      'event',
      'id',
      ':',
      ' ',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\r\r',
      'a',
      'ü',
      '\uFEFF',
      'event: content_block_delta\n',
      'data: ',
    ];
    const bodies = fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((list) => list.join(''));
    fc.assert(
      fc.property(bodies, (start) => {
        const body = `${start}\n\n`;
        const packets = cutEverywhere(sse, body);
        expect(concatenation(packets)).toBe(body);
        const events = packets.filter((packet) => packet.name !== COMMENT);
        expect(events.map((packet): [string, string] => [packet.name, packet.data])).toEqual(
          bySpecification(body),
        );
        expect(packets.findIndex((packet) => packet.name === COMMENT)).toBeOneOf([-1, packets.length - 1]);
        const cut = cutEverywhere(sse, start).filter((packet) => packet.name !== COMMENT);
        expect(events.slice(0, cut.length).map((packet) => packet.data)).toEqual(
          cut.map((packet) => packet.data),
        );
        expect(cut.length).toBeGreaterThanOrEqual(events.length - 1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a whole body', () => {
  const BODIES: [sentence: string, body: string, packets: Row[]][] = [
    ['nothing for an empty body', '', []],
    ['one packet for anything else', '{"a":\n\n"ü"}', [['', '{"a":\n\n"ü"}', '{"a":\n\n"ü"}']]],
    ['a byte order mark is not data', '\uFEFF{}', [['', '{}', '\uFEFF{}']]],
  ];
  test.each(BODIES)('%s', (_sentence, body, expected) => {
    expect(rows(cutEverywhere(whole, body))).toEqual(expected);
  });
});

describe('the framing for a response', () => {
  const JSON_BODY = '\n {"a":1}';
  const EVENTS = ': hi\n\ndata: 1\n\n';
  const PAGE = '\r\n<html>\n\n</html>';
  const CHOICES: [type: string | null, body: string, framing: Framing][] = [
    ['text/event-stream', EVENTS, sse],
    ['text/event-stream; charset=utf-8', `\n\n\uFEFF${EVENTS}`, sse],
    ['Text/Event-Stream;charset=UTF-8', EVENTS, sse],
    ['text/event-stream', 'upstream error\n\n', sse],
    ['text/event-stream', JSON_BODY, whole],
    ['text/event-stream', PAGE, whole],
    ['text/event-stream', '\n\n', sse],
    ['application/json', JSON_BODY, whole],
    ['application/json; charset=utf-8', '"text"', whole],
    ['application/problem+json', JSON_BODY, whole],
    ['application/x-ndjson', '{}\n{}\n', whole],
    ['application/json', EVENTS, sse],
    ['application/json', 'event: a\ndata: 1\n\n', sse],
    ['application/json', 'Bad Gateway', whole],
    ['application/json', 'true', whole],
    ['text/html', PAGE, whole],
    ['text/html; charset=utf-8', 'data: 1\n\n', sse],
    ['text/html', EVENTS, sse],
    ['text/html', JSON_BODY, whole],
    ['text/html', 'Bad Gateway', whole],
    ['text/html', ' \n', whole],
    ['application/xml', EVENTS, sse],
    ['application/xml', '<?xml?>', whole],
    ['text/plain', JSON_BODY, whole],
    ['text/plain', `\uFEFF${JSON_BODY}`, whole],
    ['text/plain', '[{}]', whole],
    ['text/plain', PAGE, whole],
    ['text/plain', EVENTS, sse],
    ['application/octet-stream', EVENTS, sse],
    ['application/octet-stream', JSON_BODY, whole],
    ['', EVENTS, sse],
    [null, EVENTS, sse],
    [null, JSON_BODY, whole],
    [null, '', whole],
    [null, ' \n', whole],
  ];
  test.each(CHOICES)('%p over %j', (type, body, framing) => {
    const chosen = framingFor(type);
    if (chosen === null) throw new Error('no framing');
    expect(rows(cutEverywhere(chosen, body))).toEqual(rows(drain(framing(), [utf8.encode(body)])));
  });

  test.each(['image/png', 'audio/wav', 'application/vnd.amazon.eventstream'])('none for %s', (type) => {
    expect(framingFor(type)).toBeNull();
  });

  test('every response gets its own', () => {
    const framing = framingFor('text/event-stream');
    const one = framing?.();
    one?.push(utf8.encode('data: 1'));
    expect(framing && drain(framing(), [utf8.encode('data: 2\n\n')])).toHaveLength(1);
  });
});
