/** A conversation that fits nobody who works: when the client is told to make it shorter, and when to wait. */
import { describe, expect, test } from 'bun:test';
import type { BreakerSettings } from '../../src/core/breaker.ts';
import { manualClock } from '../support/manual-clock.ts';
import { ask, BREAKER, backup, benchOf, fakeSend, primary, standingOf } from '../support/relay.ts';

const refuse =
  (status: number, message: string, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify({ type: 'error', error: { type: 'api_error', message } }), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    });
const TOO_LONG = refuse(400, 'prompt is too long: 9000 tokens > 8000 maximum');
const SHORTER = [400, 'prompt is too long: 9000 tokens > 8000 maximum'];

function table(open: Partial<BreakerSettings>, anthropic = refuse(529, 'Overloaded')) {
  const clock = manualClock();
  const send = fakeSend({ anthropic, backup: TOO_LONG });
  const chain = [primary({ breaker: { ...BREAKER, ...open } }), backup()];
  const bench = benchOf(chain, { send, clock });
  const asked = async () => {
    const said = await ask(bench);
    const { error } = JSON.parse(said.text) as { error: { message: string } };
    return { said: [said.status, error.message], retryAfter: said.headers.get('retry-after') };
  };
  return { bench, clock, asked };
}

describe('while the upstream that takes more is down', () => {
  test('the client waits as long as that may end soon, and is told to make it shorter when it lasts', async () => {
    const { bench, clock, asked } = table({ failures: 2, openMs: 15_000, openMaxMs: 300_000 });
    expect((await asked()).said[0]).toBe(503);
    const second = await asked();
    expect([standingOf(bench, 'anthropic').name, second.said[0]]).toEqual(['open', 503]);
    expect(Number(second.retryAfter)).toBeWithin(10, 21);
    await clock.advance(Number(second.retryAfter) * 1000);
    expect((await asked()).said).toEqual(SHORTER);
  });

  test('it is told so at once when everybody knows that it lasts', async () => {
    const { asked } = table({ failures: 1, openMs: 60_000, openMaxMs: 300_000 });
    expect((await asked()).said).toEqual(SHORTER);
    expect((await asked()).said).toEqual(SHORTER);
  });

  test('what else Anthropic says of the request is heard first', async () => {
    const { asked } = table({}, refuse(429, 'Limited.', { 'retry-after': '9000' }));
    expect((await asked()).said).toEqual([429, 'Limited.']);
    expect((await asked()).said).toEqual(SHORTER);
  });
});

test('an upstream that failed once may answer the next time: the client tries again', async () => {
  const { asked } = table({ failures: 5 });
  expect(await asked()).toMatchObject({ said: [503, expect.stringContaining('no upstream could answer')] });
});
