/** What any other client gets of an answer that is cut at any byte: the official SDK takes it up to an explicit error. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { sseOf } from '../support/anthropic.ts';
import {
  type Break,
  brokenOff,
  delivered,
  expectEnding,
  expectSdkTakes,
  OTHER_CLIENT,
  piecesOf,
  positionAfter,
} from '../support/broken-off.ts';
import { ask, backup, benchOf, eventsOf, fakeSend, primary, streamOf, wordsOf } from '../support/relay.ts';

/** Answers as Anthropic writes them: with pings inside blocks, empty deltas, and usage in all its parts. */
const start = (id: string) => ({
  type: 'message_start',
  message: {
    model: 'claude-opus-4-8',
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: 14,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 1,
      service_tier: 'standard',
    },
  },
});
const block = (index: number, opening: object, deltas: object[]) => [
  { type: 'content_block_start', index, content_block: opening },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const words = (index: number, pieces: string[]) =>
  block(
    index,
    { type: 'text', text: '' },
    pieces.map((piece) => ({ type: 'text_delta', text: piece })),
  );
const tool = (index: number, name: string, pieces: string[]) =>
  block(
    index,
    { type: 'tool_use', id: `toolu_01Fh${index}kq`, name, input: {} },
    ['', ...pieces].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  );
const end = (reason: string) => [
  {
    type: 'message_delta',
    delta: { stop_reason: reason, stop_sequence: null },
    usage: {
      input_tokens: 14,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 31,
    },
    context_management: { applied_edits: [] },
  },
  { type: 'message_stop' },
];
const PING = { type: 'ping' };

const [open, ...said] = words(0, ['Good', ' morning', '! Grüße, 世界 🎉.']);
const thought = block(0, { type: 'thinking', thinking: '', signature: '' }, [
  { type: 'thinking_delta', thinking: 'They ask for' },
  { type: 'thinking_delta', thinking: ' a greeting.' },
  { type: 'thinking_delta', thinking: '' },
  { type: 'signature_delta', signature: 'RXZlcnkgc2lnbmF0dXJlIGlzIG9wYXF1ZQ==' },
]);
const STREAMS: [name: string, stream: string][] = [
  ['text', sseOf([start('t1'), open ?? PING, PING, ...said, ...end('end_turn')])],
  [
    'thinking and text',
    sseOf([start('t2'), ...thought, PING, ...words(1, ['Hello', '.']), ...end('end_turn')]),
  ],
  [
    'parallel tools',
    sseOf([
      start('t3'),
      ...words(0, ['Both of', ' them.']),
      ...tool(1, 'Read', ['{"file_path": "', '/tmp/a', '"}']),
      ...tool(2, 'Glob', ['{"pattern"', ': "*.md"}']),
      ...end('tool_use'),
    ]),
  ],
  [
    'a call that its limit cut off',
    sseOf([
      start('t4'),
      ...words(0, ['I write', ' it.']),
      ...tool(1, 'Write', ['{"text": "', 'Good mor']).slice(0, -1),
      ...end('max_tokens'),
    ]),
  ],
];

const WAYS = ['clean end', 'broken connection', 'error event'] as const;

/** The end of every event and every `step`-th place besides; an error is an event of its own and follows whole ones. */
function placesIn(stream: string, how: Break, step: number): Set<number> {
  const places = new Set([0, ...[...stream.matchAll(/\n\n/g)].map(({ index }) => index + 2)]);
  if (how !== 'error event') for (let at = 0; at < stream.length; at += step) places.add(at);
  places.delete(stream.length);
  return places;
}

/** One answer, cut after its first `bytes` characters, as a client without a way to go on sees it. */
async function expectPlainEnd(stream: string, at: number, how: Break): Promise<void> {
  const events = stream.split(/(?<=\n\n)/);
  const sent = stream.slice(0, at);
  const whole = delivered(events, sent, how);
  const send = fakeSend({
    anthropic: () => brokenOff(piecesOf(whole, sent), how),
    backup: () => streamOf(eventsOf(text('from the backup'), 'up2')),
  });
  const bench = benchOf([primary(), backup()], { send });
  const got = await ask(bench, { headers: { 'user-agent': OTHER_CLIENT } });
  // An event that only the body's end completes comes together with the failure: nothing has gone out before it.
  const came = sent.startsWith(whole.join('')) ? whole : whole.slice(0, -1);
  if (!positionAfter(came).hasContent && !positionAfter(whole).over) {
    expect(wordsOf(got)).toBe('from the backup');
    return;
  }
  expectEnding(got, whole, OTHER_CLIENT);
  await expectSdkTakes(got, stream);
}

describe('a stream in the shape of a real one, cut at every byte', () => {
  const rows = STREAMS.flatMap(([name, stream]) => WAYS.map((how) => [name, how, stream] as const));
  test.each(rows)('%s, %s', async (_, how, stream) => {
    for (const at of placesIn(stream, how, 1)) await expectPlainEnd(stream, at, how);
  });
});

const recorded = process.env.CCPROXY_RECORDED;
/** A long recording is cut at so many places, beside every end of an event. */
const MOST_PLACES = 2_000;
/** Whole as they are, these break the grammar: two starts, which the SDK refuses. */
const BROKEN = /duplicate-message-start|spliced-message-start/;

if (recorded !== undefined) {
  const folder = join(recorded, 'anthropic');
  const streams = readdirSync(folder)
    .filter((name) => !BROKEN.test(name))
    .map((name): [string, string] => [name, readFileSync(join(folder, name), 'utf8')]);

  describe('a recorded stream, cut wherever it can be', () => {
    const rows = streams.flatMap(([name, file]) => WAYS.map((how) => [name, how, file] as const));
    test.each(rows)(
      '%s, %s',
      async (name, how, file) => {
        const stream = name.endsWith('.chunks.txt') ? sseOf(eventsIn(file)) : file;
        const step = Math.ceil(stream.length / MOST_PLACES);
        for (const at of placesIn(stream, how, step)) await expectPlainEnd(stream, at, how);
      },
      60_000,
    );
  });
}

function eventsIn(file: string): { type: string }[] {
  const lines = file.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line): { type: string } => JSON.parse(line));
}
