/** What is known of a packet's data without decoding it is what decoding it would show. */
import { describe, expect, test } from 'bun:test';
import { isObject, parseJson } from '../../src/core/json.ts';
import { drain } from '../../src/core/transducer.ts';
import type { Framing, Packet } from '../../src/core/upstream.ts';
import { sse } from '../../src/wire/framing/sse.ts';
import { whole } from '../../src/wire/framing/whole.ts';

function packets(framing: Framing, body: string): Packet[] {
  return drain(framing(), [new TextEncoder().encode(body)]);
}

describe('whether the data is an object', () => {
  const HEAD = 'event: content_block_delta\n';
  const BODIES = [
    `${HEAD}data: {"a":"b"}\n\n`,
    `${HEAD}data:{"a":"b"}\n\n`,
    `${HEAD}data: {"a":"\\u00e9"}\n\n`,
    `${HEAD}data: {\n}\n\n`,
    `${HEAD}data: {\ndata: }\n\n`,
    `${HEAD}data: {}\ndata: }\n\n`,
    `${HEAD}data: {"a":"b"\n\n`,
    `${HEAD}data: [1]\n\n`,
    `${HEAD}data: {"a":"b"}\n: {}\n\n`,
    `${HEAD}data: {"a":"b"}\r\n\r\n`,
    `\uFEFF${HEAD}data: {"a":"b"}\n\n`,
    `: comment\n\n${HEAD}data: {"a":"b"}\n\n`,
    `${HEAD}id: 1\ndata: {"a":"b"}\n\n`,
    'data: {"a":"b"}\n\n',
    'event: ping\ndata: "x"\n\n',
    `${HEAD}\n`,
  ];
  test.each(BODIES)('%j', (body) => {
    for (const packet of packets(sse, body)) expect(packet.isObject).toBe(isObject(parseJson(packet.data)));
    for (const packet of packets(whole, body)) expect(packet.isObject).toBe(isObject(parseJson(packet.data)));
  });

  test('of a whole body', () => {
    expect(packets(whole, '{"a":1}').map((packet) => packet.isObject)).toEqual([true]);
    expect(packets(whole, '{"a":1').map((packet) => packet.isObject)).toEqual([false]);
  });
});
