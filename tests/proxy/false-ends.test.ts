/** An answer that says it is over, and is not: what is missing of it cannot be known, so it is not passed off as whole. */
import { describe, expect, test } from 'bun:test';
import { calls, text } from '../../src/drill/answers.ts';
import { ask, backup, benchOf, eventsOf, fakeSend, primary, streamOf, wordsOf } from '../support/relay.ts';

const TEXT = eventsOf(text('One sentence, and another.'));
const CALL = eventsOf(calls([['Read', { file_path: '/a' }]]));
const without = (events: readonly string[], name: string) =>
  events.filter((event) => !event.startsWith(`event: ${name}`));

/** The head comes first, so that the answer has begun when the rest comes. */
const inTwo = (events: readonly string[]) => [events.slice(0, 5).join(''), events.slice(5).join('')];

describe.each([
  ['a text without its end', without(TEXT, 'content_block_stop')],
  ['a call without its end', without(CALL, 'content_block_stop')],
  ['no reason to end', without(TEXT, 'message_delta')],
])('message_stop after %s', (_, events) => {
  test('is a cut for a client that streams', async () => {
    const send = fakeSend({ anthropic: () => streamOf(inTwo(events)) });
    const said = await ask(benchOf([primary()], { send }), { headers: { 'user-agent': 'another' } });
    expect(said.frames.at(-1)?.name).toBe('error');
    expect(said.text).not.toContain('message_stop');
  });

  test('moves on when nothing has gone out yet', async () => {
    const send = fakeSend({
      anthropic: () => streamOf([events.join('')]),
      backup: () => streamOf(eventsOf(text('from the backup'))),
    });
    const said = await ask(benchOf([primary(), backup()], { send }));
    expect(wordsOf(said)).toBe('from the backup');
  });
});

test('an answer that lacks nothing but its last event is whole for its client, and written down so', async () => {
  const send = fakeSend({ anthropic: () => streamOf(inTwo(without(TEXT, 'message_stop'))) });
  const bench = benchOf([primary()], { send });
  const said = await ask(bench);
  expect(said.text).toBe(TEXT.join(''));
  expect(bench.events.requests).toMatchObject([{ outcome: 'ok' }]);
  expect(bench.events.attempts).toMatchObject([{ failure: { kind: 'cut' } }]);
});
