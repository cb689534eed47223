import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type BreakerSettings, initial, type Permit, suspect } from '../../src/core/breaker.ts';
import { type FailureKind, type Outcome, VERDICTS } from '../../src/core/failure.ts';
import { DAY, down, failed, gone, HOUR, MINUTE, OK, SECOND, START, Story } from './breaker-story.ts';

describe('whatever happens', () => {
  const kinds = Object.keys(VERDICTS) as FailureKind[];
  const failure: fc.Arbitrary<Outcome> = fc
    .record({ kind: fc.constantFrom(...kinds), hint: fc.option(fc.integer({ min: -MINUTE, max: 40 * DAY })) })
    .map(({ kind, hint }) => failed(kind, hint === null ? {} : { retryAt: START + hint }));
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        which: fc.nat(),
        outcome: fc.oneof(fc.constant(OK), fc.constant(down), failure),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        duration: fc.oneof(fc.nat(30 * SECOND), fc.nat(10 * MINUTE), fc.nat(40 * DAY)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('sleep' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('suspect' as const) }) },
  );
  const settings: fc.Arbitrary<BreakerSettings> = fc.record({
    failures: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.integer({ min: 1, max: 5 * MINUTE }),
    ratio: fc.double({ min: 0.01, max: 1, noNaN: true }),
    minSamples: fc.integer({ min: 1, max: 20 }),
    openMs: fc.integer({ min: 1, max: MINUTE }),
    openMaxMs: fc.integer({ min: 1, max: 10 * MINUTE }),
  });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('one canary at a time, none while shut, open times within bounds, never stuck', () => {
    fc.assert(
      fc.property(settings, random, fc.array(event, { maxLength: 60 }), (chosen, jitter, events) => {
        const story = new Story(chosen);
        story.random = jitter;
        let permits: { permit: Permit; canary: boolean }[] = [];
        for (const one of events) {
          const before = story.view;
          const state = story.state;
          if (one.do === 'wait') story.wait(one.duration);
          if (one.do === 'sleep') story.sleep();
          if (one.do === 'suspect') story.state = suspect(story.state, story.now, 'cut');
          if (one.do === 'ask') {
            const permit = story.ask();
            const canaries = permits.filter(
              ({ canary, permit }) => canary && permit.generation === story.state.generation,
            );
            if (before.name === 'open' || before.name === 'cooldown') expect(permit).toBeNull();
            if (before.name === 'closed' || before.name === 'suspect') expect(permit).not.toBeNull();
            if (before.name === 'half-open') expect(permit === null).toBe(canaries.length === 1);
            if (permit) permits.push({ permit, canary: before.name === 'half-open' });
          }
          if (one.do === 'settle' && permits.length > 0) {
            const [settled] = permits.splice(one.which % permits.length, 1);
            if (settled === undefined) continue;
            story.settle(settled.permit, one.outcome);
            const { outcome } = one;
            const verdict = outcome.ok ? 'ok' : VERDICTS[outcome.failure.kind].breaker;
            if (settled.permit.generation !== state.generation) expect(story.state).toBe(state);
            if (verdict === 'exclude') expect(story.view).toEqual(before);
            if (story.state !== state && story.view.name === 'open' && !outcome.ok) {
              const openFor = (story.view.until ?? 0) - story.now;
              const least = 0.8 * Math.min(chosen.openMs, chosen.openMaxMs);
              const hint = (outcome.failure.retryAt ?? 0) - story.now;
              expect(openFor).toBeGreaterThanOrEqual(least - 0.001);
              if (hint !== openFor) expect(openFor).toBeLessThanOrEqual(1.2 * chosen.openMaxMs + 0.001);
              expect(openFor).toBeLessThanOrEqual(Math.max(6 * HOUR, 1.2 * chosen.openMaxMs));
            }
          }
          expect(JSON.parse(JSON.stringify(story.state))).toEqual(story.state);
        }
        for (const { permit } of permits) story.settle(permit, gone);
        permits = [];
        expect(story.wait(32 * DAY).ask()).not.toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  test('excluded results alone never change anything', () => {
    const excluded = kinds.filter((kind) => VERDICTS[kind].breaker === 'exclude');
    fc.assert(
      fc.property(settings, fc.array(fc.constantFrom(...excluded), { maxLength: 30 }), (chosen, outcomes) => {
        const story = new Story(chosen).requests(...outcomes.map((kind) => failed(kind)));
        expect(story.state).toEqual(initial());
      }),
    );
  });
});
