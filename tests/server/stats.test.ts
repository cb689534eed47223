import { expect, test } from 'bun:test';
import type { Failure } from '../../src/core/failure.ts';
import type { AttemptRecord, Journal } from '../../src/core/runtime.ts';
import { stats } from '../../src/server/stats.ts';
import { manualClock, NOON } from '../support/manual-clock.ts';

const SILENT: Journal = { attempt() {}, serving() {}, request() {}, probe() {}, breaker() {} };

const attempt = (more: Partial<AttemptRecord>): AttemptRecord => ({
  requestId: 'req_1',
  upstream: 'anthropic',
  model: 'm',
  number: 1,
  startedAt: NOON,
  endedAt: NOON,
  ...more,
});
const failure: Failure = { kind: 'rejected', message: '400 invalid request error', status: 400 };

const ROWS: [string, Partial<AttemptRecord>, failed: number, last: string | null][] = [
  ['a success', {}, 0, null],
  ['a failure', { failure }, 1, failure.message],
  ["a failure of the client's own", { failure, neutral: true }, 0, null],
  ['a client that left', { failure: { kind: 'cancelled', message: 'gone' } }, 0, null],
];

test.each(ROWS)('%s is an attempt, and failed or not', (_name, record, failed, last) => {
  const counters = stats(manualClock(), SILENT);
  counters.attempt(attempt(record));
  expect(counters.counts('anthropic')).toMatchObject({ attempts: 1, failed });
  expect(counters.lastFailure('anthropic')).toBe(last);
});

test('what the client did does not hide how the upstream failed before', () => {
  const counters = stats(manualClock(), SILENT);
  counters.attempt(attempt({ failure: { kind: 'cut', message: 'it was cut' } }));
  counters.attempt(attempt({ failure, neutral: true }));
  expect(counters.lastFailure('anthropic')).toBe('it was cut');
});
