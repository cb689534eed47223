import { expect, test } from 'bun:test';
import { describeStatus } from '../../src/cli/status.ts';
import type { Status } from '../../src/server/status.ts';
import { logJournal } from '../../src/telemetry/journal.ts';
import { openLog } from '../../src/telemetry/log.ts';

const ATTEMPT = { requestId: 'req_1', upstream: 'groq', model: 'm', number: 1, startedAt: 0, endedAt: 5 };
const fail = (message: string) => ({ ...ATTEMPT, failure: { kind: 'garbled', message } as const });

function logged(
  level: Parameters<typeof openLog>[0],
  write: (journal: ReturnType<typeof logJournal>) => void,
) {
  const lines: string[] = [];
  write(logJournal(openLog(level, (line) => lines.push(line))));
  return lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''));
}

test.each<[string, string]>([
  ['{"error":{"code":5}}', '{"error":{"code":5}}'],
  ['{name} {{x}} {', '{name} {{x}} {'],
  ['one\ntwo\r\nthree', 'one two three'],
  ['\u001b[31mred\u001b]0;title\u0007', ' [31mred ]0;title '],
  ['a\u0000b\u202ec', 'a b c'],
])("an upstream's words %j stand on one line, as they are but for what steers a terminal", (said, shown) => {
  const lines = logged('debug', (journal) => journal.attempt(fail(said)));
  expect(lines).toEqual([`debug: req_1 attempt 1: groq (m) garbled: ${shown}, 5 ms`]);
});

test('at `info` a user reads once who took over, who is back and what failed, and nothing of what went well', () => {
  const lines = logged('info', (journal) => {
    journal.attempt(ATTEMPT);
    journal.request({ requestId: 'req_1', upstream: 'groq', attempts: 1, outcome: 'ok', because: null });
    journal.serving('req_1', 'anthropic', null);
    journal.serving('req_2', 'groq', 'anthropic: overloaded');
    journal.serving('req_2b', 'groq', 'anthropic: overloaded');
    journal.serving('req_2c', 'anthropic', null);
    journal.request({
      requestId: 'req_3',
      upstream: null,
      attempts: 2,
      outcome: 'failed',
      because: 'all: down',
    });
    journal.request({ requestId: 'req_4', upstream: 'groq', attempts: 1, outcome: 'failed', because: null });
    journal.request({
      requestId: 'req_5',
      upstream: 'groq',
      attempts: 1,
      outcome: 'cancelled',
      because: null,
    });
  });
  expect(lines).toEqual([
    'now served by groq, because anthropic: overloaded',
    'now served by anthropic',
    'warning: req_3 failed after 2 attempts: all: down',
    'warning: req_4 failed after 1 attempt (groq)',
  ]);
});

test('at `error` none of it', () => {
  const lines = logged('error', (journal) => {
    journal.request({ requestId: 'req_3', upstream: null, attempts: 2, outcome: 'failed', because: null });
  });
  expect(lines).toEqual([]);
});

test("`status` for people shows upstreams in columns, and an upstream's words cannot steer the terminal", () => {
  const upstream = {
    provider: 'groq',
    dialect: 'openai-chat',
    since: '2026-01-01T00:00:00.000Z',
    last_probe: null,
    last_tested: null,
  };
  const status: Status = {
    version: '1.0.0',
    instance: 'i',
    mode: 'file',
    started_at: '2026-01-01T00:00:00.000Z',
    listen: ['http://127.0.0.1:3456', 'http://[::1]:3456'],
    preferred: null,
    serving: 'backup',
    last_switch: {
      at: '2026-01-02T00:00:00.000Z',
      from: 'first',
      to: 'backup',
      reason: 'first: \u001b[2Jgone',
    },
    config: { path: '/etc/ccproxy/ccproxy.toml', error: null },
    upstreams: [
      {
        ...upstream,
        name: 'first',
        state: 'open',
        until: '2026-01-02T01:01:05.000Z',
        reason: 'bad\u001b[31m',
        latency: { first_content_ms: null, probe_ms: null },
        counts: { requests: 0, ok: 0, failed: 2, attempts: 2, probes: 0 },
      },
      {
        ...upstream,
        name: 'backup',
        state: 'closed',
        until: null,
        reason: '',
        latency: { first_content_ms: { p50: 120, p95: 200 }, probe_ms: null },
        counts: { requests: 5, ok: 5, failed: 0, attempts: 5, probes: 0 },
      },
    ],
  };
  expect(describeStatus(status, Date.parse('2026-01-02T01:00:00.000Z'))).toBe(
    [
      'ccproxy 1.0.0, up 1d 1h, http://127.0.0.1:3456 and http://[::1]:3456',
      'mode: file (/etc/ccproxy/ccproxy.toml)',
      'serving: backup',
      '',
      '   UPSTREAM  STATE   OK  FAILED  FIRST CONTENT  NOTE',
      '   first     open    0   2       –              bad [31m, again in 1m 5s',
      '*  backup    closed  5   0       120 ms',
      '',
      'last switch: 2026-01-02T00:00:00.000Z first → backup: first:  [2Jgone',
    ].join('\n'),
  );
});
