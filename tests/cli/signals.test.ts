import { describe, expect, test } from 'bun:test';
import { constants } from 'node:os';
import { ignoredSignals, PASSED_ON } from '../../src/cli/signals.ts';

const SIGPIPE = 13;

/** What Linux says of a process that ignores these, and SIGPIPE as every process of Bun does. */
function statusOf(...signals: NodeJS.Signals[]): string {
  const numbers = [SIGPIPE, ...signals.map((name) => constants.signals[name])];
  const mask = numbers.reduce((all, number) => all | (1n << BigInt(number - 1)), 0n);
  return `Name:\tccproxy\nSigBlk:\tffffffffffffffff\nSigIgn:\t${mask.toString(16).padStart(16, '0')}\nSigCgt:\t0\n`;
}

describe('the signals that are ignored as a process begins', () => {
  test('are those of its status', () => {
    expect(ignoredSignals(statusOf())).toEqual([]);
    expect(ignoredSignals(statusOf('SIGHUP'))).toEqual(['SIGHUP']);
    expect(ignoredSignals(statusOf('SIGINT', 'SIGTERM'))).toEqual(['SIGTERM', 'SIGINT']);
  });

  test.each(['', 'SigIgn: what?', 'SigCgt:\tffffffffffffffff\n'])('are none where it says %j', (status) => {
    expect(ignoredSignals(status)).toEqual([]);
  });
});

test('a signal that is passed on is one that there is', () => {
  expect(PASSED_ON.filter((name) => constants.signals[name] === undefined)).toEqual([]);
  expect(PASSED_ON).toContain('SIGTERM');
});
