import { describe, expect, test } from 'bun:test';
import type { Inbound } from '../../src/core/upstream.ts';
import { bad, good, world } from './sources.ts';

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

describe('PROVIDER', () => {
  test.each([
    ['groq', ['groq']],
    ['groq,openrouter', ['groq', 'openrouter']],
    ['openrouter,groq', ['openrouter', 'groq']],
    [' Groq , OPENROUTER, ', ['groq', 'openrouter']],
    ['anthropic,ollama', ['anthropic', 'ollama']],
  ])('%j is the chain %j', async (PROVIDER, expected) => {
    const { chain, settings, why } = await good(
      world({}, { PROVIDER, GROQ_API_KEY: 'k', OPENROUTER_API_KEY: 'k', OPENAI_API_KEY: 'k' }),
    );
    expect(names(chain)).toEqual(expected);
    expect(settings.mode).toBe('emergency');
    expect(why[0]?.why).toBe('PROVIDER names it');
  });

  test.each([
    ['grok', {}, { key: 'PROVIDER', what: 'no such provider', found: '"grok"', hint: 'did you mean groq?' }],
    [
      'bedrock',
      {},
      { key: 'PROVIDER', what: 'this provider is not available in this version', found: '"bedrock"' },
    ],
    ['ollama,Ollama', {}, { key: 'PROVIDER', what: 'names a provider twice', found: '"ollama"' }],
    [',', {}, { key: 'PROVIDER', what: 'names no provider' }],
    [
      'groq',
      {},
      {
        key: 'GROQ_API_KEY',
        what: 'groq needs a key',
        found: 'no GROQ_API_KEY',
        hint: 'get one at https://console.groq.com/keys',
      },
    ],
    ['groq', { GROQ_API_KEY: '' }, { key: 'GROQ_API_KEY', what: 'groq needs a key' }],
    ['groq', { GROQ_API_KEY: ' ' }, { key: 'GROQ_API_KEY', what: 'groq needs a key' }],
    [
      'groq',
      { GROQ_API_KEY: 'a\nb' },
      { key: 'GROQ_API_KEY', what: 'a key cannot hold this', found: 'a line break' },
    ],
    ['groq', { GROQ_API_KEY: '"gsk_k"' }, { key: 'GROQ_API_KEY', found: 'quotes around it' }],
    ['groq', { GROQ_API_KEY: 'Bearer gsk_k' }, { key: 'GROQ_API_KEY', found: '"Bearer" before it' }],
    ['groq', { GROQ_API_KEY: 'gsk_...' }, { key: 'GROQ_API_KEY', found: 'the dots of an example' }],
    ['groq', { GROQ_API_KEY: 'a\x07' }, { key: 'GROQ_API_KEY', found: 'a control character' }],
    ['groq', { GROQ_API_KEY: 'ä' }, { key: 'GROQ_API_KEY', found: 'a character outside ASCII' }],
    ['groq', { GROQ_API_KEY: 'k', GROQ_MAX_TOKENS: '0' }, { key: 'GROQ_MAX_TOKENS', found: '"0"' }],
    [
      'groq',
      { GROQ_API_KEY: 'k', GROQ_MAX_TOKENS: '-5' },
      { key: 'GROQ_MAX_TOKENS', allowed: 'a positive whole number' },
    ],
    ['groq', { GROQ_API_KEY: 'k', GROQ_MAX_TOKENS: '1e3' }, { key: 'GROQ_MAX_TOKENS' }],
    ['groq', { GROQ_API_KEY: 'k', GROQ_MAX_TOKENS: 'many' }, { key: 'GROQ_MAX_TOKENS', found: '"many"' }],
    [
      'groq',
      { GROQ_API_KEY: 'k', GROQ_BASE_URL: 'ftp://h' },
      { key: 'GROQ_BASE_URL', what: 'not http or https' },
    ],
    [
      'openai-compatible',
      { OPENAI_COMPATIBLE_API_KEY: 'k' },
      { key: 'OPENAI_COMPATIBLE_BASE_URL', what: 'openai-compatible has no default address' },
    ],
    ['ollama', { CCPROXY_PORT: '70000' }, { key: 'CCPROXY_PORT', found: '"70000"' }],
    ['ollama', { CCPROXY_HOST: '0.0.0.0' }, { key: 'CCPROXY_HOST', what: /requires server.tokens/ }],
  ])('%j with %j is refused', async (PROVIDER, env, expected) => {
    const problems = await bad(world({}, { PROVIDER, ...env }));
    expect(problems).toHaveLength(1);
    const { what, ...rest } = expected as { what?: string | RegExp };
    expect(problems[0]).toMatchObject({
      ...rest,
      allowed: expect.any(String),
      found: expect.any(String),
      ...rest,
    });
    if (what !== undefined) expect(problems[0]?.what).toMatch(what);
  });

  test('has every problem of every provider at once', async () => {
    const problems = await bad(world({}, { PROVIDER: 'groq,openai,azure', OPENAI_MAX_TOKENS: 'x' }));
    const keys = problems.map(({ key }) => key).sort();
    expect(keys).toEqual(['GROQ_API_KEY', 'OPENAI_API_KEY', 'OPENAI_MAX_TOKENS', 'PROVIDER']);
  });

  test.each([
    ['--config', {}, { configFlag: 'x.toml' }],
    ['CCPROXY_CONFIG', { CCPROXY_CONFIG: 'x.toml' }, {}],
  ])('together with %s is a usage error', async (key, env, flags) => {
    const problems = await bad(world({ '/here/x.toml': '' }, { PROVIDER: 'ollama', ...env }, flags));
    expect(problems).toEqual([
      {
        key,
        what: `PROVIDER and ${key} both say where the chain comes from`,
        found: 'both',
        allowed: `PROVIDER or ${key}, not both`,
      },
    ]);
  });

  test('ignores a file that would be discovered, even a broken one, and says so once', async () => {
    const { notices, settings } = await good(
      world({ '/here/ccproxy.toml': 'broken' }, { PROVIDER: 'ollama' }),
    );
    expect(notices).toEqual(['PROVIDER is set: ./ccproxy.toml is ignored']);
    expect(settings.configPath).toBeNull();
  });

  test('says nothing of files when there are none', async () => {
    expect((await good(world({}, { PROVIDER: 'ollama' }))).notices).toEqual([]);
  });
});

describe('standing mode', () => {
  test('without anything is Anthropic alone, and says what is missing', async () => {
    const { chain, settings, why, leftOut } = await good(world());
    expect(names(chain)).toEqual(['anthropic']);
    expect(settings.mode).toBe('standing');
    expect(why).toEqual([
      {
        name: 'anthropic',
        provider: 'anthropic',
        address: 'https://api.anthropic.com/v1',
        why: "the client's own credential",
      },
    ]);
    expect(leftOut).toEqual([
      { name: 'openrouter', why: 'OPENROUTER_API_KEY is not set' },
      { name: 'openai', why: 'OPENAI_API_KEY is not set' },
      { name: 'groq', why: 'GROQ_API_KEY is not set' },
      { name: 'cerebras', why: 'CEREBRAS_API_KEY is not set' },
      { name: 'deepseek', why: 'DEEPSEEK_API_KEY is not set' },
      { name: 'fireworks', why: 'FIREWORKS_API_KEY is not set' },
      { name: 'mistral', why: 'MISTRAL_API_KEY is not set' },
      { name: 'moonshot', why: 'MOONSHOT_API_KEY is not set' },
      { name: 'together', why: 'TOGETHER_API_KEY is not set' },
      { name: 'xai', why: 'XAI_API_KEY is not set' },
      { name: 'zai', why: 'ZAI_API_KEY is not set' },
      { name: 'vllm', why: 'VLLM_API_KEY is not set' },
      { name: 'litellm', why: 'LITELLM_API_KEY is not set' },
      { name: 'anthropic-compatible', why: 'ANTHROPIC_COMPATIBLE_BASE_URL is not set' },
      { name: 'openai-compatible', why: 'OPENAI_COMPATIBLE_BASE_URL is not set' },
      { name: 'ollama', why: 'nothing answers on localhost:11434' },
      { name: 'lmstudio', why: 'nothing answers on localhost:1234' },
      { name: 'llamacpp', why: 'nothing answers on localhost:8080' },
    ]);
  });

  test('takes every provider whose key is there in the order of the table, then what answers', async () => {
    const asked: string[] = [];
    const env = {
      GROQ_API_KEY: 'k',
      OPENROUTER_API_KEY: 'k',
      OPENAI_COMPATIBLE_BASE_URL: 'https://h/v1',
      OPENAI_API_KEY: '',
    };
    const answers = async (host: string, port: number) => {
      asked.push(`${host}:${port}`);
      return true;
    };
    const { chain, why } = await good(world({}, env, { answers }));
    const local = ['ollama', 'lmstudio', 'llamacpp'];
    expect(names(chain)).toEqual(['anthropic', 'openrouter', 'groq', 'openai-compatible', ...local]);
    expect(why.map(({ why }) => why)).toEqual([
      "the client's own credential",
      'OPENROUTER_API_KEY is set',
      'GROQ_API_KEY is set',
      'OPENAI_COMPATIBLE_BASE_URL is set',
      'answers on localhost:11434',
      'answers on localhost:1234',
      'answers on localhost:8080',
    ]);
    expect(asked).toEqual(['localhost:11434', 'localhost:1234', 'localhost:8080']);
  });

  test('takes a server that needs no key where its address is there', async () => {
    const { chain, why } = await good(
      world({}, { VLLM_BASE_URL: 'http://gpu:8000', GROQ_BASE_URL: 'https://h/v1' }),
    );
    expect(names(chain)).toEqual(['anthropic', 'vllm']);
    expect(why[1]?.why).toBe('VLLM_BASE_URL is set');
  });

  test('leaves out what is a website and no model server', async () => {
    const answers = async (_: string, port: number) => (port === 8080 ? 'website' : false);
    const { chain, leftOut } = await good(world({}, {}, { answers }));
    expect(names(chain)).toEqual(['anthropic']);
    expect(leftOut).toContainEqual({ name: 'llamacpp', why: 'a website answers on localhost:8080' });
  });

  test('asks a local server where its variable says it is, and survives a question that fails', async () => {
    const asked: string[] = [];
    const answers = async (host: string, port: number) => {
      asked.push(`${host}:${port}`);
      throw new Error('no network');
    };
    const { leftOut } = await good(world({}, { OLLAMA_BASE_URL: 'http://[::1]:999/v1' }, { answers }));
    expect(asked).toEqual(['::1:999', 'localhost:1234', 'localhost:8080']);
    expect(leftOut).toContainEqual({ name: 'ollama', why: 'nothing answers on [::1]:999' });
  });

  test('leaves out a provider whose variables are unusable instead of not starting', async () => {
    const { chain, leftOut, warnings } = await good(
      world({}, { OPENAI_API_KEY: 'sk-a\nb', GROQ_API_KEY: 'k', GROQ_BASE_URL: 'nonsense' }),
    );
    expect(names(chain)).toEqual(['anthropic']);
    expect(names(leftOut)).toContain('openai');
    expect(names(leftOut)).toContain('groq');
    expect(warnings.join('\n')).toContain('OPENAI_API_KEY a key cannot hold this (a line break)');
    expect(warnings.join('\n')).not.toContain('sk-a');
  });

  test.each([
    ['ANTHROPIC_BASE_URL', 'http://localhost:3456'],
    ['ANTHROPIC_MODEL', 'other'],
    ['ANTHROPIC_MAX_TOKENS', 'not a number'],
    ['ANTHROPIC_API_KEY', 'NOT_NEEDED'],
  ])('ignores %s=%s', async (name, value) => {
    const { chain, why } = await good(world({}, { [name]: value }));
    expect(chain[0]?.base).toBe('https://api.anthropic.com/v1');
    expect(chain[0]?.model('claude-opus-4-8[1m]')).toBe('claude-opus-4-8[1m]');
    expect(chain[0]?.maxTokens).toBeUndefined();
    expect(why[0]?.why).toBe("the client's own credential");
  });

  test('takes the address of Anthropic from CCPROXY_ANTHROPIC_BASE_URL', async () => {
    const { chain } = await good(world({}, { CCPROXY_ANTHROPIC_BASE_URL: 'http://localhost:9/' }));
    expect(chain[0]?.base).toBe('http://localhost:9/v1');
    expect(chain[0]?.native).toBe(true);
  });

  test('refuses an address of Anthropic that is none', async () => {
    const problems = await bad(world({}, { CCPROXY_ANTHROPIC_BASE_URL: 'localhost:9' }));
    expect(problems).toMatchObject([{ key: 'CCPROXY_ANTHROPIC_BASE_URL', what: 'has no scheme' }]);
  });

  test('warns of an address that is its own', async () => {
    const { warnings } = await good(world({}, { CCPROXY_ANTHROPIC_BASE_URL: 'http://localhost:3456' }));
    expect(warnings.join()).toContain("anthropic: its address is ccproxy's own (port 3456)");
  });
});

describe('the variables of a preset', () => {
  const only = async (env: Record<string, string>) => (await good(world({}, env))).chain[0];

  test('_BASE_URL, _MODEL and _MAX_TOKENS work', async () => {
    const groq = await only({
      PROVIDER: 'groq',
      GROQ_API_KEY: 'k',
      GROQ_BASE_URL: 'http://localhost:8/v1/messages',
      GROQ_MODEL: ' big ',
      GROQ_MAX_TOKENS: '512',
    });
    expect(groq).toMatchObject({ base: 'http://localhost:8/v1', maxTokens: 512 });
    expect(groq?.dialect.name).toBe('anthropic');
    for (const model of ['claude-opus-4-8', 'claude-haiku-4-5', 'else'])
      expect(groq?.model(model)).toBe('big');
  });

  test('a dash in the name is an underscore in the variable', async () => {
    const other = await only({ PROVIDER: 'openai-compatible', OPENAI_COMPATIBLE_BASE_URL: 'https://h' });
    expect(other).toMatchObject({
      base: 'https://h/v1',
      provider: 'openai-compatible',
      takesClientCredential: false,
    });
  });
});

describe('host and port', () => {
  const file = '[server]\nhost = "127.0.0.2"\nport = 1000';
  test.each([
    ['the file beats the default', {}, {}, { host: '127.0.0.2', port: 1000 }],
    [
      'the environment beats the file',
      { CCPROXY_HOST: '::1', CCPROXY_PORT: '2000' },
      {},
      { host: '::1', port: 2000 },
    ],
    [
      'flags beat the environment',
      { CCPROXY_HOST: '::1', CCPROXY_PORT: '2000' },
      { host: '[::1]', port: '0' },
      { host: '::1', port: 0 },
    ],
  ])('%s', async (_, env, flags, expected) => {
    const { settings } = await good(world({ '/here/ccproxy.toml': file }, env, flags));
    expect(settings.server).toMatchObject(expected);
    expect(settings.mode).toBe('standing');
  });

  test.each([['abc'], ['-1'], ['65536'], ['1.5'], ['0x10']])('--port %s is refused', async (port) => {
    expect(await bad(world({}, {}, { port }))).toMatchObject([
      { key: '--port', found: JSON.stringify(port) },
    ]);
  });
});

test('a key is sent without the white space that came along with it', async () => {
  const { chain } = await good(world({}, { PROVIDER: 'groq', GROQ_API_KEY: ' k\n' }));
  const inbound = { headers: new Headers() } as Inbound;
  expect(chain[0]?.auth(new Headers(), inbound)?.get('authorization')).toBe('Bearer k');
});

test.each([
  ['its own limit', {}, 16_384],
  ["the user's", { GROQ_MAX_TOKENS: '30000' }, 30_000],
])('groq is asked for at most %s', async (_, env, most) => {
  const { chain } = await good(world({}, { PROVIDER: 'groq', GROQ_API_KEY: 'k', ...env }));
  expect(chain[0]?.maxTokens).toBe(most);
});

test.each([
  ['is said where nothing else is', {}, true],
  ['is not said where a model is named', { OPENAI_COMPATIBLE_MODEL: 'm' }, false],
])("that a server is asked for Claude's model names %s", async (_, env, said) => {
  const { warnings } = await good(
    world({}, { PROVIDER: 'openai-compatible', OPENAI_COMPATIBLE_BASE_URL: 'http://localhost:1', ...env }),
  );
  expect(warnings.some((line) => line.includes('OPENAI_COMPATIBLE_MODEL'))).toBe(said);
});
