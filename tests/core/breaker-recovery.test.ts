/** What ends it when a breaker is open, in a cooldown or blocked: who is let through, and what closes it. */
import { describe, expect, test } from 'bun:test';
import { isolate, lastResort } from '../../src/core/breaker.ts';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import type { FailureKind, Ms, Outcome } from '../../src/core/failure.ts';
import type { Proof } from '../../src/core/verdict.ts';
import {
  DAY,
  down,
  failed,
  gone,
  HOUR,
  lost,
  MINUTE,
  OK,
  SECOND,
  SETTINGS,
  START,
  Story,
} from './breaker-story.ts';

const limited = failed('rate_limited');

/** Its time is up; nobody has asked it yet. */
function halfOpen(kind: FailureKind = 'server_error', prober: Proof | null = null): Story {
  const story = new Story({ ...SETTINGS, prober });
  while (story.view.until === undefined) story.requests(failed(kind));
  story.sleep();
  return story;
}

describe('half-open', () => {
  test('lets one request through at a time', () => {
    const story = halfOpen();
    const canary = story.permit();
    expect([story.ask(), story.ask('probe'), story.wait(DAY).ask()]).toEqual([null, null, null]);
    expect(story.settle(canary, OK).view).toEqual({ name: 'closed', since: story.now });
    expect([story.ask(), story.ask()]).not.toContain(null);
  });

  test('a failure opens it for longer', () => {
    const story = halfOpen().requests(down);
    expect(story.view).toMatchObject({ name: 'open', until: story.now + 30 * SECOND });
  });

  test('also one that counts for half', () => {
    expect(halfOpen().requests(failed('transient')).view.name).toBe('open');
  });

  test('what it takes to close it stays what its worst failure takes', () => {
    const story = halfOpen('server_error', 'connection').probe(lost);
    story.sleep();
    story
      .probe(OK)
      .wait(2 * SECOND)
      .probe(OK);
    expect([story.view.name, story.requests(OK).view.name]).toEqual(['half-open', 'closed']);
  });

  test('a result that says nothing about the upstream leaves the place to the next', () => {
    const story = halfOpen();
    for (const kind of ['cancelled', 'too_long', 'rejected', 'unsupported', 'offline'] as const)
      story.requests(failed(kind));
    const view = { name: 'half-open', since: START + 15 * SECOND, reason: 'server_error' } as const;
    expect(story.wait(MINUTE).view).toEqual(view);
    const canary = story.permit();
    expect(story.view).toEqual(view);
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
    expect(story.requests(OK).wait(MINUTE).requests(down).view.name).toBe('closed');
  });
});

describe('where there are probes, they go first', () => {
  test.each<[Ms, 'gets' | 'waits']>([
    [0, 'waits'],
    [9_999, 'waits'],
    [10 * SECOND, 'gets'],
    [DAY, 'gets'],
  ])('half-open for %p ms without one, a request %s its turn', (wait, turn) => {
    expect(halfOpen('server_error', 'inference').wait(wait).ask() === null).toBe(turn === 'waits');
  });

  test.each<[sentence: string, away: Ms]>([
    ['while it was open', 0],
    ['when its time was up', 20 * SECOND],
  ])('without one, a clock that was set back %s does not hold requests up', (_sentence, away) => {
    const story = new Story({ ...SETTINGS, prober: 'connection' }).trip({}, 'unreachable');
    story.wait(away);
    if (away > 0) story.settle(story.permit('probe'), gone);
    story.wait(-HOUR);
    expect([story.view.name, story.wait(10 * SECOND).ask() === null]).toEqual(['half-open', false]);
  });

  /** Kind that shut it · what a good probe shows · what there is after one, and after a second two seconds later. */
  const CLOSING: [FailureKind, Proof, first: string, second: string][] = [
    ['unreachable', 'connection', 'waits for a probe', 'closed'],
    ['refused', 'connection', 'waits for a probe', 'closed'],
    ['untrusted', 'connection', 'waits for a probe', 'closed'],
    ['unresponsive', 'connection', 'waits for a probe', 'closed'],
    ['unreachable', 'credential', 'closed', 'closed'],
    ['unreachable', 'inference', 'closed', 'closed'],
    ['unauthorized', 'connection', "a request's turn", "a request's turn"],
    ['unauthorized', 'credential', 'closed', 'closed'],
    ['server_error', 'connection', "a request's turn", "a request's turn"],
    ['overloaded', 'connection', "a request's turn", "a request's turn"],
    ['overloaded', 'credential', "a request's turn", "a request's turn"],
    ['forbidden', 'credential', "a request's turn", "a request's turn"],
    ['stalled', 'inference', 'closed', 'closed'],
    ['rate_limited', 'connection', "a request's turn", "a request's turn"],
    ['exhausted', 'credential', "a request's turn", "a request's turn"],
    ['misdirected', 'connection', "a request's turn", "a request's turn"],
  ];
  test.each(CLOSING)('after %s, a probe that shows %s: %s; a second: %s', (kind, shown, first, second) => {
    const story = halfOpen(kind, shown);
    const stands = () => {
      if (story.view.name !== 'half-open') return story.view.name;
      const permit = story.ask();
      if (permit !== null) story.settle(permit, gone);
      return permit === null ? 'waits for a probe' : "a request's turn";
    };
    story.probe(OK);
    const seen = stands();
    if (story.view.name === 'half-open') story.wait(2 * SECOND).probe(OK);
    expect([seen, stands()]).toEqual([first, second]);
  });

  test.each<[Ms, BreakerView['name']]>([
    [0, 'half-open'],
    [1999, 'half-open'],
    [2000, 'closed'],
    [MINUTE, 'closed'],
    [-HOUR, 'closed'],
  ])('two good connections %p ms apart leave it %s', (apart, name) => {
    expect(halfOpen('unreachable', 'connection').probe(OK).wait(apart).probe(OK).view.name).toBe(name);
  });

  test('the two count from the first good one, whatever said nothing in between', () => {
    const story = halfOpen('unreachable', 'connection').probe(OK).wait(SECOND).probe(gone).probe(OK);
    expect([story.view.name, story.wait(SECOND).probe(OK).view.name]).toEqual(['half-open', 'closed']);
  });

  test('a failure between them opens it, and both have to come again', () => {
    const story = halfOpen('unreachable', 'connection').probe(OK).wait(SECOND).probe(lost);
    story.sleep();
    expect(story.wait(SECOND).probe(OK).view.name).toBe('half-open');
  });

  test('while one is under way, no request is let through, and no second probe', () => {
    const story = halfOpen('server_error', 'connection');
    const probe = story.permit('probe');
    expect([story.ask(), story.ask('probe')]).toEqual([null, null]);
    story.settle(probe, OK, 'connection');
    expect(story.permit()).toMatchObject({ canary: true });
    expect([story.ask(), story.ask('probe')]).toEqual([null, null]);
  });

  test('after a cooldown the first request does not wait for one', () => {
    expect(halfOpen('rate_limited', 'inference').ask()).not.toBeNull();
    expect(halfOpen('unauthorized', 'credential').ask()).toBeNull();
  });

  test('while it is closed both are let through', () => {
    const story = new Story({ ...SETTINGS, prober: 'inference' });
    expect([story.ask(), story.ask('probe')]).not.toContain(null);
  });
});

describe('results of an earlier generation are ignored', () => {
  const LATE: [sentence: string, outcome: Outcome][] = [
    ['a success', OK],
    ['a failure', down],
    ['a refusal for lack of quota', limited],
    ['a rejected key', failed('unauthorized')],
    ['a cancelled one', gone],
  ];
  test.each(LATE)('%s from before the opening', (_sentence, outcome) => {
    const story = new Story();
    const late = story.permit();
    story.trip();
    const open = story.state;
    expect(story.settle(late, outcome).state).toBe(open);
    const despair = lastResort(open);
    story.sleep();
    const canary = story.permit();
    const trying = story.state;
    expect(story.settle(late, outcome).settle(despair, outcome).state).toBe(trying);
    const closed = story.settle(canary, OK).state;
    expect(story.settle(late, outcome).settle(despair, outcome).state).toBe(closed);
    story.state = isolate(closed, story.now);
    const held = story.state;
    expect(story.settle(lastResort(held), outcome).state).toBe(held);
  });
});

describe('cooldown', () => {
  test('lasts exactly as long as it was told, then lets one canary through', () => {
    const story = new Story();
    story.random = 0.9;
    story.requests(failed('exhausted', { waitMs: 3 * DAY, message: 'weekly limit' }));
    const until = START + 3 * DAY;
    expect(story.view).toEqual({ name: 'cooldown', since: START, until, reason: 'weekly limit' });
    expect([story.wait(3 * DAY - 1).ask(), story.ask('probe')]).toEqual([null, null]);
    const canary = story.wait(1).permit();
    expect(story.ask()).toBeNull();
    expect(story.settle(canary, OK).view.name).toBe('closed');
  });

  /** What it names, and how long that makes it. */
  const HINTS: [FailureKind, waitMs: Ms | undefined, lasts: Ms][] = [
    ['rate_limited', 1, 1],
    ['rate_limited', 40 * SECOND, 40 * SECOND],
    ['rate_limited', 6 * HOUR, 6 * HOUR],
    ['rate_limited', 6 * HOUR + 1, 30 * SECOND],
    ['rate_limited', 0, 30 * SECOND],
    ['rate_limited', -1, 30 * SECOND],
    ['rate_limited', Number.NaN, 30 * SECOND],
    ['rate_limited', Number.POSITIVE_INFINITY, 30 * SECOND],
    ['rate_limited', undefined, 30 * SECOND],
    ['exhausted', 6 * HOUR + 1, 6 * HOUR + 1],
    ['exhausted', 32 * DAY, 32 * DAY],
    ['exhausted', 32 * DAY + 1, HOUR],
    ['exhausted', undefined, HOUR],
    ['exhausted', 0, HOUR],
    ['model_exhausted', 32 * DAY, 32 * DAY],
    ['model_exhausted', 32 * DAY + 1, HOUR],
  ];
  test.each(HINTS)('%s for %p ms lasts %p ms', (kind, waitMs, lasts) => {
    const hint = waitMs === undefined ? {} : { waitMs };
    expect(new Story().requests(failed(kind, hint)).sleep()).toBe(lasts);
  });

  const UNKNOWN: [FailureKind, seconds: number[]][] = [
    ['rate_limited', [30, 60, 120, 240, 480, 600, 600]],
    ['exhausted', [3600, 3600, 3600]],
    ['model_exhausted', [3600, 3600, 3600]],
  ];
  test.each(UNKNOWN)('%s without an end: %p seconds, and from the first after a success', (kind, seconds) => {
    const story = new Story();
    expect(seconds.map(() => story.requests(failed(kind)).sleep() / SECOND)).toEqual(seconds);
    expect(story.requests(OK, failed(kind)).sleep() / SECOND).toBe(seconds[0] ?? 0);
  });

  test('known ones do not make unknown ones longer', () => {
    const story = new Story();
    for (let i = 0; i < 3; i++) story.requests(failed('rate_limited', { waitMs: SECOND })).sleep();
    expect(story.requests(limited).sleep()).toBe(30 * SECOND);
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

describe('blocked', () => {
  const LASTS: [FailureKind, minutes: number][] = [
    ['unauthorized', 5],
    ['untrusted', 5],
    ['forbidden', 15],
  ];
  test.each(LASTS)('%s is tried again after %p minutes, each time', (kind, minutes) => {
    const story = new Story();
    for (let i = 0; i < 4; i++) {
      expect(story.requests(failed(kind, { waitMs: DAY, message: 'no' })).view).toEqual({
        name: 'blocked',
        since: story.now,
        until: story.now + minutes * MINUTE,
        reason: 'no',
      });
      expect([story.wait(minutes * MINUTE - 1).ask(), story.ask('probe')]).toEqual([null, null]);
      story.wait(1);
    }
    expect(story.requests(OK).trip().sleep()).toBe(15 * SECOND);
  });
});

describe('the last resort', () => {
  const RESULTS: [sentence: string, outcome: Outcome, name: BreakerView['name']][] = [
    ['a success closes it', OK, 'closed'],
    ['a failure leaves it open', down, 'open'],
    ['one that would open it at once leaves it open', failed('misdirected'), 'open'],
    ['a cancelled request leaves it open', gone, 'open'],
    ['a refusal for lack of quota starts a cooldown', limited, 'cooldown'],
    ['a rejected key blocks it', failed('unauthorized'), 'blocked'],
  ];
  test.each(RESULTS)('while open, %s', (_sentence, outcome, name) => {
    const story = new Story().trip();
    const { until } = story.view;
    expect(story.wait(SECOND).lastResort(outcome).view.name).toBe(name);
    if (name === 'open') expect(story.view.until).toBe(until);
  });

  test('while half-open it takes nothing from the canary', () => {
    const story = halfOpen();
    const canary = story.permit();
    story.lastResort(down).lastResort(gone);
    expect([story.view.name, story.ask()]).toEqual(['half-open', null]);
    expect(story.settle(canary, OK).view.name).toBe('closed');
  });

  test('while half-open, without a canary: a success closes it, a failure changes nothing', () => {
    const story = halfOpen();
    story.requests(gone);
    expect(story.lastResort(down).view.name).toBe('half-open');
    expect(story.lastResort(OK).view.name).toBe('closed');
  });

  test('a success that shows too little leaves it open', () => {
    const story = new Story().trip();
    const after = (shown: Proof) => story.settle(lastResort(story.state), OK, shown).view.name;
    expect([after('connection'), after('credential'), after('inference')]).toEqual([
      'open',
      'open',
      'closed',
    ]);
  });

  test('a result that comes when it was given up by hand changes nothing', () => {
    const story = new Story().trip();
    const permit = lastResort(story.state);
    story.state = isolate(story.state, story.now);
    expect(story.settle(permit, OK).view.name).toBe('isolated');
  });
});
