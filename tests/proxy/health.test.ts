/** What a result does to the breakers of a host, an upstream, a credential and a model, and what they let through. */
import { describe, expect, test } from 'bun:test';
import type { Ms, Outcome } from '../../src/core/failure.ts';
import { clear, distrust, holdOut } from '../../src/proxy/interventions.ts';
import type { Subject } from '../../src/proxy/subject.ts';
import {
  down,
  failed,
  gone,
  Health,
  lost,
  MINUTE,
  OK,
  overloaded,
  place,
  SECOND,
  subject,
} from './health-story.ts';

const A = place('a');
const a = subject(A);
const otherModel = subject(A, 'm2');
const otherClient = subject(A, 'm1', 'k2');
const limited = failed('rate_limited', { status: 429 });
const rejectedKey = failed('unauthorized', { status: 401 });

describe('what is to blame', () => {
  const again = failed('transient', { status: 409 });
  const ROWS: [sentence: string, outcomes: Outcome[], stands: string][] = [
    ['two failures to connect: the host', [lost, lost], 'host open'],
    ['two refused connections: the host', [failed('refused'), failed('refused')], 'host open'],
    ['a wrong certificate: the host', [failed('untrusted')], 'host blocked'],
    ['two 5xx: the upstream', [down, down], 'upstream open'],
    ['two cut answers: the upstream', [failed('cut'), failed('stalled')], 'upstream open'],
    ['a page for an answer: the upstream', [failed('misdirected')], 'upstream open'],
    ['two overloads: the model', [overloaded, overloaded], 'model open'],
    ['two slow ones: the model', [failed('slow'), failed('slow')], 'model open'],
    ['a limit: the model', [limited], 'model cooldown'],
    ['a subscription’s limit of one model: the model', [failed('model_exhausted')], 'model cooldown'],
    ['a 403: the model', [failed('forbidden')], 'model blocked'],
    ['a model that is not there: the model', [failed('no_such_model')], 'model open'],
    ['spent money: the credential', [failed('exhausted')], 'credential cooldown'],
    ['a rejected key: the credential', [rejectedKey], 'credential blocked'],
    ['one to connect and a 5xx: the upstream', [lost, down], 'upstream open'],
    ['a 5xx and one to connect: the upstream', [down, lost], 'upstream open'],
    ['a 5xx and an overload: the model', [down, overloaded], 'model open'],
    ['an overload and a 5xx: the model', [overloaded, down], 'model open'],
    ['one to connect and an overload: nobody yet', [lost, overloaded], ''],
    ['halves of the upstream add up with the model', [again, again, overloaded], 'model open'],
    [
      'to connect, refused for the request twice, to connect again: nobody',
      [lost, failed('rejected', { status: 400 }), failed('rejected', { status: 400 }), lost],
      '',
    ],
    ['one of each that fits nobody', [lost, overloaded, gone], ''],
  ];
  test.each(ROWS)('%s', (_sentence, outcomes, stands) => {
    expect(new Health().requests(a, ...outcomes).stands(a)).toBe(stands);
  });

  const MANY: [sentence: string, outcome: Outcome, stands: string][] = [
    ['failures to connect', lost, 'host open'],
    ['5xx', down, 'upstream open'],
    ['overloads', overloaded, 'model open'],
    ['limits', limited, 'model cooldown'],
    ['rejected keys', rejectedKey, 'credential blocked'],
  ];
  test.each(MANY)(
    '%s of ten requests at once open no more than one does after the other',
    (_, outcome, stands) => {
      expect(new Health().together(a, ...Array(10).fill(outcome)).stands(a)).toBe(stands);
    },
  );

  test('a host that is down is not held against its upstream by a last resort', () => {
    const health = new Health().requests(a, lost, lost);
    for (let i = 0; i < 5; i++) health.insist(a)?.settle(lost);
    expect(health.stands(a)).toBe('host open');
  });

  test('an upstream that is down is not held against its model by a last resort', () => {
    const health = new Health().requests(a, down, down);
    for (let i = 0; i < 5; i++) health.insist(a)?.settle(down);
    expect(health.stands(a)).toBe('upstream open');
  });

  test('an upstream held out by hand is to blame for what was still under way', () => {
    const health = new Health();
    const leaves = [health.leave(a), health.leave(a)];
    holdOut(a, health.runtime);
    for (const leave of leaves) leave.settle(down);
    expect(health.stands(a)).toBe('upstream isolated');
  });

  test('a suspect upstream is not out: its models answer for themselves', () => {
    const health = new Health();
    distrust(a, 'cut', health.runtime);
    expect(health.requests(a, down, overloaded).stands(a)).toBe('upstream suspect, model open');
  });

  const LATE: [sentence: string, outcome: Outcome][] = [
    ['a wrong certificate', failed('untrusted')],
    ['a page for an answer', failed('misdirected')],
    ['a rejected key', rejectedKey],
  ];
  test.each(LATE)(
    '%s found before all was cleared by hand is not held against what is left',
    (_, outcome) => {
      const health = new Health().requests(a, OK);
      const late = health.leave(otherModel);
      clear(a, health.runtime);
      late.settle(outcome);
      expect(health.stands(otherModel)).toBe('');
    },
  );

  test('a wrong certificate found before a neighbour was cleared by hand is nothing of the upstream', () => {
    const health = new Health().requests(a, OK);
    const late = health.leave(a);
    clear(subject(place('b', { base: A.base })), health.runtime);
    late.settle(failed('untrusted'));
    expect(health.stands(a)).toBe('');
  });

  test('a model may fail although the credential is known to be at an end', () => {
    const health = new Health();
    const leaves = [health.leave(a), health.leave(a), health.leave(a)];
    [failed('exhausted'), overloaded, overloaded].forEach((outcome, at) => void leaves[at]?.settle(outcome));
    expect(health.stands(a)).toBe('credential cooldown, model open');
  });
});

describe('two models of an upstream', () => {
  const ROWS: [sentence: string, wait: Ms, outcomes: Outcome[], upstream: string][] = [
    ['open at once: the upstream', 0, [overloaded, overloaded], 'open'],
    [
      'open within a minute, the first about to be tried: the upstream',
      MINUTE,
      [overloaded, overloaded],
      'open',
    ],
    ['open later: the models', MINUTE + 1, [overloaded, overloaded], 'closed'],
    ['the second does not open', 0, [overloaded], 'closed'],
    ['the second has a limit', 0, [limited], 'closed'],
    ['the second does not exist', 0, [failed('no_such_model')], 'closed'],
  ];
  test.each(ROWS)('%s', (_sentence, wait, outcomes, upstream) => {
    const health = new Health().requests(a, overloaded, overloaded).wait(wait);
    expect(health.requests(otherModel, ...outcomes).name(a, 'upstream')).toBe(upstream as 'open');
  });

  test('one that is back is not a first, and one that opens again and again is one from long ago', () => {
    const health = new Health()
      .requests(a, overloaded, overloaded)
      .wait(20 * SECOND)
      .requests(a, OK);
    expect(health.requests(otherModel, overloaded, overloaded).stands(otherModel)).toBe('model open');
    const broken = new Health().requests(a, overloaded, overloaded);
    for (let time = 0; time < 10; time += 1) broken.wait(6 * MINUTE).requests(a, overloaded);
    expect(broken.requests(otherModel, overloaded, overloaded).name(a, 'upstream')).toBe('closed');
  });

  test('one that does not exist is not a first', () => {
    const health = new Health().requests(a, failed('no_such_model'));
    expect(health.requests(otherModel, overloaded, overloaded).name(a, 'upstream')).toBe('closed');
  });

  const OTHERS: [sentence: string, other: Subject][] = [
    ['the same model of another client', otherClient],
    ['a model of another upstream at the same host', subject(place('b', { base: A.base }), 'm2')],
    ['a model of an upstream whose name begins alike', subject(place('a2'), 'm2')],
  ];
  test.each(OTHERS)('%s is not a second', (_sentence, other) => {
    const health = new Health().requests(a, overloaded, overloaded).requests(other, overloaded, overloaded);
    expect([health.name(a, 'upstream'), health.name(other, 'upstream')]).toEqual(['closed', 'closed']);
  });

  test('a model that has a limit, or does not exist for others, is not a first', () => {
    const health = new Health().requests(a, limited).requests(otherModel, overloaded, overloaded);
    expect(health.stands(otherModel)).toBe('model open');
  });

  test('a late failure of the one that is open does not open the upstream either', () => {
    const slow = subject(place('a', { breaker: { ...A.breaker, openMs: 5 * MINUTE } }));
    const other = { ...slow, keys: subject(slow.upstream, 'm2').keys };
    const health = new Health();
    const late = health.leave(slow);
    health
      .requests(slow, overloaded, overloaded)
      .wait(MINUTE + 1)
      .requests(other, overloaded, overloaded);
    late.settle(overloaded);
    expect(health.name(slow, 'upstream')).toBe('closed');
  });

  test('an upstream is not opened because its host fails while one of its models is out', () => {
    const health = new Health().requests(a, overloaded, overloaded).requests(otherModel, lost, lost);
    expect(health.stands(otherModel)).toBe('host open');
  });

  test('the news say so, widest last', () => {
    const health = new Health()
      .requests(a, overloaded, overloaded)
      .requests(otherModel, overloaded, overloaded);
    expect(health.news.map(({ scope, model, to }) => `${scope} ${model ?? '-'} ${to.name}`)).toEqual([
      'model m1 open',
      'model m2 open',
      'upstream - open',
    ]);
  });
});

describe('whom it bars', () => {
  const B = place('b', { base: `${A.base}/other` });
  const b = subject(B);
  /** Who still gets leave after it: another model, another client, another upstream at the host, one elsewhere. */
  const ROWS: [sentence: string, outcomes: Outcome[], model: boolean, client: boolean, neighbour: boolean][] =
    [
      ['the host', [lost, lost], false, false, false],
      ['the upstream', [down, down], false, false, true],
      ['the credential', [rejectedKey], false, true, true],
      [
        'the credential for a month',
        [failed('exhausted', { waitMs: 30 * 24 * 60 * MINUTE })],
        false,
        true,
        true,
      ],
      ['the model', [overloaded, overloaded], true, true, true],
      ['the model for a while', [limited], true, true, true],
      ['nobody', [failed('rejected', { status: 400 }), gone], true, true, true],
    ];
  test.each(ROWS)('%s', (sentence, outcomes, model, client, neighbour) => {
    const health = new Health().requests(a, ...outcomes);
    const gets = (one: Subject) => health.ask(one) !== null;
    expect(gets(a)).toBe(sentence === 'nobody');
    expect([otherModel, otherClient, b, subject(place('c'))].map(gets)).toEqual([
      model,
      client,
      neighbour,
      true,
    ]);
  });
});

describe('leave of all or of none', () => {
  test('a refusal by one leaves no canary in another', () => {
    const health = new Health().requests(a, down, down).wait(15 * SECOND);
    health.requests(otherModel, gone).requests(a, limited);
    expect(health.stands(a)).toBe('upstream half-open, model cooldown');
    const before = health.all();
    expect(health.ask(a)).toBeNull();
    expect(health.all()).toEqual(before);
    expect(health.requests(otherModel, OK).stands(otherModel)).toBe('');
  });

  test('one canary for all that are half-open', () => {
    const health = new Health().requests(a, overloaded, overloaded).requests(otherClient, lost, lost);
    health.wait(15 * SECOND);
    expect(health.stands(a)).toBe('host half-open, model half-open');
    const canary = health.leave(a);
    expect([canary.isTrial, health.ask(a), health.ask(otherClient)]).toEqual([true, null, null]);
    canary.settle(OK);
    expect([health.stands(a), health.leave(a).isTrial]).toEqual(['', false]);
  });

  test('a leave settled twice counts once', () => {
    const health = new Health();
    const leave = health.leave(a);
    for (let i = 0; i < 5; i++) leave.settle(down);
    expect(health.stands(a)).toBe('');
  });

  test('a canary whose failure is not of the key frees it', () => {
    const health = new Health().requests(a, down, down).wait(15 * SECOND);
    expect(health.requests(a, limited).stands(a)).toBe('upstream half-open, model cooldown');
    expect(health.requests(otherModel, rejectedKey).stands(otherModel)).toBe(
      'upstream half-open, credential blocked',
    );
    expect(health.requests(otherClient, OK).stands(otherClient)).toBe('');
  });
});

describe('any answer shows that the host is there', () => {
  const ROWS: [sentence: string, outcome: Outcome, host: string][] = [
    ['an answer', OK, 'closed'],
    ['a 5xx', down, 'closed'],
    ['a limit', limited, 'closed'],
    ['a refused request', failed('rejected', { status: 400 }), 'closed'],
    ['a cut answer', failed('cut'), 'closed'],
    ['silence', failed('slow'), 'half-open'],
    ['a client that left', gone, 'half-open'],
    ['nothing at all', failed('unresponsive'), 'half-open'],
    ['a failure to connect', lost, 'open'],
  ];
  test.each(ROWS)('%s leaves it %s', (_sentence, outcome, host) => {
    const health = new Health().requests(a, lost, lost).wait(5 * SECOND);
    expect(health.requests(a, outcome).name(a, 'host')).toBe(host as 'open');
  });
});

describe('faults of requests', () => {
  const NEUTRAL: Outcome[] = [
    failed('rejected', { status: 400 }),
    failed('too_long', { status: 413 }),
    failed('unsupported', { status: 422 }),
    gone,
    failed('offline'),
    failed('server_error', { status: 500, excused: true }),
    failed('slow', { excused: true }),
  ];

  test('ten thousand of them never change a breaker', () => {
    const health = new Health();
    const subjects = [a, otherModel, otherClient, subject(place('b')), subject(place('c'), 'm1', null)];
    const model = (i: number) => subjects[i % subjects.length] ?? a;
    const pristine = health.state();
    for (let i = 0; i < 10_000; i++) {
      const outcome = NEUTRAL[(i * 7) % NEUTRAL.length] ?? gone;
      const leaves =
        i % 3 === 0 ? [health.leave(model(i)), health.leave(model(i))] : [health.leave(model(i))];
      for (const leave of leaves) leave.settle(outcome);
      health.wait(i % 40);
    }
    expect(Object.values(health.all()).filter((state) => !Bun.deepEquals(state, pristine))).toEqual([]);
    expect(health.news).toEqual([]);
  });

  test.each(NEUTRAL.map((outcome, at) => [at, outcome] as const))(
    'number %p frees the canary of all keys',
    (_, outcome) => {
      const health = new Health()
        .requests(a, down, down)
        .requests(otherClient)
        .wait(15 * SECOND);
      health.requests(a, outcome);
      expect(health.stands(a)).toBe('upstream half-open');
      expect(health.requests(a, OK).stands(a)).toBe('');
    },
  );
});
