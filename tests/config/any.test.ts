import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { configure } from '../../src/config/build.ts';
import { describeProblems } from '../../src/config/problem.ts';
import { named, world } from './sources.ts';

const WORDS = [
  'groq',
  'anthropic',
  'ollama',
  'a',
  '',
  '5s',
  '0s',
  '64MB',
  'https://h/v1',
  '$' + '{X}',
  'own',
  'stop',
  'message',
  'count_tokens',
  'é\n',
];
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(...WORDS),
    fc.integer({ min: -10, max: 70_000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('groq', 'a', 'open', 'idle', 'interval', 'timeout', 'method', 'port', '*', '__proto__'),
      tie('value'),
      {
        maxKeys: 3,
      },
    ),
  ),
})).value;

const keysOf = (...names: string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
const upstream = fc.oneof(
  keysOf(
    'provider',
    'base_url',
    'dialect',
    'api_key',
    'models',
    'max_tokens',
    'context_window',
    'vision',
    'tools',
    'headers',
  ),
  keysOf('auth_header', 'auth', 'timeouts', 'enabled', 'breaker', 'probe', 'concurrency', 'zzz'),
  keysOf(),
);
const file = fc.record(
  {
    chain: fc.oneof(value, fc.array(fc.constantFrom('groq', 'anthropic', 'a', 'ollama'))),
    server: keysOf('host', 'port', 'tokens', 'admin_token', 'allowed_hosts', 'drain_timeout', 'max_body'),
    failover: keysOf(
      'enabled',
      'triggers',
      'max_failover_attempts',
      'budget',
      'mid_stream',
      'hedge',
      'return_after',
    ),
    failover_policy: keysOf('enabled', 'primary_profile', 'secondary_profile', 'triggers'),
    upstreams: fc.dictionary(fc.constantFrom('groq', 'anthropic', 'a', 'ollama', 'auto'), upstream),
    history: value,
  },
  { requiredKeys: [] },
);

test('any file gives a configuration, or problems that say where and what', async () => {
  await fc.assert(
    fc.asyncProperty(file, async (content) => {
      const result = await configure(named(stringify(content), { GROQ_API_KEY: 'k' }));
      if (result.ok) {
        expect(result.configuration.chain.length).toBeGreaterThan(0);
        expect(result.configuration.why.map(({ name }) => name)).toEqual(
          result.configuration.chain.map(({ name }) => name),
        );
        return;
      }
      expect(result.problems.length).toBeGreaterThan(0);
      for (const problem of result.problems) {
        expect(problem).toMatchObject({ file: 'my.toml', key: expect.any(String), line: expect.any(Number) });
        expect(problem).toMatchObject({
          what: expect.any(String),
          found: expect.any(String),
          allowed: expect.any(String),
        });
      }
      expect(describeProblems(result.problems).split('\n').length).toBeLessThanOrEqual(
        result.problems.length,
      );
    }),
    { numRuns: 500 },
  );
});

test('any text gives a configuration or problems', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
      const result = await configure(named(text));
      if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

test('any environment gives a configuration or problems', async () => {
  const names = [
    'PROVIDER',
    'GROQ_API_KEY',
    'GROQ_BASE_URL',
    'GROQ_MODEL',
    'GROQ_MAX_TOKENS',
    'CCPROXY_PORT',
    'CCPROXY_HOST',
  ];
  const text = fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary', maxLength: 20 }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), text), async (env) => {
      const result = await configure(world({}, env));
      if (result.ok) expect(result.configuration.chain.length).toBeGreaterThan(0);
      else for (const { key } of result.problems) expect(key).toBeString();
    }),
    { numRuns: 500 },
  );
});
