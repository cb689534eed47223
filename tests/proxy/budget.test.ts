/** The time for a first content is shared: one that is silent leaves some of it for the next. */
import { afterEach, expect, test } from 'bun:test';
import { turns } from '../support/manual-clock.ts';
import { blackHole, standingOf, type Voices } from '../support/relay.ts';
import { expectQuiet, type Stage, slow, stageOf, well } from '../support/stage.ts';

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

function stage(voices: Voices): Stage {
  const made = stageOf(voices, { failover: { budgetMs: 4_000 } });
  stages.push(made);
  return made;
}

test('a budget shorter than the first-event limit leaves time for the next, and the silent one trips', async () => {
  const one = stage({ anthropic: blackHole, backup: well('backup') });
  for (let turn = 0; turn < 2; turn += 1) {
    const got = one.go();
    await one.clock.advance(2_999);
    expect(got.status).toBe(0);
    await one.clock.advance(1);
    expect([got.status, got.upstream, got.done]).toEqual([200, 'backup', true]);
  }
  expect(standingOf(one.bench, 'anthropic').name).toBe('open');
  one.asked();
  one.go();
  await turns();
  expect(one.asked()).toEqual(['backup']);
});

test('one that begins and has nothing to say leaves time for the next, too', async () => {
  const silent = slow('anthropic');
  const one = stage({ anthropic: silent.voice, backup: well('backup') });
  const got = one.go();
  await turns();
  silent.start();
  await one.clock.advance(3_399);
  expect(got.status).toBe(0);
  await one.clock.advance(1);
  expect([got.status, got.upstream, got.done]).toEqual([200, 'backup', true]);
});

test('a lone upstream has all of the budget, and trips when it is silent for as long', async () => {
  const one = stage({ backup: blackHole });
  for (let turn = 0; turn < 2; turn += 1) {
    const got = one.go();
    await one.clock.advance(3_999);
    expect(got.done).toBe(false);
    await one.clock.advance(1);
    expect([got.status, got.done]).toEqual([503, true]);
  }
  expect(standingOf(one.bench, 'backup').name).toBe('open');
});
