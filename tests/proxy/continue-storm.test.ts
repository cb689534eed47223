/** Many answers that break off in one moment: whoever goes on with them is not flattened, and nothing is left of any. */
import { expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { CUT, OTHER, REST, WHOLE } from '../support/continue-stage.ts';
import { turns } from '../support/manual-clock.ts';
import { eventsOf, framesOf, type OpenBody, openBody, wordsOf } from '../support/relay.ts';
import { type Client, expectQuiet, said, stageOf } from '../support/stage.ts';

const EVENTS = eventsOf(text(REST), 'up2');

/** Thirty agents that hear the beginning of Anthropic's answer, which then breaks off for all of them. */
async function broken() {
  const beginnings: OpenBody[] = [];
  const rests: OpenBody[] = [];
  const into =
    (bodies: OpenBody[], ...events: string[]) =>
    (outgoing: Parameters<typeof openBody>[0]) => {
      const body = openBody(outgoing);
      bodies.push(body);
      body.push(...events);
      return body.response;
    };
  const one = stageOf(
    { anthropic: into(beginnings, ...CUT), backup: into(rests) },
    { failover: { midStream: 'continue' } },
  );
  const headers = { 'user-agent': OTHER };
  const clients = Array.from({ length: 30 }, (_, at) =>
    one.go(said({ session: 's', agent: `a${at}` }, { headers })),
  );
  await turns();
  for (const body of beginnings) body.fail(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  await turns();
  return { one, clients, rests };
}

function isOne({ text: got }: Client): boolean {
  const frames = framesOf(Buffer.from(got));
  assertGrammar(frames);
  return wordsOf({ frames, text: got } as Parameters<typeof wordsOf>[0]) === WHOLE;
}

/** Has those that wait go on, one after the other, until nobody is left; says how many waited at most at once. */
async function goOnWithAll(rests: readonly OpenBody[]): Promise<number[]> {
  const waiting: number[] = [];
  for (let at = 0; at < rests.length; at += 1) {
    if (rests[at]?.isGone) continue;
    waiting.push(rests.length - at);
    rests[at]?.push(...EVENTS);
    rests[at]?.end();
    await turns();
  }
  return waiting;
}

test('they come to the backup a few at a time, and all are gone on with', async () => {
  const { one, clients, rests } = await broken();
  expect([rests.length, one.bench.gates.waiting]).toEqual([4, 26]);
  const waiting = await goOnWithAll(rests);
  expect(clients.every((client) => client.done && isOne(client))).toBe(true);
  expect(waiting.every((count, at) => count <= 4 + at)).toBe(true);
  expect(one.bench.events.requests.map(({ upstream }) => upstream)).toEqual(Array(30).fill('backup'));
  expectQuiet(one);
});

test.each<[string, (at: number) => boolean]>([
  ['while they wait for a place', (at) => at >= 4],
  ['while they wait for the rest', (at) => at < 4],
  ['every other one', (at) => at % 2 === 0],
  ['all of them', () => true],
])('clients that leave, %s, leave nothing behind', async (_, isLeaving) => {
  const { one, clients, rests } = await broken();
  for (const [at, client] of clients.entries()) if (isLeaving(at)) client.leave();
  await turns();
  await goOnWithAll(rests);
  const staying = clients.filter((_client, at) => !isLeaving(at));
  expect(clients.every(({ done }) => done)).toBe(true);
  expect(staying.every(isOne)).toBe(true);
  const ended = one.bench.events.requests.map(({ outcome }) => outcome);
  expect(ended.filter((outcome) => outcome === 'ok')).toHaveLength(staying.length);
  expect(ended.filter((outcome) => outcome === 'cancelled')).toHaveLength(30 - staying.length);
  expectQuiet(one);
});

test('those that nobody has a place for in time end as without it', async () => {
  const { one, clients } = await broken();
  await one.clock.advance(120_000);
  for (const client of clients)
    expect([client.done, client.text.endsWith('before the answer ended"}}\n\n')]).toEqual([true, true]);
  expect(one.bench.events.requests.map(({ outcome }) => outcome)).toEqual(Array(30).fill('failed'));
  expectQuiet(one);
});
