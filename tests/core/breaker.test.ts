import { afterEach, describe, expect, test } from 'bun:test';
import { type BreakerView, initial, lastResort, reset, suspect } from '../../src/core/breaker.ts';
import { type FailureKind, type Ms, type Outcome, VERDICTS } from '../../src/core/failure.ts';
import { memoryStore } from '../../src/store/memory.ts';
import {
  DAY,
  down,
  failed,
  gone,
  HOUR,
  MINUTE,
  OK,
  SECOND,
  SETTINGS,
  START,
  Story,
} from './breaker-story.ts';

const limited = failed('rate_limited');

describe('what opens it', () => {
  const SEQUENCES: [sentence: string, outcomes: Outcome[], name: BreakerView['name']][] = [
    ['nothing', [], 'closed'],
    ['one failure', [down], 'closed'],
    ['two in a row', [down, down], 'open'],
    ['two with a success between', [down, OK, down], 'closed'],
    ['two with a cancelled request between', [down, gone, down], 'open'],
    ['half of four', [down, OK, OK, down], 'closed'],
    ['less than half of five', [down, OK, OK, OK, down], 'closed'],
    ['half of six, the last one a failure', [OK, down, OK, down, OK, down], 'open'],
    ['half of six, the last one a success', [down, OK, down, OK, down], 'open'],
    ['failures of different kinds', [failed('slow'), failed('garbled')], 'open'],
    ['one refusal for lack of quota', [limited], 'cooldown'],
    ['spent money', [OK, failed('exhausted')], 'cooldown'],
  ];
  test.each(SEQUENCES)('%s', (_sentence, outcomes, name) => {
    expect(new Story().requests(...outcomes).view.name).toBe(name);
  });

  const KINDS = Object.entries(VERDICTS) as [FailureKind, (typeof VERDICTS)[FailureKind]][];
  const AFTER = { count: 'open', trip: 'open', cooldown: 'cooldown', exclude: 'closed' } as const;
  test.each(KINDS)(
    'a first %s failure, with a limit of one, does what its verdict says',
    (kind, { breaker }) => {
      const story = new Story({ ...SETTINGS, failures: 1 });
      expect(story.requests(failed(kind)).view.name).toBe(AFTER[breaker]);
    },
  );

  const { garbled } = VERDICTS;
  afterEach(() => {
    VERDICTS.garbled = garbled;
  });
  test('a failure whose verdict is trip opens it at once', () => {
    VERDICTS.garbled = { failover: true, breaker: 'trip' };
    expect(new Story().requests(failed('garbled')).view.name).toBe('open');
  });

  test('failures outside the window are forgotten, those in a row are not', () => {
    const rarely = new Story({ ...SETTINGS, failures: 10 });
    for (let i = 0; i < 9; i++) expect(rarely.wait(MINUTE).requests(down, OK).view.name).toBe('closed');
    const often = new Story({ ...SETTINGS, failures: 10 });
    for (let i = 0; i < 2; i++) often.wait(10 * SECOND).requests(OK, down);
    expect(often.wait(10 * SECOND).requests(OK).view.name).toBe('closed');
    expect(often.requests(down).view.name).toBe('open');
    expect(new Story().requests(down).wait(DAY).requests(down).view.name).toBe('open');
  });

  test('a clock that is set back a little keeps what it counted', () => {
    const afterwards = (wait: Ms) => {
      const story = new Story({ ...SETTINGS, failures: 10 }).requests(OK, down, OK, down);
      return story.wait(wait).requests(down).view.name;
    };
    expect([0, -20 * SECOND, -HOUR].map(afterwards)).toEqual(['open', 'open', 'closed']);
  });

  test('a clock that jumps to and fro loses nothing', () => {
    const story = new Story({ ...SETTINGS, failures: 10 })
      .requests(OK, down)
      .wait(-20 * SECOND)
      .requests(OK);
    expect(story.wait(20 * SECOND).requests(down, down).view.name).toBe('open');
  });
});

describe('open', () => {
  test('gives no permit before its time, and says until when and why', () => {
    const story = new Story().trip({ message: 'HTTP 500' });
    const until = START + 15 * SECOND;
    expect(story.view).toEqual({ name: 'open', since: START, until, reason: 'HTTP 500' });
    expect(story.wait(15 * SECOND - 1).ask()).toBeNull();
    expect(story.wait(1).view).toEqual({ name: 'half-open', since: until, reason: 'HTTP 500' });
    expect(story.ask()).not.toBeNull();
    expect(story.view).toEqual({ name: 'half-open', since: until, reason: 'HTTP 500' });
  });

  test('doubles with every opening, up to its longest time', () => {
    const story = new Story();
    const times = [1, 2, 3, 4, 5, 6, 7].map(() => story.trip().sleep() / SECOND);
    expect(times).toEqual([15, 30, 60, 120, 240, 300, 300]);
  });

  test('a minute in closed forgives one opening', () => {
    const again = (closedFor: Ms) => {
      const story = new Story();
      for (let i = 0; i < 3; i++) story.trip().sleep();
      return story.requests(OK).wait(closedFor).trip().sleep() / SECOND;
    };
    expect([0, MINUTE - 1, MINUTE, 2 * MINUTE, 3 * MINUTE, DAY].map(again)).toEqual([
      120, 120, 60, 30, 15, 15,
    ]);
  });

  test('what came on top of the longest time does not take longer to be forgiven', () => {
    const story = new Story();
    for (let i = 0; i < 50; i++) story.trip().sleep();
    expect(
      story
        .requests(OK)
        .wait(6 * MINUTE)
        .trip()
        .sleep(),
    ).toBe(15 * SECOND);
  });

  const JITTER: [random: number, seconds: number][] = [
    [0, 12],
    [0.5, 15],
    [0.999999, 18],
  ];
  test.each(JITTER)('jitter of %p makes 15 s into about %p s', (random, seconds) => {
    const story = new Story();
    story.random = random;
    expect(story.trip().sleep() / SECOND).toBeCloseTo(seconds, 3);
  });

  const HINTS: [sentence: string, hint: Ms, openFor: Ms][] = [
    ['a later time is believed', MINUTE, MINUTE],
    ['an earlier one is not', SECOND, 15 * SECOND],
    ['a past one is not', -MINUTE, 15 * SECOND],
    ['six hours are believed', 6 * HOUR, 6 * HOUR],
    ['more than six hours are not', 6 * HOUR + 1, 15 * SECOND],
    ['nonsense is not', Number.NaN, 15 * SECOND],
  ];
  test.each(HINTS)('the time a failure names: %s', (_sentence, hint, openFor) => {
    expect(new Story().trip({ retryAt: START + hint }).sleep()).toBe(openFor);
  });

  test('an open time of zero does not hang it up', () => {
    const story = new Story({ ...SETTINGS, openMs: 0 });
    for (let i = 0; i < 3000; i++) story.settle(story.permit(), down);
    expect(story.ask()).not.toBeNull();
  });

  test('a clock that was set back does not keep it open for longer', () => {
    expect(new Story().trip().wait(-SECOND).ask()).toBeNull();
    expect(new Story().trip().wait(-HOUR).ask()).not.toBeNull();
  });
});

describe('half-open', () => {
  function halfOpen(): Story {
    const story = new Story().trip();
    story.sleep();
    return story;
  }

  test('lets one request through at a time', () => {
    const story = halfOpen();
    const canary = story.permit();
    expect([story.ask(), story.wait(DAY).ask()]).toEqual([null, null]);
    expect(story.settle(canary, OK).view).toEqual({ name: 'closed', since: story.now });
    expect([story.ask(), story.ask()]).not.toContain(null);
  });

  test('a failure opens it for longer', () => {
    const story = halfOpen().requests(down);
    expect(story.view).toMatchObject({ name: 'open', until: story.now + 30 * SECOND });
  });

  test('a result that says nothing about the upstream leaves the place to the next', () => {
    const story = halfOpen();
    for (const kind of ['cancelled', 'too_long', 'rejected', 'offline'] as const)
      story.requests(failed(kind));
    expect(story.wait(MINUTE).view).toEqual({
      name: 'half-open',
      since: START + 15 * SECOND,
      reason: 'server_error',
    });
    const canary = story.permit();
    expect(story.view.since).toBe(START + 15 * SECOND);
    expect(story.settle(canary, OK).view.name).toBe('closed');
  });

  test('a canary settled twice frees no second place', () => {
    const story = halfOpen();
    const first = story.permit();
    story.settle(first, gone);
    story.settle(first, OK);
    const second = story.permit();
    story.settle(first, gone).settle(first, down);
    expect([story.view.name, story.ask()]).toEqual(['half-open', null]);
    const closed = story.settle(second, OK).state;
    expect(closed.phase).toBe('closed');
    expect(story.settle(second, down).state).toBe(closed);
  });

  test('an old success is no proof: the window starts afresh', () => {
    const story = new Story().requests(OK, OK, OK, OK).trip();
    story.sleep();
    expect(story.requests(OK, down).view.name).toBe('closed');
  });
});

describe('results of an earlier generation are ignored', () => {
  const LATE: [sentence: string, outcome: Outcome][] = [
    ['a success', OK],
    ['a failure', down],
    ['a refusal for lack of quota', limited],
    ['a cancelled one', gone],
  ];
  test.each(LATE)('%s from before the opening', (_sentence, outcome) => {
    const story = new Story();
    const late = story.permit();
    story.trip();
    const open = story.state;
    expect(story.settle(late, outcome).state).toBe(open);
    story.sleep();
    const canary = story.permit();
    const halfOpen = story.state;
    expect(story.settle(late, outcome).state).toBe(halfOpen);
    const closed = story.settle(canary, OK).state;
    expect(story.settle(late, outcome).state).toBe(closed);
  });
});

describe('cooldown', () => {
  test('lasts exactly until the time it was told, then lets one canary through', () => {
    const story = new Story().requests(
      failed('exhausted', { retryAt: START + 3 * DAY, message: 'weekly limit' }),
    );
    expect(story.view).toEqual({
      name: 'cooldown',
      since: START,
      until: START + 3 * DAY,
      reason: 'weekly limit',
    });
    expect(story.wait(3 * DAY - 1).ask()).toBeNull();
    const canary = story.wait(1).permit();
    expect(story.ask()).toBeNull();
    expect(story.settle(canary, OK).view.name).toBe('closed');
  });

  const UNKNOWN = [undefined, START - 1, START, Number.NaN];
  test.each(UNKNOWN)('a time of %p is none: 30 s, doubling to ten minutes', (retryAt) => {
    const outcome = retryAt === undefined ? limited : failed('rate_limited', { retryAt });
    const story = new Story();
    const times = [1, 2, 3, 4, 5, 6, 7].map(() => story.requests(outcome).sleep() / SECOND);
    expect(times).toEqual([30, 60, 120, 240, 480, 600, 600]);
    expect(story.requests(OK, outcome).sleep()).toBe(30 * SECOND);
  });

  test('known ones do not make unknown ones longer', () => {
    const story = new Story();
    for (let i = 0; i < 3; i++)
      story.requests(failed('rate_limited', { retryAt: story.now + SECOND })).sleep();
    expect(story.requests(limited).sleep()).toBe(30 * SECOND);
  });

  test('is never longer than a billing period', () => {
    const story = new Story().requests(failed('exhausted', { retryAt: Number.POSITIVE_INFINITY }));
    expect(story.sleep()).toBe(32 * DAY);
  });

  test('does not make later open times longer', () => {
    const story = new Story();
    for (let i = 0; i < 5; i++) story.requests(limited).sleep();
    expect(story.requests(down).view).toMatchObject({ name: 'open', until: story.now + 15 * SECOND });
  });

  test('does not make them shorter either', () => {
    const story = new Story().trip();
    story.sleep();
    story.requests(limited).sleep();
    expect(story.requests(down).view).toMatchObject({ name: 'open', until: story.now + 30 * SECOND });
  });
});

describe('suspect', () => {
  test('is still given permits and shows since when and why', () => {
    const story = new Story();
    story.state = suspect(story.state, START, 'cut in the middle');
    expect(story.view).toEqual({ name: 'suspect', since: START, reason: 'cut in the middle' });
    expect(story.ask()).not.toBeNull();
  });

  test('a success clears it, other results do not', () => {
    const story = new Story();
    story.state = suspect(story.state, START, 'cut');
    expect(story.requests(gone, down).view.name).toBe('suspect');
    expect(story.requests(OK).view.name).toBe('closed');
  });

  test('changes nothing in any other phase', () => {
    const story = new Story().trip();
    expect(suspect(story.state, START, 'cut')).toBe(story.state);
    story.sleep();
    story.ask();
    expect(suspect(story.state, START, 'cut')).toBe(story.state);
  });
});

describe('the last resort', () => {
  const RESULTS: [sentence: string, outcome: Outcome, name: BreakerView['name']][] = [
    ['a success closes it', OK, 'closed'],
    ['a failure leaves it open', down, 'open'],
    ['a cancelled request leaves it open', gone, 'open'],
    ['a refusal for lack of quota starts a cooldown', limited, 'cooldown'],
  ];
  test.each(RESULTS)('while open, %s', (_sentence, outcome, name) => {
    const story = new Story().trip();
    expect(story.settle(lastResort(story.state), outcome).view.name).toBe(name);
  });

  test('while half-open it takes nothing from the canary', () => {
    const story = new Story().trip();
    story.sleep();
    const canary = story.permit();
    for (const outcome of [down, gone]) story.settle(lastResort(story.state), outcome);
    expect([story.view.name, story.ask()]).toEqual(['half-open', null]);
    expect(story.settle(canary, OK).view.name).toBe('closed');
  });
});

test('reset by hand closes it and forgets', () => {
  const story = new Story().trip();
  story.sleep();
  const canary = story.permit();
  story.state = reset(story.state, story.now);
  expect(story.settle(canary, limited).view).toEqual({ name: 'closed', since: story.now });
  expect(story.trip().sleep()).toBe(15 * SECOND);
});

test('a store in memory: closed for a name never seen, otherwise what was written', () => {
  const store = memoryStore();
  expect(store.read('a')).toEqual(initial());
  const { state } = new Story().trip();
  store.write('a', state);
  expect([store.read('a'), store.read('b')]).toEqual([state, initial()]);
});
