import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { readTextFile } from '../../src/config/find-file.ts';
import { bad, good, messages, named, world, written } from './sources.ts';

const ollama = (name: string) => `[upstreams.${name}]\nprovider = "ollama"`;

describe('the file is looked for', () => {
  const files = {
    '/flag/a.toml': ollama('flag'),
    '/here/env.toml': ollama('variable'),
    '/here/ccproxy.toml': ollama('here'),
    '/xdg/ccproxy/ccproxy.toml': ollama('xdg'),
    '/home/me/.config/ccproxy/ccproxy.toml': ollama('home'),
    '/home/me/c.toml': ollama('tilde'),
    '/etc/ccproxy/ccproxy.toml': ollama('etc'),
  };
  const without = (...paths: string[]) =>
    Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
  const env = { XDG_CONFIG_HOME: '/xdg' };

  test.each([
    ['where --config says', files, { CCPROXY_CONFIG: 'env.toml' }, '/flag/a.toml', 'flag'],
    ['relative to the current folder', files, {}, 'env.toml', 'variable'],
    ['where CCPROXY_CONFIG says', files, { ...env, CCPROXY_CONFIG: 'env.toml' }, undefined, 'variable'],
    ['below ~ of CCPROXY_CONFIG', files, { CCPROXY_CONFIG: '~/c.toml' }, undefined, 'tilde'],
    ['in the current folder', files, env, undefined, 'here'],
    ['in XDG_CONFIG_HOME', without('/here/ccproxy.toml'), env, undefined, 'xdg'],
    ['in ~/.config', without('/here/ccproxy.toml'), {}, undefined, 'home'],
    ['in /etc', { '/etc/ccproxy/ccproxy.toml': ollama('etc') }, {}, undefined, 'etc'],
  ])('%s', async (_, there, variables, configFlag, expected) => {
    const { chain, settings } = await good(
      world(there, variables, configFlag === undefined ? {} : { configFlag }),
    );
    expect(chain.map(({ name }) => name)).toEqual([expected]);
    expect(settings.mode).toBe('file');
    expect(isAbsolute(settings.configPath ?? '')).toBe(true);
  });

  test.each([
    ['--config', { configFlag: 'no.toml' }, {}],
    ['CCPROXY_CONFIG', {}, { CCPROXY_CONFIG: 'no.toml' }],
  ])('and a named one that is not there is an error: %s', async (key, flags, variables) => {
    expect(await bad(world(files, variables, flags))).toEqual([
      { key, what: 'there is no such file', found: '"no.toml"', allowed: 'the path of a readable file' },
    ]);
  });

  test('and one that cannot be read is an error, not skipped', async () => {
    const read = async (path: string) => {
      if (written(path) === '/here/ccproxy.toml') throw Object.assign(new Error('no'), { code: 'EACCES' });
      return null;
    };
    expect(await messages(world({}, {}, { read }))).toBe('./ccproxy.toml: the file cannot be read (EACCES)');
  });

  test('not in the current folder where there is none any more', async () => {
    const { chain } = await good(world({ ...files, '/ccproxy.toml': ollama('root') }, env, { cwd: null }));
    expect(chain.map(({ name }) => name)).toEqual(['xdg']);
    expect(await messages(world({ ...files, '/a.toml': '' }, {}, { cwd: null, configFlag: 'a.toml' }))).toBe(
      '--config: the current folder does not exist any more: found "a.toml"; allowed: the path of a readable file',
    );
  });

  test('with a byte order mark and Windows line ends', async () => {
    expect(await messages(named('\uFEFF[server]\r\n\r\nprot = 1\r\n'))).toContain(
      'my.toml:3: server.prot: unknown key',
    );
  });
});

test('the default reader gives text, null for no file, and throws for a folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ccproxy-'));
  try {
    await Bun.write(join(folder, 'a'), 'text');
    expect(await readTextFile(join(folder, 'a'))).toBe('text');
    expect(await readTextFile(join(folder, 'b'))).toBeNull();
    expect(readTextFile(folder)).rejects.toThrow();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('the chain of a file', () => {
  const names = async (text: string, env = {}) =>
    (await good(named(text, env))).chain.map(({ name }) => name);

  test.each([
    [
      'is the tables in their order',
      '[upstreams.2]\nprovider="ollama"\n[upstreams.1]\nprovider="ollama"',
      ['2', '1'],
    ],
    [
      'counts the first mention',
      '[upstreams.b.breaker]\nfailures=1\n[upstreams.a]\nprovider="ollama"\n[upstreams.b]\nprovider="ollama"',
      ['b', 'a'],
    ],
    ['is `chain`', `chain = ["b", "a"]\n${ollama('a')}\n${ollama('b')}`, ['b', 'a']],
    ['needs no table for a preset', 'chain = ["anthropic", "ollama"]', ['anthropic', 'ollama']],
    ['leaves out the disabled', `chain = ["a", "anthropic"]\n${ollama('a')}\nenabled = false`, ['anthropic']],
    [
      'prefers a table to the preset of its name',
      'chain = ["groq"]\n[upstreams.groq]\nprovider = "ollama"',
      ['groq'],
    ],
    [
      'is the two profiles',
      `[failover_policy]\nprimary_profile = "work"\nsecondary_profile = "anthropic"\n${ollama('work')}`,
      ['work', 'anthropic'],
    ],
  ])('%s', async (_, text, expected) => expect(await names(text)).toEqual(expected));

  test('says why each is in it and what is not', async () => {
    const text = `chain = ["anthropic", "b", "c"]\n${ollama('a')}\n${ollama('b')}\n${ollama('c')}\nenabled = false`;
    const { why, leftOut } = await good(named(text));
    expect(why.map(({ why }) => why)).toEqual(['chain[0] in my.toml', '[upstreams.b] in my.toml']);
    expect(leftOut).toEqual([
      { name: 'c', why: 'enabled = false' },
      { name: 'a', why: 'the chain does not name it' },
    ]);
  });
});

describe('an upstream of a file', () => {
  const first = async (text: string, env: Record<string, string> = {}) =>
    (await good(named(text, env))).chain[0];
  const inbound = {
    headers: new Headers({ 'x-api-key': 'client', authorization: 'Bearer client' }),
  } as Parameters<NonNullable<Awaited<ReturnType<typeof first>>>['auth']>[1];

  test('has every setting of its table', async () => {
    const upstream = await first(`[upstreams.fast]
provider = "groq"
base_url = "http://localhost:1/openai/v1/"
api_key = "k"
auth_header = "X-Key"
models = { "claude-opus-*" = "big" }
max_tokens = 99
context_window = 5000
vision = true
tools = false
headers = { x-title = "t" }
timeouts = { connect = "1s", first_event = "2s", idle = "3s", response = "4s" }
breaker = { failures = 1, window = "2s", ratio = 1, min_samples = 3, open = "4s", open_max = "5s" }`);
    expect(upstream).toMatchObject({
      name: 'fast',
      provider: 'groq',
      base: 'http://localhost:1/openai/v1',
      takesClientCredential: false,
      native: false,
      maxTokens: 99,
      extraHeaders: { 'x-title': 't' },
      timeouts: { connectMs: 1000, firstEventMs: 2000, idleMs: 3000, responseMs: 4000 },
      breaker: { failures: 1, windowMs: 2000, ratio: 1, minSamples: 3, openMs: 4000, openMaxMs: 5000 },
    });
    expect(upstream?.facts?.('big')).toMatchObject({ context: 5000, vision: true, tools: false });
    expect(upstream?.model('claude-opus-4-8[1m]')).toBe('big');
    expect(upstream?.model('claude-haiku-4-5')).toBe('openai/gpt-oss-20b');
    expect(upstream?.auth(new Headers(), inbound)?.get('x-key')).toBe('k');
    expect(upstream?.auth(new Headers(), inbound)?.get('x-api-key')).toBeNull();
  });

  test('called like its preset is overridden by the environment, and says so', async () => {
    const text =
      '[upstreams.groq]\napi_key = "file"\nbase_url = "https://file"\nmax_tokens = 1\nmodels = { "*" = "file" }';
    const env = {
      GROQ_API_KEY: 'env',
      GROQ_BASE_URL: 'https://env',
      GROQ_MAX_TOKENS: '2',
      GROQ_MODEL: 'env',
    };
    const { chain, warnings } = await good(named(text, env));
    expect(chain[0]).toMatchObject({ base: 'https://env/v1', maxTokens: 2 });
    expect(chain[0]?.model('x')).toBe('env');
    expect(chain[0]?.auth(new Headers(), inbound)?.get('authorization')).toBe('Bearer env');
    expect(warnings.filter((line) => line.includes('of the environment is used instead'))).toHaveLength(4);
  });

  test('of another name keeps what the file says; the environment fills in the rest', async () => {
    const env = {
      GROQ_API_KEY: 'env',
      GROQ_BASE_URL: 'https://env',
      GROQ_MAX_TOKENS: '2',
      GROQ_MODEL: 'env',
    };
    const full =
      '[upstreams.a]\nprovider = "groq"\napi_key = "file"\nbase_url = "https://file"\nmax_tokens = 1\nmodels = { "*" = "file" }';
    const kept = await first(full, env);
    expect(kept).toMatchObject({ base: 'https://file/v1', maxTokens: 1 });
    expect(kept?.model('x')).toBe('file');
    expect(kept?.auth(new Headers(), inbound)?.get('authorization')).toBe('Bearer file');
    const filled = await first('[upstreams.a]\nprovider = "groq"', env);
    expect(filled).toMatchObject({ base: 'https://env/v1', maxTokens: 2 });
  });

  test('of anthropic takes the client’s credential, and its own key only without one', async () => {
    const upstream = await first('[upstreams.anthropic]\napi_key = "own"');
    expect(upstream?.takesClientCredential).toBe(true);
    expect(upstream?.auth(new Headers(), inbound)?.get('x-api-key')).toBe('client');
    const bare = { ...inbound, headers: new Headers({ 'x-api-key': 'NOT_NEEDED' }) };
    expect(upstream?.auth(new Headers(), bare)?.get('x-api-key')).toBe('own');
  });

  test('of anthropic with auth = "own" never takes the client’s, and the file’s key goes before the client’s variable', async () => {
    const upstream = await first('[upstreams.anthropic]\nauth = "own"\napi_key = "own"', {
      ANTHROPIC_API_KEY: 'env',
    });
    expect(upstream?.takesClientCredential).toBe(false);
    expect(upstream?.auth(new Headers(), inbound)?.get('x-api-key')).toBe('own');
  });

  test('with one of open and open_max keeps them in order', async () => {
    const { breaker } = (await first(`${ollama('a')}\nbreaker = { open = "10m" }`)) ?? {};
    expect(breaker).toMatchObject({ openMs: 600_000, openMaxMs: 600_000 });
    const short = await first(`${ollama('a')}\nbreaker = { open_max = "5s" }`);
    expect(short?.breaker).toMatchObject({ openMs: 5_000, openMaxMs: 5_000 });
  });
});
