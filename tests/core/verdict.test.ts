/** What each kind of failure does: the table, read back as sentences. */
import { describe, expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import { type Proof, proves, VERDICTS, type Verdict } from '../../src/core/verdict.ts';

describe('every kind of failure', () => {
  const ROWS: [FailureKind, Verdict['breaker'], Verdict['scope'], Proof][] = [
    ['refused', 'count', 'host', 'connection'],
    ['unreachable', 'count', 'host', 'connection'],
    ['untrusted', 'block', 'host', 'connection'],
    ['unresponsive', 'count', 'upstream', 'connection'],
    ['stalled', 'count', 'upstream', 'inference'],
    ['cut', 'count', 'upstream', 'inference'],
    ['garbled', 'count', 'upstream', 'inference'],
    ['server_error', 'count', 'upstream', 'inference'],
    ['transient', 'count', 'upstream', 'inference'],
    ['misdirected', 'trip', 'upstream', 'inference'],
    ['slow', 'count', 'model', 'inference'],
    ['empty', 'count', 'model', 'inference'],
    ['fumbled', 'count', 'model', 'inference'],
    ['overloaded', 'count', 'model', 'inference'],
    ['no_such_model', 'trip', 'model', 'inference'],
    ['rate_limited', 'cooldown', 'model', 'inference'],
    ['model_exhausted', 'cooldown', 'model', 'inference'],
    ['forbidden', 'block', 'model', 'inference'],
    ['exhausted', 'cooldown', 'credential', 'inference'],
    ['unauthorized', 'block', 'credential', 'credential'],
    ...(['unsupported', 'too_long', 'rejected', 'cancelled', 'offline'] as const).map(
      (kind): [FailureKind, Verdict['breaker'], Verdict['scope'], Proof] => [
        kind,
        'exclude',
        'upstream',
        'connection',
      ],
    ),
  ];
  test.each(ROWS)('%s is a %s of the %s, until a success shows %s', (kind, breaker, scope, needs) => {
    expect(VERDICTS[kind]).toMatchObject({ breaker, scope, needs });
  });

  test('has a row here', () => {
    expect(ROWS.map(([kind]) => kind).sort()).toEqual((Object.keys(VERDICTS) as FailureKind[]).sort());
  });

  const all = Object.entries(VERDICTS) as [FailureKind, Verdict][];
  const those = (is: (verdict: Verdict) => boolean) => all.filter(([, one]) => is(one)).map(([kind]) => kind);

  test('moves on to the next upstream, but for a client that left', () => {
    expect(those(({ failover }) => !failover)).toEqual(['cancelled']);
  });

  test('is for another upstream, not for the same once more, but for those that may pass', () => {
    expect(those(({ again }) => again === 'once')).toEqual(['transient', 'fumbled']);
    expect(those(({ again }) => again === 'after-wait')).toEqual(['rate_limited']);
  });

  test('counts whole, but for what may pass a moment later', () => {
    expect(all.filter(([, { weight }]) => weight !== undefined)).toEqual([
      ['transient', expect.objectContaining({ weight: 0.5 })],
      ['fumbled', expect.objectContaining({ weight: 0.5 })],
    ]);
  });

  test('that cools down or blocks says for how long, and no other does', () => {
    const timed = those(({ lastsMs }) => lastsMs !== undefined);
    expect(timed).toEqual(those(({ breaker }) => breaker === 'cooldown' || breaker === 'block'));
    for (const kind of timed) {
      const { first = 0, longest = 0 } = VERDICTS[kind].lastsMs ?? {};
      expect([first > 0, longest >= first]).toEqual([true, true]);
    }
    expect(those(({ believedMs }) => believedMs !== undefined)).toEqual(
      those(({ breaker }) => breaker === 'cooldown'),
    );
  });
});

test.each<[shown: Proof, ...needed: Proof[]]>([
  ['connection', 'connection'],
  ['credential', 'connection', 'credential'],
  ['inference', 'connection', 'credential', 'inference'],
])('%s proves %s %s %s', (shown, ...needed) => {
  const all: Proof[] = ['connection', 'credential', 'inference'];
  expect(all.filter((each) => proves(shown, each))).toEqual(needed);
});
