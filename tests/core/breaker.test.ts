/** What opens a breaker, for how long, and what is forgiven. What ends it: breaker-recovery.test.ts. */
import { describe, expect, test } from 'bun:test';
import { hasten, initial, isolate, reset, suspect, trip } from '../../src/core/breaker.ts';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import type { FailureKind, Ms, Outcome } from '../../src/core/failure.ts';
import { VERDICTS } from '../../src/core/verdict.ts';
import { memoryStore } from '../../src/store/memory.ts';
import {
  DAY,
  down,
  failed,
  gone,
  HOUR,
  KINDS,
  lost,
  MINUTE,
  OK,
  SECOND,
  SETTINGS,
  START,
  Story,
} from './breaker-story.ts';

const limited = failed('rate_limited');
const again = failed('transient');

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
    ['one to connect and one of the answer', [lost, down], 'open'],
    ['one of the answer and one to connect', [down, lost], 'open'],
    ['three that count for half', [again, again, again], 'closed'],
    ['four that count for half', [again, again, again, again], 'open'],
    ['two that count for half, and a whole one', [again, again, down], 'open'],
    ['one that counts for half, and a whole one', [again, down], 'closed'],
    ['one refusal for lack of quota', [limited], 'cooldown'],
    ['spent money', [OK, failed('exhausted')], 'cooldown'],
    ['one rejected key', [failed('unauthorized')], 'blocked'],
    ['a page where the API should be', [OK, failed('misdirected')], 'open'],
  ];
  test.each(SEQUENCES)('%s', (_sentence, outcomes, name) => {
    expect(new Story().requests(...outcomes).view.name).toBe(name);
  });

  const AFTER = {
    count: 'open',
    trip: 'open',
    cooldown: 'cooldown',
    block: 'blocked',
    exclude: 'closed',
  } as const;
  test.each(KINDS)('two %s failures, with a limit of one, do what their verdict says', (kind) => {
    const story = new Story({ ...SETTINGS, failures: 1 });
    for (let i = 0; i < 2 && story.view.name === 'closed'; i++) story.requests(failed(kind));
    expect(story.view.name).toBe(AFTER[VERDICTS[kind].breaker]);
  });

  test.each(KINDS.filter((kind) => VERDICTS[kind].breaker === 'trip'))(
    'one %s failure is enough, whatever the limit',
    (kind) => {
      expect(new Story({ ...SETTINGS, failures: 100 }).requests(failed(kind)).view.name).toBe('open');
    },
  );

  test('failures outside the window are forgotten, those in a row are not', () => {
    const rarely = new Story({ ...SETTINGS, failures: 10 });
    for (let i = 0; i < 9; i++) expect(rarely.wait(MINUTE).requests(down, OK).view.name).toBe('closed');
    const often = new Story({ ...SETTINGS, failures: 10 });
    for (let i = 0; i < 2; i++) often.wait(10 * SECOND).requests(OK, down);
    expect(often.wait(10 * SECOND).requests(OK).view.name).toBe('closed');
    expect(often.requests(down).view.name).toBe('open');
    expect(new Story().requests(down).wait(DAY).requests(down).view.name).toBe('open');
  });

  test('in the share that fails, a half failure is half an outcome', () => {
    const story = new Story({ ...SETTINGS, failures: 100 }).requests(OK, OK, OK);
    expect(story.requests(again, again, again, again, again).view.name).toBe('closed');
    expect(story.requests(again).view.name).toBe('open');
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

describe('probes among the requests', () => {
  const ROWS: [sentence: string, events: (Outcome | 'green')[], name: BreakerView['name']][] = [
    ['a green one takes back a failure to connect', [lost, 'green', lost], 'closed'],
    ['a green one takes back no failure of an answer', [down, 'green', down], 'open'],
    ['a green one takes back nothing of a row with both', [lost, again, 'green', again], 'open'],
    ['the same the other way round', [again, lost, 'green', again], 'open'],
    [
      'green ones do not thin out the share of requests that fail',
      Array(5).fill('green').concat(down),
      'closed',
    ],
  ];
  test.each(ROWS)('%s', (_sentence, events, name) => {
    const story = new Story();
    for (const event of events) {
      if (event === 'green') story.probe(OK, 'connection');
      else story.requests(event);
    }
    expect(story.view.name).toBe(name);
  });

  test('a request that succeeds takes back everything', () => {
    const story = new Story({ ...SETTINGS, minSamples: 100 });
    expect(story.requests(lost, OK, lost, OK, down, OK, down).view.name).toBe('closed');
  });

  test('green ones are no part of the share', () => {
    const story = new Story({ ...SETTINGS, failures: 100 }).requests(down, OK, down, OK);
    for (let i = 0; i < 20; i++) story.probe(OK, 'credential');
    expect(story.requests(down).view.name).toBe('open');
  });
});

describe('for a minute after it recovered from failures', () => {
  const recovered = () => {
    const story = new Story().trip();
    story.sleep();
    return story.requests(OK);
  };
  const ROWS: [sentence: string, wait: Ms, outcome: Outcome, name: BreakerView['name']][] = [
    ['one failure opens it', 0, down, 'open'],
    ['until the last moment', MINUTE - 1, down, 'open'],
    ['and no longer', MINUTE, down, 'closed'],
    ['half a one does not', 0, again, 'closed'],
    ['nor one that says nothing', 0, gone, 'closed'],
    ['a clock that was set back a little does not end that', -SECOND, down, 'open'],
    ['a clock that was set back by far does', -HOUR, down, 'closed'],
  ];
  test.each(ROWS)('%s', (_sentence, wait, outcome, name) => {
    expect(recovered().wait(wait).requests(outcome).view.name).toBe(name);
  });

  test.each<[FailureKind]>([['rate_limited'], ['unauthorized']])('not after %s', (kind) => {
    const story = new Story().requests(failed(kind));
    story.sleep();
    expect(story.requests(OK, down).view.name).toBe('closed');
  });

  test('not for one that has never been anything else, however young the clock', () => {
    const story = new Story();
    story.now = 10;
    expect(story.requests(down).view.name).toBe('closed');
  });
});

describe('open', () => {
  test('gives no permit before its time, and says until when and why', () => {
    const story = new Story().trip({ message: 'HTTP 500' });
    const until = START + 15 * SECOND;
    expect(story.view).toEqual({ name: 'open', since: START, until, reason: 'HTTP 500' });
    expect([story.wait(15 * SECOND - 1).ask(), story.ask('probe')]).toEqual([null, null]);
    expect(story.wait(1).view).toEqual({ name: 'half-open', since: until, reason: 'HTTP 500' });
    expect(story.ask()).not.toBeNull();
    expect(story.view).toEqual({ name: 'half-open', since: until, reason: 'HTTP 500' });
  });

  const TIMES: [kind: FailureKind, seconds: number[]][] = [
    ['server_error', [15, 30, 60, 120, 240, 300, 300]],
    ['unreachable', [5, 10, 20, 30, 30, 30, 30]],
    ['unresponsive', [5, 10, 20, 30, 30, 30, 30]],
  ];
  test.each(TIMES)('by %s, it doubles with every opening up to its longest time', (kind, seconds) => {
    const story = new Story();
    expect(seconds.map(() => story.trip({}, kind).sleep() / SECOND)).toEqual(seconds);
  });

  test('a minute in closed forgives one opening', () => {
    const times = (closedFor: Ms) => {
      const story = new Story();
      for (let i = 0; i < 3; i++) story.trip().sleep();
      return story.requests(OK).wait(closedFor).trip().sleep() / SECOND;
    };
    expect([0, MINUTE - 1, MINUTE, 2 * MINUTE, 3 * MINUTE, DAY, -HOUR].map(times)).toEqual([
      120, 120, 60, 30, 15, 15, 120,
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

  const HINTS: [sentence: string, waitMs: Ms, openFor: Ms][] = [
    ['a longer one is believed', MINUTE, MINUTE],
    ['a shorter one is not', SECOND, 15 * SECOND],
    ['none at all is not', 0, 15 * SECOND],
    ['one that is past is not', -MINUTE, 15 * SECOND],
    ['six hours are believed', 6 * HOUR, 6 * HOUR],
    ['more than six hours are not', 6 * HOUR + 1, 15 * SECOND],
    ['nonsense is not', Number.NaN, 15 * SECOND],
    ['for ever is not', Number.POSITIVE_INFINITY, 15 * SECOND],
  ];
  test.each(HINTS)('the time that a failure names: %s', (_sentence, waitMs, openFor) => {
    expect(new Story().trip({ waitMs }).sleep()).toBe(openFor);
  });

  test('however often it opened, its state stays small', () => {
    const story = new Story();
    const size = () => JSON.stringify(story.state).length;
    for (let i = 0; i < 30; i++) story.trip().sleep();
    const before = size();
    for (let i = 0; i < 300; i++) story.trip().sleep();
    expect(size()).toBeLessThan(before + 50);
  });

  test('an open time of zero does not hang it up', () => {
    const story = new Story({ ...SETTINGS, openMs: 0 });
    for (let i = 0; i < 3000; i++) story.settle(story.permit(), down);
    expect(story.view).toMatchObject({ name: 'half-open', since: START });
    expect(story.ask()).not.toBeNull();
  });

  test('a clock that was set back does not keep it open for longer', () => {
    expect(new Story().trip().wait(-SECOND).ask()).toBeNull();
    expect(new Story().trip().wait(-MINUTE).ask()).toBeNull();
    expect(
      new Story()
        .trip()
        .wait(-MINUTE - 1)
        .ask(),
    ).not.toBeNull();
  });
});

describe('opened for what it is a part of', () => {
  const failure = { kind: 'overloaded', message: 'two models are overloaded' } as const;

  test('a closed one opens at once, as if by failures of its own', () => {
    const story = new Story();
    story.state = trip(story.state, failure, story.now, SETTINGS, () => 0.5);
    expect(story.view).toEqual({
      name: 'open',
      since: START,
      until: START + 15 * SECOND,
      reason: failure.message,
    });
    story.sleep();
    expect(story.requests(OK).trip().sleep()).toBe(30 * SECOND);
  });

  test('in any other phase nothing changes', () => {
    const story = new Story();
    for (const next of [() => story.trip(), () => void story.sleep(), () => story.requests(limited)]) {
      next();
      if (story.view.name === 'closed') throw new Error('closed');
      expect(trip(story.state, failure, story.now, SETTINGS, () => 0.5)).toBe(story.state);
    }
  });
});

describe('suspect', () => {
  test('is still given permits and shows since when and why', () => {
    const story = new Story();
    story.state = suspect(story.state, START, 'cut in the middle');
    expect(story.view).toEqual({ name: 'suspect', since: START, reason: 'cut in the middle' });
    expect(story.ask()).not.toBeNull();
  });

  test('a success clears it, other results do not, nor a probe that shows less', () => {
    const story = new Story();
    story.state = suspect(story.state, START, 'cut');
    expect(story.requests(gone, down).probe(OK, 'credential').view.name).toBe('suspect');
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

describe('by hand', () => {
  test('reset closes it and forgets', () => {
    const story = new Story().trip();
    story.sleep();
    const canary = story.permit();
    story.state = reset(story.state, story.now);
    expect(story.settle(canary, limited).view).toEqual({ name: 'closed', since: story.now });
    expect(story.requests(down).view.name).toBe('closed');
    expect(story.trip().sleep()).toBe(15 * SECOND);
  });

  test('isolated, it is held out until it is reset, whatever comes', () => {
    const story = new Story();
    const late = story.permit();
    story.state = isolate(story.state, story.now);
    expect(story.view).toMatchObject({ name: 'isolated', since: START });
    for (const outcome of [OK, down, limited, failed('unauthorized'), gone])
      story.settle(late, outcome).lastResort(outcome);
    story.state = hasten(story.state, story.now);
    for (const wait of [0, MINUTE, 400 * DAY, -800 * DAY])
      expect([story.wait(wait).ask(), story.ask('probe')]).toEqual([null, null]);
    story.state = reset(story.state, story.now);
    expect(story.requests(OK).view.name).toBe('closed');
    story.settle(late, down);
    expect(story.requests(down).view.name).toBe('closed');
  });
});

test('a store in memory: closed for a key never seen, otherwise what was written', () => {
  const store = memoryStore();
  expect(store.read('a')).toEqual(initial());
  const { state } = new Story().trip();
  store.write('a', state);
  expect([store.read('a'), store.read('b')]).toEqual([state, initial()]);
  expect([...store.keys()]).toEqual(['a']);
});
