/** Who may still be asked: probes, the last resort, what people see and do, and our own network. */
import { describe, expect, test } from 'bun:test';
import type { FailureKind, Outcome } from '../../src/core/failure.ts';
import { VERDICTS } from '../../src/core/verdict.ts';
import { clear, distrust, forgiveLosses, hastenReturn, holdOut } from '../../src/proxy/interventions.ts';
import { awaited, overall, recoveryOf, returnsAt, standing } from '../../src/proxy/standing.ts';
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

describe('probes', () => {
  const P = place('p', { prober: 'connection' });
  const asked = subject(P);
  const probed = subject(P, null);

  test('two good connections bring a host back, with no request risked', () => {
    const health = new Health().requests(asked, lost, lost).wait(5 * SECOND);
    expect([health.ask(asked), awaited(probed, health.runtime)]).toEqual([null, 'connection']);
    health.probe(probed, OK).wait(SECOND).probe(probed, OK);
    expect(health.ask(asked)).toBeNull();
    expect(health.wait(SECOND).probe(probed, OK).stands(asked)).toBe('');
  });

  test('one of an upstream that fails makes it a request’s turn', () => {
    const health = new Health().requests(asked, down, down).wait(15 * SECOND);
    expect([health.ask(asked), awaited(probed, health.runtime)]).toEqual([null, 'inference']);
    health.probe(probed, OK);
    expect(health.stands(asked)).toBe('upstream half-open');
    expect(health.requests(asked, OK).stands(asked)).toBe('');
  });

  test('a model is never waited for, nor a client’s credential', () => {
    const model = new Health().requests(asked, overloaded, overloaded).wait(15 * SECOND);
    expect(model.requests(asked, OK).stands(asked)).toBe('');
    const client = subject(place('p', { prober: 'credential', takesClientCredential: true }));
    const key = new Health().requests(client, rejectedKey).wait(5 * MINUTE);
    expect(key.requests(client, OK).stands(client)).toBe('');
    const own = subject(place('p', { prober: 'credential' }));
    const waiting = new Health().requests(own, rejectedKey).wait(5 * MINUTE);
    expect(waiting.ask(own)).toBeNull();
    expect(waiting.probe(subject(own.upstream, null), OK, 'credential').stands(own)).toBe('');
  });

  test('a failed one counts, whoever asks', () => {
    expect(new Health().probe(probed, lost).requests(asked, lost).stands(asked)).toBe('host open');
    expect(new Health().probe(probed, failed('unresponsive')).requests(asked, down).stands(asked)).toBe(
      'upstream open',
    );
  });

  test('what a neighbour at the same host is probed for helps both', () => {
    const neighbour = subject(place('n', { base: P.base }));
    const health = new Health().requests(neighbour, lost, lost).wait(5 * SECOND);
    health
      .probe(probed, OK)
      .wait(2 * SECOND)
      .probe(probed, OK);
    expect(health.stands(neighbour)).toBe('');
  });

  test('nothing is awaited of what is closed, or not up yet', () => {
    const health = new Health();
    expect(awaited(asked, health.runtime)).toBeNull();
    expect(awaited(asked, health.requests(asked, down, down).runtime)).toBeNull();
  });

  test('the most of all is awaited', () => {
    const health = new Health().requests(asked, rejectedKey).wait(5 * MINUTE - 5 * SECOND);
    health.requests(subject(P, 'm1', 'k2'), lost, lost).wait(5 * SECOND);
    expect(awaited(asked, health.runtime)).toBe('credential');
    const other = new Health().requests(asked, rejectedKey).wait(5 * MINUTE - 15 * SECOND);
    other.requests(subject(P, 'm1', 'k2'), down, down).wait(15 * SECOND);
    expect(awaited(asked, other.runtime)).toBe('inference');
  });
});

describe('the last resort', () => {
  const ROWS: [FailureKind, given: boolean][] = [
    ['server_error', true],
    ['unreachable', true],
    ['overloaded', true],
    ['rate_limited', false],
    ['exhausted', false],
    ['model_exhausted', false],
    ['unauthorized', false],
    ['forbidden', false],
    ['untrusted', false],
  ];
  test.each(ROWS)('after %s: %p', (kind, given) => {
    const health = new Health();
    while (health.stands(a) === '') health.requests(a, failed(kind));
    const leave = health.insist(a);
    expect([leave !== null, leave?.isTrial ?? false]).toEqual([given, false]);
    leave?.settle(OK);
    if (given) expect(health.stands(a)).toBe('');
    else expect(VERDICTS[kind].breaker === 'cooldown' || VERDICTS[kind].breaker === 'block').toBe(true);
  });

  test('not what is held out by hand, and a refusal changes nothing', () => {
    const health = new Health().requests(a, lost, lost);
    holdOut(a, health.runtime);
    const before = health.all();
    expect([health.insist(a), health.all()]).toEqual([null, before]);
  });

  test('what is over is given again: then it is tried anyway', () => {
    const health = new Health().requests(a, limited).wait(MINUTE);
    expect(health.insist(a)).not.toBeNull();
  });
});

describe('how it stands', () => {
  test('for a request as the worst of its breakers; as a whole as the worst of all', () => {
    const health = new Health().requests(a, limited);
    expect(standing(a, health.runtime).name).toBe('cooldown');
    expect(standing(otherModel, health.runtime).name).toBe('closed');
    expect(overall(otherModel, health.runtime)).toMatchObject({
      name: 'cooldown',
      reason: 'm1: rate_limited',
    });
    expect(overall(subject(place('b')), health.runtime).name).toBe('closed');
    health.requests(otherClient, lost, lost).wait(SECOND);
    expect(standing(otherModel, health.runtime)).toMatchObject({ name: 'open', reason: 'unreachable' });
  });

  test('a model that nobody asks for any more is not held against the whole', () => {
    const health = new Health().requests(a, limited);
    const whole = () => overall(otherModel, health.runtime).name;
    expect([whole(), health.wait(5 * MINUTE + 30 * SECOND).stands(a)]).toEqual([
      'cooldown',
      'model half-open',
    ]);
    expect([whole(), health.wait(SECOND).stands(a)]).toEqual(['half-open', 'model half-open']);
    const host = new Health().requests(a, lost, lost).wait(60 * MINUTE);
    expect([whole(), overall(a, host.runtime).name]).toEqual(['closed', 'half-open']);
  });

  test('a credential that is not sent any more is not held against the whole', () => {
    const health = new Health().requests(otherClient, rejectedKey);
    expect(overall(otherClient, health.runtime).name).toBe('blocked');
    expect(overall(subject(A, null), health.runtime).name).toBe('closed');
    expect(overall(subject(A, null, null), health.runtime).name).toBe('closed');
    const limits = new Health().requests(otherClient, limited).requests(subject(A, 'm1', null), down, down);
    expect(overall(subject(A, null), limits.runtime).name).toBe('open');
    expect(overall(subject(A, null, 'k2'), limits.runtime).name).toBe('cooldown');
    const none = new Health().requests(subject(A, 'm1', null), limited);
    expect(overall(subject(A, null, null), none.runtime).name).toBe('cooldown');
  });

  test('where clients send their own, the one that was used last counts', () => {
    const P = place('p', { takesClientCredential: true });
    const [own, one, other] = ['own', 'k1', 'k2'].map((key) => subject(P, 'm1', key)) as [
      Subject,
      Subject,
      Subject,
    ];
    const probed = subject(P, null, 'own');
    const health = new Health();
    const whole = () => overall(probed, health.runtime).name;
    health.probe(probed, rejectedKey);
    expect([whole(), health.requests(one, OK) && whole()]).toEqual(['blocked', 'closed']);
    health.wait(5 * MINUTE).probe(probed, rejectedKey);
    expect([whole(), health.requests(other, rejectedKey) && whole()]).toEqual(['closed', 'blocked']);
    health.requests(one, OK);
    expect([whole(), health.wait(5 * MINUTE).requests(own, OK) && whole()]).toEqual(['closed', 'closed']);
    expect(health.requests(own, limited) && whole()).toBe('cooldown');
    expect(health.requests(one, OK) && whole()).toBe('closed');
  });

  test('returning, and recovered lately', () => {
    const health = new Health().requests(a, down, down).wait(15 * SECOND);
    expect(returnsAt(a, health.runtime, 30 * SECOND)).toBeUndefined();
    health.requests(a, OK);
    expect(returnsAt(a, health.runtime, 30 * SECOND)).toBe(health.now + 30 * SECOND);
    expect(returnsAt(otherClient, health.runtime, 30 * SECOND)).toBe(health.now + 30 * SECOND);
    expect([returnsAt(a, health.runtime, 0), recoveryOf(a, health.runtime)]).toEqual([undefined, health.now]);
    const at = health.now;
    health.wait(MINUTE);
    expect(returnsAt(a, health.runtime, 30 * SECOND)).toBeUndefined();
    expect(recoveryOf(a, health.runtime)).toBe(at);
  });

  test('distrusted it is given leave, until it has answered', () => {
    const health = new Health();
    distrust(a, 'cut', health.runtime);
    expect(standing(otherClient, health.runtime)).toMatchObject({ name: 'suspect', reason: 'cut' });
    expect(health.requests(otherClient, OK).stands(a)).toBe('');
  });

  test('the journal hears of every change, and of nothing else', () => {
    const health = new Health().requests(a, OK, down, OK, limited).wait(MINUTE).requests(a, OK);
    expect(health.news).toMatchObject([
      { upstream: 'a', scope: 'model', model: 'm1', from: 'closed', to: { name: 'cooldown' } },
      { upstream: 'a', scope: 'model', model: 'm1', from: 'half-open', to: { name: 'closed' } },
    ]);
  });
});

describe('by hand', () => {
  test('held out for all, until it is cleared', () => {
    const health = new Health();
    holdOut(subject(A, null), health.runtime);
    expect([a, otherModel, otherClient].map((one) => health.ask(one))).toEqual([null, null, null]);
    expect(health.wait(365 * 24 * 60 * MINUTE).ask(a)).toBeNull();
    clear(subject(A, null), health.runtime);
    expect(health.requests(a, OK).stands(a)).toBe('');
  });

  test('cleared it is as new, for every credential and model, and its neighbours are as they were', () => {
    const neighbour = subject(place('b', { base: A.base }));
    const health = new Health()
      .requests(neighbour, limited)
      .requests(otherClient, rejectedKey)
      .requests(a, limited)
      .requests(otherModel, down, down)
      .requests(subject(place('c', { base: A.base })), lost, lost);
    clear(a, health.runtime);
    expect([a, otherModel, otherClient].map((one) => health.stands(one))).toEqual(['', '', '']);
    expect(health.stands(neighbour)).toBe('model cooldown');
  });
});

describe('our own network', () => {
  const local = subject(place('l', { base: 'http://127.0.0.1:11434/v1' }));
  const ROWS: [sentence: string, one: Subject, outcome: Outcome, seen: [string, boolean][]][] = [
    ['an answer', a, OK, [['host https://a.test', true]]],
    ['any answer', a, failed('rejected', { status: 400 }), [['host https://a.test', true]]],
    ['a broken answer', a, failed('cut'), [['host https://a.test', true]]],
    ['a refused connection', a, failed('refused'), [['host https://a.test', true]]],
    ['no way there', a, lost, [['host https://a.test', false]]],
    ['silence says nothing', a, failed('slow'), []],
    ['nor does a client that left', a, gone, []],
    ['nor what was cut short', a, failed('unreachable', { excused: true }), []],
    ['nor anything on this machine', local, OK, []],
    ['nor failures there', local, lost, []],
  ];
  test.each(ROWS)('learns from %s', (_sentence, one, outcome, seen) => {
    const health = new Health().requests(one, outcome);
    expect(health.seen).toEqual(seen);
  });

  test('while it is gone, losses of remote hosts do not count, those of this machine do', () => {
    const health = new Health();
    health.offline = true;
    expect(health.requests(a, lost, lost, lost).stands(a)).toBe('');
    expect(health.requests(local, lost, lost).stands(local)).toBe('host open');
    expect(health.requests(otherClient, down, down).stands(a)).toBe('upstream open');
  });

  const WAKING = ['refused', 'unreachable', 'unresponsive', 'slow', 'stalled', 'cut'];
  test.each(Object.keys(VERDICTS) as FailureKind[])('just woken, %s', (kind) => {
    const health = new Health();
    health.justWoken = true;
    for (let i = 0; i < 4 && health.stands(a) === ''; i++) health.requests(a, failed(kind));
    const isExcused = WAKING.includes(kind) || VERDICTS[kind].breaker === 'exclude';
    expect(health.stands(a) === '').toBe(isExcused);
  });

  test('what it did is forgiven, or looked at sooner, for the upstream and its host', () => {
    const health = new Health().requests(a, lost, lost);
    forgiveLosses(a, health.runtime);
    expect([health.stands(a), health.requests(a, lost).stands(a)]).toEqual(['', '']);
    health.requests(a, lost);
    hastenReturn(a, health.runtime);
    expect(health.stands(a)).toBe('host half-open');
    const upstream = new Health().requests(a, failed('unresponsive'), failed('unresponsive'));
    hastenReturn(a, upstream.runtime);
    expect(upstream.stands(a)).toBe('upstream half-open');
    forgiveLosses(a, upstream.runtime);
    expect(upstream.stands(a)).toBe('');
  });
});

test('an outage that goes on is one outage: the way home does not take longer for each trial that failed', () => {
  const health = new Health().requests(a, down, down);
  for (let trial = 0; trial < 4; trial += 1) health.wait(6 * MINUTE).requests(a, down);
  health.wait(6 * MINUTE).requests(a, OK);
  expect(returnsAt(a, health.runtime, 30 * SECOND)).toBe(health.now + 30 * SECOND);
});
