/** What turns out while an answer is waited for, and what is left of a storm when everything is down. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Upstream } from '../../src/core/upstream.ts';
import { hastenReturn } from '../../src/proxy/interventions.ts';
import { ask } from '../../src/proxy/permits.ts';
import { turns } from '../support/manual-clock.ts';
import { standingOf, subjectIn, type Voices } from '../support/relay.ts';
import {
  endings,
  expectQuiet,
  refusing,
  type Stage,
  said,
  slow,
  stageOf,
  upstreamOf,
  well,
} from '../support/stage.ts';

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

function stage(voices: Voices, chain?: Upstream[]): Stage {
  const made = stageOf(voices, chain === undefined ? {} : { chain });
  stages.push(made);
  return made;
}

/** Two failures that somebody else had there. */
function trip({ bench }: Stage, name: string, kind: 'refused' | 'overloaded'): void {
  const subject = subjectIn(bench, name);
  for (let time = 0; time < 2; time += 1)
    ask(subject, bench.runtime, 'request')?.settle({ ok: false, failure: { kind, message: kind } });
}

describe('an upstream that goes down while it is silent', () => {
  test('is not waited for any longer: the next one is asked, and nobody is to blame for the first', async () => {
    const first = slow('anthropic');
    const one = stage({ anthropic: first.voice, backup: well('backup') });
    const got = one.go();
    await one.clock.advance(5_000);
    trip(one, 'anthropic', 'refused');
    await one.clock.advance(1_000);
    expect([got.status, got.upstream, got.attempts]).toEqual([200, 'backup', 2]);
    expect(first.bodies[0]?.isGone).toBe(true);
    expect(endings(one.bench)).toEqual([
      ['anthropic', 'cancelled'],
      ['backup', 'ok'],
    ]);
    hastenReturn(subjectIn(one.bench, 'anthropic'), one.bench.runtime);
    expect(standingOf(one.bench, 'anthropic').name).toBe('half-open');
  });

  test.each<[string, (first: ReturnType<typeof slow>) => void, 'refused' | 'overloaded']>([
    ['has begun to answer', (first) => first.start(), 'refused'],
    ['only this model of it is overloaded', () => {}, 'overloaded'],
  ])('is waited for where it %s', async (_, before, kind) => {
    const first = slow('anthropic');
    const one = stage({ anthropic: first.voice, backup: well('backup') });
    const got = one.go();
    await turns();
    before(first);
    await one.clock.advance(5_000);
    trip(one, 'anthropic', kind);
    await one.clock.advance(5_000);
    expect(one.asked()).toEqual(['anthropic']);
    first.finish();
    await turns();
    expect(got.upstream).toBe('anthropic');
  });

  test('is waited for where nobody else could answer', async () => {
    const first = slow('anthropic');
    const one = stage({ anthropic: first.voice });
    const got = one.go();
    await turns();
    trip(one, 'anthropic', 'refused');
    await one.clock.advance(5_000);
    first.finish();
    await turns();
    expect([got.upstream, got.attempts]).toEqual(['anthropic', 1]);
  });

  test('is waited for where the model of everybody else could not take the request', async () => {
    const first = slow('anthropic');
    const deaf = upstreamOf('deaf', { facts: () => ({ tools: false }) });
    const one = stage({ anthropic: first.voice, deaf: well('deaf') }, [upstreamOf('anthropic'), deaf]);
    const got = one.go(said({ isMidTurn: true }));
    await turns();
    trip(one, 'anthropic', 'refused');
    await one.clock.advance(5_000);
    first.finish();
    await turns();
    expect([got.upstream, got.attempts]).toEqual(['anthropic', 1]);
  });
});

test('when everything is down, a storm of requests does not become one of last resorts', async () => {
  const one = stage({ anthropic: refusing(500), backup: refusing(500) });
  for (let turn = 0; turn < 2; turn += 1) await one.done();
  one.asked();
  for (let second = 0; second < 6; second += 1) {
    for (let client = 0; client < 50; client += 1) one.go();
    await one.clock.advance(1_000);
  }
  const asked = one.asked();
  for (const name of ['anthropic', 'backup'])
    expect(asked.filter((each) => each === name).length).toBeWithin(5, 5 + 6 + 1);
});
