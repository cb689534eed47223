import { describe, expect, test } from 'bun:test';
import { DEFAULT_BREAKER, DEFAULT_FAILOVER, DEFAULT_PROBE } from '../../src/config/settings.ts';
import { good, named, world } from './sources.ts';

const GATEWAY = '[upstreams.anthropic-compatible]\nbase_url = "https://gateway.example.com"\n';

/** The only upstream of a file. */
async function only(text: string, env: Record<string, string> = {}) {
  const { chain, warnings } = await good(named(text, env));
  const [upstream, ...others] = chain;
  if (upstream === undefined || others.length > 0) throw new Error('not one upstream');
  return { upstream, warnings: warnings.filter((line) => !line.includes('only one upstream')) };
}

describe('failover', () => {
  test.each(['resume', 'continue', 'stop'] as const)('an answer that is cut: %s', async (midStream) => {
    const text = `chain = ["ollama"]\n[failover]\nmid_stream = "${midStream}"`;
    expect((await good(named(text))).settings.failover).toMatchObject({ midStream });
  });

  test.each([
    ['', null, 30_000],
    ['hedge = false', null, 30_000],
    ['hedge = "8s"', 8_000, 30_000],
    ['hedge = "119s"', 119_000, 30_000],
    ['hedge = "9s"\nbudget = "10s"', 9_000, 30_000],
    ['return_after = "0s"', null, 0],
    ['return_after = "2m"', null, 120_000],
    ['return_after = "10m"', null, 600_000],
  ])('%j hedges after %p and returns after %p', async (text, hedgeMs, returnAfterMs) => {
    const { settings } = await good(named(`chain = ["ollama"]\n[failover]\n${text}`));
    expect(settings.failover).toMatchObject({ hedgeMs, returnAfterMs });
  });

  test('has defaults without a file, and with the block of the feature request', async () => {
    const { hedgeMs, returnAfterMs } = DEFAULT_FAILOVER;
    expect({ hedgeMs, returnAfterMs }).toEqual({ hedgeMs: null, returnAfterMs: 30_000 });
    const policy = '[failover_policy]\nprimary_profile = "anthropic"\nsecondary_profile = "ollama"';
    for (const sources of [world(), named(policy)]) {
      expect((await good(sources)).settings.failover).toMatchObject({ hedgeMs, returnAfterMs });
    }
  });
});

describe('a limit that another ends before', () => {
  test.each([
    ['connect = "46s"', 'timeouts.connect (46 s) is longer than timeouts.first_event (45 s)'],
    [
      'connect = "3s"\nfirst_event = "2500ms"',
      'timeouts.connect (3 s) is longer than timeouts.first_event (2.5 s)',
    ],
    ['first_event = "2500ms"', null],
    ['connect = "45s"', null],
    ['', null],
  ])('%j is warned of: %p', async (text, expected) => {
    const { warnings } = await only(`[upstreams.ollama.timeouts]\n${text}`);
    expect(warnings).toEqual(expected === null ? [] : [`ollama: ${expected}, which ends first`]);
  });
});

describe('concurrency', () => {
  test('has no limit by default', async () => {
    expect((await only('[upstreams.ollama]')).upstream).not.toHaveProperty('concurrency');
  });

  test.each([1, 8, 10_000])('%p', async (concurrency) => {
    const { upstream } = await only(`[upstreams.ollama]\nconcurrency = ${concurrency}`);
    expect(upstream.concurrency).toBe(concurrency);
  });

  test('holds for Anthropic, too', async () => {
    expect((await only('[upstreams.anthropic]\nconcurrency = 4')).upstream.concurrency).toBe(4);
  });
});

describe('a probe', () => {
  test.each([
    ['', '10s', '3s'],
    ['interval = "1s"', '1s', '1s'],
    ['interval = "20s"', '20s', '3s'],
    ['timeout = "1s"', '10s', '1s'],
    ['timeout = "15s"', '15s', '15s'],
    ['interval = "2s"\ntimeout = "2s"', '2s', '2s'],
  ])('with %j is sent every %p and may take %p', async (text, interval, timeout) => {
    const { upstream } = await only(`[upstreams.ollama.probe]\n${text}`);
    const { intervalMs, timeoutMs } = upstream.probe;
    expect([`${intervalMs / 1_000}s`, `${timeoutMs / 1_000}s`]).toEqual([interval, timeout]);
  });

  test('looks after the first of the chain more often than after the others', async () => {
    const file = 'chain = ["ollama", "anthropic", "groq"]\n[upstreams.groq]\napi_key = "k"';
    const standing = world({}, { GROQ_API_KEY: 'k', OPENROUTER_API_KEY: 'k' });
    for (const sources of [named(file), standing]) {
      const { chain } = await good(sources);
      expect(chain.map(({ probe }) => probe.intervalMs)).toEqual([10_000, 30_000, 30_000]);
    }
  });

  const own = { ANTHROPIC_API_KEY: 'sk' };
  test.each([
    ['[upstreams.anthropic]', {}, 'head', 'connection'],
    ['[upstreams.anthropic]', own, 'models', 'credential'],
    ['[upstreams.anthropic]\napi_key = "sk"', {}, 'models', 'credential'],
    ['[upstreams.anthropic]\nauth = "own"', own, 'models', 'credential'],
    ['[upstreams.anthropic]', { ANTHROPIC_API_KEY: 'NOT_NEEDED' }, 'head', 'connection'],
    ['[upstreams.anthropic]\nprobe.method = "connect"', {}, 'connect', 'connection'],
    ['[upstreams.anthropic]\nprobe.method = "head"', own, 'head', 'connection'],
    ['[upstreams.anthropic]\nprobe.method = "count_tokens"', own, 'count_tokens', 'credential'],
    ['[upstreams.anthropic]\nprobe.method = "message"', own, 'message', 'inference'],
    ['[upstreams.anthropic]\nprobe.enabled = false', own, 'models', null],
    ['[upstreams.groq]', { GROQ_API_KEY: 'k' }, 'models', 'credential'],
    ['[upstreams.groq]\nprobe.method = "connect"', { GROQ_API_KEY: 'k' }, 'connect', 'connection'],
    ['[upstreams.groq]\nprobe.method = "message"', { GROQ_API_KEY: 'k' }, 'message', 'inference'],
    ['[upstreams.ollama]', {}, 'models', 'connection'],
    ['[upstreams.ollama]\napi_key = "k"', {}, 'models', 'credential'],
    ['[upstreams.ollama]\nprobe.method = "count_tokens"', {}, 'count_tokens', 'credential'],
    [GATEWAY, {}, 'head', 'connection'],
    [`${GATEWAY}api_key = "k"`, {}, 'head', 'connection'],
    [`${GATEWAY}probe.method = "models"`, {}, 'models', 'connection'],
    [`${GATEWAY}probe.method = "models"\napi_key = "k"`, {}, 'models', 'credential'],
    [`${GATEWAY}probe.method = "message"`, {}, 'message', 'inference'],
  ] as const)('of %j with %j is %s, and shows %p', async (text, env, method, prober) => {
    const { upstream } = await only(text, env);
    expect(upstream.probe).toMatchObject({ enabled: prober !== null, method });
    expect(upstream.breaker.prober).toBe(prober);
  });

  test.each([
    ['[upstreams.anthropic]\napi_key = "sk"', '/models?limit=1'],
    ['[upstreams.openrouter]\napi_key = "k"', '/key'],
    ['[upstreams.groq]\napi_key = "k"', '/models'],
    [`${GATEWAY}probe.method = "models"`, '/models'],
  ])('of %j asks for %s', async (text, path) => {
    expect((await only(text)).upstream.probe.path).toBe(path);
  });

  test.each([
    ['method = "message"', /^ollama: .*about 86,400 tokens a day.*\(10 for each probe.*every 10 s\)/],
    ['method = "message"\ninterval = "10s"', /86,400/],
    ['method = "message"\ninterval = "5m"', /about 2,880 tokens a day/],
  ])('with %j says what it costs', async (text, expected) => {
    const { warnings } = await only(`[upstreams.ollama.probe]\n${text}`);
    expect(warnings).toEqual([expect.stringMatching(expected)]);
  });

  test.each(['method = "message"\nenabled = false', 'method = "count_tokens"', 'method = "models"', ''])(
    'with %j costs nothing and says nothing',
    async (text) => {
      expect((await only(`[upstreams.ollama.probe]\n${text}`)).warnings).toEqual([]);
    },
  );
});

describe('a breaker', () => {
  const second = 1_000;
  test.each([
    [GATEWAY, '', [15, 300], [10, 300]],
    ['[upstreams.ollama]', '', [15, 300], [5, 30]],
    ['[upstreams.ollama]\nbase_url = "http://192.168.0.9:11434"', '', [15, 300], [10, 300]],
    ['[upstreams.ollama]\nbase_url = "http://[::1]:11434"', '', [15, 300], [5, 30]],
    ['[upstreams.groq]\napi_key = "k"\nbase_url = "http://127.0.0.1:1/v1"', '', [15, 300], [5, 30]],
    ['[upstreams.ollama]', 'failures = 3\nwindow = "5s"', [15, 300], [5, 30]],
    ['[upstreams.ollama]', 'open = "1s"', [1, 300], [1, 300]],
    ['[upstreams.ollama]', 'open_max = "60s"', [15, 60], [15, 60]],
    ['[upstreams.ollama]', 'open_max = "2s"', [2, 2], [2, 2]],
    ['[upstreams.ollama]', 'open = "10m"', [600, 600], [600, 600]],
    [GATEWAY, 'open = "1s"\nopen_max = "4s"', [1, 4], [1, 4]],
  ])(
    'of %j with %j opens for %j s, and for %j s without a connection',
    async (text, keys, usual, connecting) => {
      const name = /\[upstreams\.([\w-]+)\]/.exec(text)?.[1];
      const { upstream } = await only(`${text}\n[upstreams.${name}.breaker]\n${keys}`);
      const { openMs, openMaxMs, connection } = upstream.breaker;
      expect([openMs / second, openMaxMs / second]).toEqual(usual);
      expect([connection.openMs / second, connection.openMaxMs / second]).toEqual(connecting);
    },
  );
});

test('the defaults are those of a remote backup without more', async () => {
  const { chain } = await good(named(`chain = ["ollama", "anthropic-compatible"]\n${GATEWAY}`));
  expect(chain[1]?.breaker).toEqual(DEFAULT_BREAKER);
  expect(chain[1]?.probe).toEqual(DEFAULT_PROBE);
});
