/** What ccproxy's own answer says of the upstreams when none could answer. */
import { expect, test } from 'bun:test';
import { manualClock } from '../support/manual-clock.ts';
import { ask, backup, benchOf, fakeSend, type Said } from '../support/relay.ts';

const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response('{}', { status, headers });

function alone(voice: () => Response) {
  const clock = manualClock();
  return { clock, bench: benchOf([backup()], { send: fakeSend({ backup: voice }), clock }) };
}

function wordsOf(said: Said): string {
  const { error } = JSON.parse(said.text) as { error: { message: string } };
  return `${said.headers.get('x-should-retry') ?? said.headers.get('retry-after')}: ${error.message}`;
}

test('a long wait is said as people say it', async () => {
  const { bench } = alone(refuse(429, { 'retry-after': '3000' }));
  expect(wordsOf(await ask(bench))).toBe(
    'false: ccproxy: no upstream could answer. backup: status 429 (breaker cooldown, again in 50 min). See: ccproxy status',
  );
});

test('a short one is that of the header', async () => {
  const { bench, clock } = alone(refuse(500));
  await ask(bench);
  await ask(bench);
  await clock.advance(400);
  expect(wordsOf(await ask(bench))).toMatch(/^15: .*\(breaker open, again in 15 s\)/);
});

test('who is blocked is tried again at a known time, though no client should wait for it', async () => {
  const { bench, clock } = alone(refuse(401));
  for (const time of ['5 min', '4 min 30 s']) {
    expect(wordsOf(await ask(bench))).toMatch(
      new RegExp(`^false: .*\\(breaker blocked, tried again in ${time}\\)`),
    );
    await clock.advance(30_000);
  }
});

test('whoever waiting does not help names no time', async () => {
  const { bench } = alone(refuse(404));
  expect(wordsOf(await ask(bench))).toMatch(/^false: .*\(breaker open\)/);
});
