/** How breakers look from outside: one, the worst of several, and one that has recovered. */
import { describe, expect, test } from 'bun:test';
import { initial, isolate, suspect } from '../../src/core/breaker.ts';
import { type BreakerView, dwellUntil, recoveredAt, view, worstOf } from '../../src/core/breaker-view.ts';
import type { FailureKind, Ms } from '../../src/core/failure.ts';
import { DAY, failed, gone, HOUR, MINUTE, OK, SECOND, START, Story } from './breaker-story.ts';

describe('one breaker', () => {
  const limited = failed('rate_limited', { waitMs: MINUTE, message: 'HTTP 429' });
  const until = START + MINUTE;
  const ROWS: [sentence: string, story: () => Story, seen: BreakerView][] = [
    ['never asked', () => new Story(), { name: 'closed', since: 0 }],
    [
      'shut',
      () => new Story().requests(limited),
      { name: 'cooldown', since: START, until, reason: 'HTTP 429' },
    ],
    [
      'its time up, nobody has asked',
      () => new Story().requests(limited).wait(HOUR),
      { name: 'half-open', since: until, reason: 'HTTP 429' },
    ],
    [
      'its time up, one has asked in vain',
      () => new Story().requests(limited).wait(HOUR).requests(gone),
      { name: 'half-open', since: until, reason: 'HTTP 429' },
    ],
    [
      'its time up because the clock was set back',
      () => new Story().requests(limited).wait(-HOUR),
      { name: 'half-open', since: START - HOUR, reason: 'HTTP 429' },
    ],
    [
      'recovered',
      () => new Story().requests(limited).wait(MINUTE).requests(OK).wait(MINUTE),
      { name: 'closed', since: until },
    ],
  ];
  test.each(ROWS)('%s', (_sentence, tell, seen) => {
    const story = tell();
    expect(view(story.state, story.now)).toEqual(seen);
  });

  test('held out by hand', () => {
    expect(view(isolate(initial(), START), START + DAY)).toEqual({
      name: 'isolated',
      since: START,
      reason: 'held out by hand',
    });
  });

  test.each<[Ms, BreakerView['name']]>([
    [0, 'suspect'],
    [MINUTE - 1, 'suspect'],
    [MINUTE, 'closed'],
    [-SECOND, 'suspect'],
    [-HOUR, 'closed'],
  ])('%p ms after it was suspected it shows as %s', (wait, name) => {
    expect(view(suspect(initial(), START, 'cut'), START + wait).name).toBe(name);
  });
});

describe('the worst of several', () => {
  const at = (name: BreakerView['name'], since = 0, until?: Ms): BreakerView => ({
    name,
    since,
    ...(until === undefined ? {} : { until }),
  });
  const ROWS: [sentence: string, worst: BreakerView, ...others: BreakerView[]][] = [
    ['held out before all', at('isolated'), at('blocked', 0, 9), at('cooldown', 0, 9), at('open', 0, 9)],
    ['blocked before what ends by itself', at('blocked', 0, 1), at('cooldown', 0, 9), at('open', 0, 9)],
    ['a cooldown before open, if it ends later', at('cooldown', 0, 9), at('open', 5, 8), at('half-open')],
    ['open before a cooldown, if it ends later', at('open', 0, 9), at('cooldown', 5, 8), at('closed')],
    ['one about to be tried before a suspect one', at('half-open'), at('suspect', 5), at('closed')],
    ['a suspect one before a closed one', at('suspect'), at('closed', 9)],
    ['of two alike, the one that ends later', at('open', 0, 9), at('open', 5, 8)],
    ['of two alike without an end, the later one', at('closed', 9), at('closed', 8), at('closed', 0)],
  ];
  test.each(ROWS)('%s', (_sentence, worst, ...others) => {
    expect(worstOf([worst, ...others])).toBe(worst);
    expect(worstOf([...others, worst])).toBe(worst);
  });

  test('of none: closed from the start', () => {
    expect(worstOf([])).toEqual({ name: 'closed', since: 0 });
  });
});

/** Opens so often, each time so long after it recovered, and recovers. */
function recovered(times: number, kind: FailureKind = 'unreachable', apart: Ms = 0): Story {
  const story = new Story();
  for (let i = 0; i < times; i++) {
    story.wait(apart);
    while (story.view.until === undefined) story.requests(failed(kind));
    story.sleep();
    story.requests(OK);
  }
  return story;
}

describe('one that recovered does not serve at once', () => {
  const dwell = (story: Story, returnAfterMs: Ms) =>
    (dwellUntil(story.state, story.now, returnAfterMs) ?? story.now) - story.now;

  const ROWS: [openings: number, apart: Ms, returnAfter: Ms, dwell: Ms][] = [
    [0, 0, 30 * SECOND, 0],
    [1, 0, 30 * SECOND, 30 * SECOND],
    [2, 0, 30 * SECOND, MINUTE],
    [3, 0, 30 * SECOND, 2 * MINUTE],
    [5, 0, 30 * SECOND, 8 * MINUTE],
    [6, 0, 30 * SECOND, 10 * MINUTE],
    [9, 0, 30 * SECOND, 10 * MINUTE],
    [3, 5 * MINUTE, 30 * SECOND, 2 * MINUTE],
    [3, 20 * MINUTE, 30 * SECOND, 30 * SECOND],
    [3, 0, 0, 0],
    [3, 0, HOUR, HOUR],
  ];
  test.each(ROWS)(
    'opened %p times, %p ms apart: of %p ms it takes %p',
    (openings, apart, returnAfter, ms) => {
      expect(dwell(recovered(openings, 'unreachable', apart), returnAfter)).toBe(ms);
    },
  );

  test.each<[FailureKind, Ms]>([
    ['server_error', 30 * SECOND],
    ['rate_limited', 0],
    ['exhausted', 0],
    ['unauthorized', 0],
    ['forbidden', 0],
  ])('after %s it takes %p ms', (kind, ms) => {
    expect(dwell(recovered(1, kind), 30 * SECOND)).toBe(ms);
  });

  test.each<[Ms, 'waits' | 'serves']>([
    [30 * SECOND - 1, 'waits'],
    [30 * SECOND, 'serves'],
    [-SECOND, 'waits'],
    [-MINUTE, 'waits'],
    [-HOUR, 'serves'],
  ])('%p ms after it recovered it %s', (wait, what) => {
    const { state, now } = recovered(1);
    expect(dwellUntil(state, now + wait, 30 * SECOND) === undefined).toBe(what === 'serves');
  });

  test('while it is shut or tried there is nothing to say', () => {
    const story = recovered(1).trip();
    expect(dwellUntil(story.state, story.now, HOUR)).toBeUndefined();
    story.sleep();
    story.permit();
    expect(dwellUntil(story.state, story.now, HOUR)).toBeUndefined();
  });
});

test.each<[sentence: string, story: () => Story, at: Ms | undefined]>([
  ['never anything but closed', () => new Story().requests(OK), undefined],
  ['from failures', () => recovered(1), 0],
  ['from a limit', () => recovered(1, 'rate_limited'), 0],
  ['a while ago', () => recovered(1).wait(HOUR), -HOUR],
  ['by a clock that was set back', () => recovered(1).wait(-HOUR), HOUR],
  ['still shut', () => recovered(1).trip(), undefined],
  ['closed by hand', () => recovered(1).trip().reset(), undefined],
])('has recovered: %s', (_sentence, tell, at) => {
  const story = tell();
  expect(recoveredAt(story.state)).toBe(at === undefined ? undefined : story.now + at);
});
