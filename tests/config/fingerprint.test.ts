import { describe, expect, test } from 'bun:test';
import { good, named, world } from './sources.ts';

const KEY = 'key-of-the-test';

const emergency = async (env: Record<string, string>) =>
  (await good(world({}, { PROVIDER: 'groq', GROQ_API_KEY: 'k', ...env }))).fingerprint(KEY);

const file = (text: string, env: Record<string, string> = { GROQ_API_KEY: 'k' }) => good(named(text, env));

const TABLE = `chain = ["groq"]
[upstreams.groq]
provider = "groq"
`;

describe('the fingerprint of a configuration', () => {
  test('is the same for the same, and tells nothing without the key', async () => {
    const { fingerprint } = await good(world({}, { PROVIDER: 'groq', GROQ_API_KEY: 'k' }));
    expect(fingerprint(KEY)).toBe(await emergency({}));
    expect(fingerprint(KEY)).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint('another')).not.toBe(fingerprint(KEY));
  });

  test.each<Record<string, string>>([
    { GROQ_API_KEY: 'corrected' },
    { GROQ_MODEL: 'another' },
    { GROQ_MAX_TOKENS: '1000' },
    { GROQ_BASE_URL: 'http://127.0.0.1:1/v1' },
    { PROVIDER: 'groq,ollama' },
    { PROVIDER: 'ollama,groq' },
  ])('is another with %j', async (env) => {
    expect(await emergency(env)).not.toBe(await emergency({}));
  });

  test.each([
    'api_key = "in-the-file"',
    'models = { "claude-opus-*" = "large" }',
    'concurrency = 3',
    'context_window = 1000',
    'headers = { "x-team" = "a" }',
    '[failover]\nhedge = "3s"',
    '[failover]\ntriggers = [429]',
    '[server]\ntokens = ["a-token-of-the-test"]',
    '[server]\nmax_body = "1MB"',
  ])('is another with `%s` in the file', async (line) => {
    const without = await file(TABLE);
    const other = await file(`${TABLE}${line}\n`);
    expect(other.fingerprint(KEY)).not.toBe(without.fingerprint(KEY));
  });

  test('is the same wherever it listens, and whatever else the environment has', async () => {
    const { fingerprint } = await file(TABLE);
    const elsewhere = await file(`${TABLE}[server]\nport = 4567\nhost = "127.0.0.1"\n`, {
      GROQ_API_KEY: 'k',
      XAI_API_KEY: 'x',
    });
    expect(elsewhere.fingerprint(KEY)).toBe(fingerprint(KEY));
  });

  test('has no secret where a configuration is printed', async () => {
    const configuration = await good(world({}, { PROVIDER: 'groq', GROQ_API_KEY: 'sk-secret-of-the-test' }));
    expect(JSON.stringify(configuration)).not.toContain('sk-secret-of-the-test');
  });
});
