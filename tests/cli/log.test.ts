import { expect, test } from 'bun:test';
import { describeStatus } from '../../src/cli/status.ts';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import type { AttemptRecord, BreakerRecord } from '../../src/core/runtime.ts';
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

const at = (name: BreakerView['name'], reason?: string, forMs?: number): BreakerView => ({
  name,
  since: 1000,
  ...(forMs === undefined ? {} : { until: 1000 + forMs }),
  ...(reason === undefined ? {} : { reason }),
});

/** An answer of a request that began after what `at` tells of. */
const ANSWERED = { ...ATTEMPT, upstream: 'anthropic', model: 'opus', startedAt: 1001, endedAt: 1005 };

const OPEN = at('open', '500 internal server error', 15_000);
const HALF = at('half-open');
const CLOSED = at('closed');

function changesOf(journal: ReturnType<typeof logJournal>, more: Partial<BreakerRecord> = {}) {
  return (to: BreakerView) =>
    journal.breaker({ upstream: 'anthropic', scope: 'upstream', from: 'closed', to, ...more });
}

test.each<[string, BreakerView[], string[]]>([
  ['opens', [OPEN], ['anthropic is open, again in 15 s: 500 internal server error']],
  [
    'is out for a while',
    [at('cooldown', 'slow down', 5_400_000)],
    ['anthropic is in cooldown, again in 1 h 30 min: slow down'],
  ],
  [
    'is blocked',
    [at('blocked', 'no such key', 300_000)],
    ['anthropic is blocked, again in 5 min: no such key'],
  ],
  [
    'is tried in vain again and again',
    [OPEN, HALF, OPEN, HALF, OPEN],
    ['anthropic is open, again in 15 s: 500 internal server error'],
  ],
  [
    'comes back',
    [OPEN, HALF, CLOSED],
    ['anthropic is open, again in 15 s: 500 internal server error', 'anthropic is back'],
  ],
  [
    'is out for another reason',
    [at('open', 'a', 1000), at('cooldown', 'b', 2000)],
    ['anthropic is open, again in 1 s: a', 'anthropic is in cooldown, again in 2 s: b'],
  ],
  ['is only doubted, and held out by hand', [at('suspect', 'cut'), at('isolated'), CLOSED], []],
])('at `info` a user reads once when an upstream %s', (_, changes, lines) => {
  expect(logged('info', (journal) => changes.forEach(changesOf(journal)))).toEqual(lines);
});

test('what is out with its host is said once, and is back when all of it is', () => {
  const lines = logged('info', (journal) => {
    const ofHost = changesOf(journal, { scope: 'host' });
    const ofUpstream = changesOf(journal);
    ofHost(OPEN);
    ofUpstream(OPEN);
    ofHost(CLOSED);
    ofUpstream(CLOSED);
  });
  expect(lines).toEqual(['anthropic is open, again in 15 s: 500 internal server error', 'anthropic is back']);
});

test("an upstream whose host was closed in another's name is back when it answers", () => {
  const lines = logged('info', (journal) => {
    changesOf(journal, { scope: 'host' })(OPEN);
    changesOf(journal, { scope: 'host', upstream: 'other' })(CLOSED);
    journal.attempt(ANSWERED);
    journal.attempt(ANSWERED);
    changesOf(journal, { scope: 'host' })(OPEN);
  });
  expect(lines).toEqual([
    'anthropic is open, again in 15 s: 500 internal server error',
    'anthropic is back',
    'anthropic is open, again in 15 s: 500 internal server error',
  ]);
});

test.each<[string, Partial<BreakerRecord>, string]>([
  ['credential', { scope: 'credential' }, 'anthropic'],
  ['model', { scope: 'model', model: 'opus' }, 'anthropic (opus)'],
])(
  'a limit of a %s is over when the upstream answers with another credential, and the next one is news',
  (_, more, who) => {
    const limit = at('cooldown', 'used up', 3_600_000);
    const lines = logged('info', (journal) => {
      changesOf(journal, more)(limit);
      journal.attempt(ANSWERED);
      changesOf(journal, more)(limit);
    });
    const out = `${who} is in cooldown, again in 1 h: used up`;
    expect(lines).toEqual([out, `${who} is back`, out]);
  },
);

test.each<[string, Partial<BreakerRecord>, Partial<AttemptRecord>]>([
  ['of a request that began before it was out', { scope: 'credential' }, { startedAt: 1000 }],
  ['of another model', { scope: 'model', model: 'haiku' }, {}],
  ['of another upstream', { scope: 'credential' }, { upstream: 'groq' }],
  ['that failed', { scope: 'credential' }, { failure: { kind: 'cut', message: 'it broke off' } }],
])('nothing is back with an answer %s', (_, more, attempt) => {
  const lines = logged('info', (journal) => {
    changesOf(journal, more)(OPEN);
    journal.attempt({ ...ANSWERED, ...attempt });
  });
  expect(lines).toHaveLength(1);
});

test('models are out by themselves', () => {
  const lines = logged('info', (journal) => {
    changesOf(journal, { scope: 'model', model: 'opus' })(OPEN);
    changesOf(journal, { scope: 'model', model: 'haiku' })(OPEN);
    changesOf(journal, { scope: 'model', model: 'opus' })(CLOSED);
  });
  expect(lines).toEqual([
    'anthropic (opus) is open, again in 15 s: 500 internal server error',
    'anthropic (haiku) is open, again in 15 s: 500 internal server error',
    'anthropic (opus) is back',
  ]);
});

test('at `debug` every change and every probe', () => {
  const probed = { upstream: 'groq', method: 'head', at: 0, tookMs: 7 } as const;
  const lines = logged('debug', (journal) => {
    journal.probe(probed);
    journal.probe({ ...probed, failure: { kind: 'refused', message: 'no\none' } });
    for (const to of [HALF, OPEN, HALF, OPEN]) changesOf(journal)(to);
  });
  expect(lines).toEqual([
    'debug: probe of groq (head): answered, 7 ms',
    'debug: probe of groq (head): refused: no one, 7 ms',
    'debug: anthropic is on trial',
    'anthropic is open, again in 15 s: 500 internal server error',
    'debug: anthropic is on trial',
    'debug: anthropic is open, again in 15 s: 500 internal server error',
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
    last_tested: null,
  };
  const probed = { at: '2026-01-02T00:59:50.000Z', method: 'head', ms: 12 };
  const status: Status = {
    version: '1.0.0',
    instance: 'i',
    mode: 'file',
    started_at: '2026-01-01T00:00:00.000Z',
    listen: ['http://127.0.0.1:3456', 'http://[::1]:3456'],
    preferred: 'first',
    serving: 'backup',
    last_switch: {
      at: '2026-01-02T00:00:00.000Z',
      from: 'first',
      to: 'backup',
      reason: 'first: \u001b[2Jgone',
    },
    offline: true,
    config: { path: '/etc/ccproxy/ccproxy.toml', error: 'one\ntwo\u001b[2J\n' },
    upstreams: [
      {
        ...upstream,
        name: 'first',
        state: 'open',
        until: '2026-01-02T01:01:05.000Z',
        reason: 'bad\u001b[31m',
        last_probe: { ...probed, ok: false, error: 'no' },
        latency: { first_content_ms: null, probe_ms: null },
        counts: { requests: 0, ok: 0, failed: 2, attempts: 2, probes: 0 },
      },
      {
        ...upstream,
        last_tested: '2025-12-30T00:00:00.000Z',
        name: 'backup',
        state: 'closed',
        until: null,
        reason: '',
        last_probe: { ...probed, ok: true, error: null },
        latency: { first_content_ms: { p50: 120, p95: 200 }, probe_ms: null },
        counts: { requests: 5, ok: 5, failed: 0, attempts: 5, probes: 0 },
      },
      {
        ...upstream,
        name: 'third',
        state: 'isolated',
        until: null,
        reason: '',
        last_probe: null,
        latency: { first_content_ms: null, probe_ms: null },
        counts: { requests: 0, ok: 0, failed: 0, attempts: 0, probes: 0 },
      },
    ],
  };
  expect(describeStatus(status, Date.parse('2026-01-02T01:00:00.000Z'))).toBe(
    [
      'ccproxy 1.0.0, up 1 d 1 h, http://127.0.0.1:3456 and http://[::1]:3456',
      'mode: file (/etc/ccproxy/ccproxy.toml)',
      'the file as it is now is not in use: one; two [2J',
      'serving: backup',
      'preferred: first (to undo it: ccproxy use auto)',
      'offline: this machine reaches no remote upstream',
      '',
      '   UPSTREAM  STATE     OK  FAILED  FIRST CONTENT  LAST PROBE        TESTED       NOTE',
      '   first     open      0   2       –              failed, 10 s ago  –            bad [31m, again in 1 min 5 s',
      '*  backup    closed    5   0       120 ms         12 ms, 10 s ago   3 d 1 h ago',
      '   third     isolated  0   0       –              –                 –',
      '',
      'last switch: 2026-01-02T00:00:00.000Z first → backup: first:  [2Jgone',
    ].join('\n'),
  );
});
