/** An answer that is cut after its first content never looks whole, and ends so that its client can go on. */
import { describe, expect, test } from 'bun:test';
import { answer, calls, text } from '../../src/drill/answers.ts';
import {
  ANSWERS,
  type Break,
  brokenOff,
  delivered,
  expectEnding,
  expectSdkTakes,
  OTHER_CLIENT,
  piecesOf,
  positionAfter,
} from '../support/broken-off.ts';
import { manualClock } from '../support/manual-clock.ts';
import {
  ask,
  backup,
  benchOf,
  CLAUDE_CODE,
  eventsOf,
  fakeSend,
  primary,
  streamOf,
  wordsOf,
} from '../support/relay.ts';

const SESSION = { 'x-claude-code-session-id': 'session-1' };

async function cut(events: readonly string[], sent: string, how: Break, agent: string) {
  const whole = delivered(events, sent, how);
  let turn = 0;
  const send = fakeSend({
    anthropic: () => {
      turn += 1;
      return turn > 1
        ? streamOf(eventsOf(text('from the primary again')))
        : brokenOff(piecesOf(whole, sent), how);
    },
    backup: () => streamOf(eventsOf(text('from the backup'), 'up2')),
  });
  const bench = benchOf([primary(), backup()], { send });
  const said = await ask(bench, { headers: { 'user-agent': agent, ...SESSION } });
  const came = sent.startsWith(whole.join('')) ? whole : whole.slice(0, -1);
  return { said, whole, came, bench, send, all: events.join('') };
}

const WAYS = ANSWERS.flatMap(([name, said]) =>
  [CLAUDE_CODE, OTHER_CLIENT].flatMap((agent) =>
    (['clean end', 'broken connection', 'error event'] as const).map(
      (how) => [name, how, agent, said] as const,
    ),
  ),
);

describe('a stream that ends at any event', () => {
  test.each(WAYS)('%s, %s, for %s', async (_, how, agent, said) => {
    const events = eventsOf(said);
    for (let count = 0; count < events.length; count += 1) {
      await expectCut(await cut(events, events.slice(0, count).join(''), how, agent), agent);
    }
  });
});

describe('a stream that ends at any byte', () => {
  test.each(WAYS.filter(([, how, agent]) => how !== 'error event' && agent === CLAUDE_CODE))(
    '%s, %s, for %s',
    async (name, how, agent, said) => {
      const events = eventsOf(said);
      const all = events.join('');
      // Before the first content every place is like the next: one answer is enough for those.
      const first = events.findIndex((_, at) => positionAfter(events.slice(0, at + 1)).hasContent);
      const from = name === 'text' ? 0 : events.slice(0, first).join('').length;
      let before = -1;
      for (let count = from; count < all.length; count += 1) {
        const result = await cut(events, all.slice(0, count), how, agent);
        expectAnswer(result, agent);
        if (result.whole.length > before) await expectCut(result, agent);
        before = result.whole.length;
      }
    },
  );
});

type Result = Awaited<ReturnType<typeof cut>>;

/** Whether the answer was cut after its first content; checks what its client got. */
function expectAnswer({ said, whole, came }: Result, agent: string): boolean {
  // An event that only the body's end completes comes together with the failure: nothing has gone out before it.
  if (!positionAfter(came).hasContent) {
    expect(wordsOf(said)).toBe('from the backup');
    expect(said.headers.get('x-ccproxy-attempts')).toBe('2');
    return false;
  }
  expectEnding(said, whole, agent);
  expect(said.headers.get('x-ccproxy-attempts')).toBe('1');
  return !positionAfter(whole).over;
}

async function expectCut(result: Result, agent: string): Promise<void> {
  if (!expectAnswer(result, agent)) return;
  const { said, bench, send, all } = result;
  if (agent !== CLAUDE_CODE) await expectSdkTakes(said, all);
  const outcome = positionAfter(result.whole).ending ? 'ok' : 'failed';
  expect(bench.events.requests).toMatchObject([{ upstream: 'anthropic', outcome }]);
  const again = await ask(bench, { headers: SESSION });
  expect(wordsOf(again)).toBe('from the backup');
  expect(send.sent.map(({ upstream }) => upstream)).toEqual(['anthropic', 'backup']);
}

test('the same cut in one piece with all before it is a failure before content: the backup answers', async () => {
  const events = eventsOf(text('One sentence.'));
  const send = fakeSend({
    anthropic: () => streamOf([`${events.slice(0, 5).join('')}event: error\ndata: {"type":"error"}\n\n`]),
    backup: () => streamOf(eventsOf(text('from the backup'))),
  });
  const said = await ask(benchOf([primary(), backup()], { send }));
  expect(wordsOf(said)).toBe('from the backup');
});

test('what came in the same piece as the failure reaches the client before the ending', async () => {
  const events = eventsOf(calls([['Read', { a: 1 }]], 'I will read that.'));
  const broken = 'event: error\ndata: {"type":"error","error":{"type":"api_error"}}\n\n';
  const stop = events.findIndex((event) => event.includes('content_block_stop'));
  const send = fakeSend({
    anthropic: () => streamOf([...events.slice(0, 4), events.slice(4, stop + 1).join('') + broken]),
  });
  const said = await ask(benchOf([primary()], { send }));
  expectEnding(said, events.slice(0, stop + 1), CLAUDE_CODE);
});

test('what follows the end of an answer does not spoil it', async () => {
  const whole = eventsOf().join('');
  const send = fakeSend({ anthropic: () => streamOf([`${whole}event: error\ndata: {"type":"error"}\n\n`]) });
  const said = await ask(benchOf([primary()], { send }));
  expect([said.text, said.reset]).toEqual([whole, false]);
});

test('an upstream that died mid-stream is last for the session and for others, until it has answered', async () => {
  let broken = true;
  const events = eventsOf(text('One sentence, and another.'));
  const send = fakeSend({
    anthropic: () => streamOf(broken ? events.slice(0, 5) : eventsOf(text('well again'))),
    backup: () => (broken ? streamOf(eventsOf(text('from the backup'))) : new Response('', { status: 500 })),
  });
  const bench = benchOf([primary(), backup()], { send });
  await ask(bench, { headers: SESSION });
  expect(wordsOf(await ask(bench, { headers: { 'x-claude-code-session-id': 'another' } }))).toBe(
    'from the backup',
  );
  broken = false;
  expect(wordsOf(await ask(bench, { headers: SESSION }))).toBe('well again');
  expect(wordsOf(await ask(bench, { headers: SESSION }))).toBe('well again');
  expect(send.sent.map(({ upstream }) => upstream)).toEqual([
    'anthropic',
    'backup',
    'backup',
    'anthropic',
    'anthropic',
  ]);
});

test('suspicion lasts a minute: then the upstream is asked in its turn, or nobody would know that it is well', async () => {
  let broken = true;
  const events = eventsOf(text('One sentence, and another.'));
  const send = fakeSend({
    anthropic: () => streamOf(broken ? events.slice(0, 5) : eventsOf(text('well again'))),
    backup: () => streamOf(eventsOf(text('from the backup'))),
  });
  const clock = manualClock();
  const bench = benchOf([primary(), backup()], { send, clock });
  await ask(bench);
  broken = false;
  await clock.advance(59_999);
  expect(wordsOf(await ask(bench))).toBe('from the backup');
  await clock.advance(1);
  expect(wordsOf(await ask(bench))).toBe('well again');
});

test('thinking alone, shown as it came, resets the connection: the client asks again', async () => {
  const events = eventsOf(answer([{ type: 'thinking', thinking: 'let me see', signature: 'c2lnbmVk' }]));
  const send = fakeSend({ anthropic: () => streamOf(events) });
  const said = await ask(benchOf([primary()], { send }));
  expect(said.reset).toBe(true);
  expect(said.text).not.toContain('message_delta');
});
