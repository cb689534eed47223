// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { configCheck } from '../../src/cli/config.ts';
import type { ConfigSources } from '../../src/config/build.ts';
import { bad, good, messages, named, world } from './sources.ts';

describe('a reference', () => {
  const file = { '/conf/keys/groq': '  from-file\n', '/home/me/key': 'from-home', '/abs': 'absolute' };
  const sources = (text: string, env: Record<string, string> = {}) =>
    world({ ...file, '/conf/c.toml': text }, env, { configFlag: '/conf/c.toml' });

  test.each([
    ['"${TOKEN}"', 'from-env'],
    ['"a-${TOKEN}-b-${TOKEN}"', 'a-from-env-b-from-env'],
    ['"${file:keys/groq}"', 'from-file'],
    ['"${file:~/key}"', 'from-home'],
    ['"${file:/abs}"', 'absolute'],
    ['"${LOOKS}"', '${TOKEN}'],
    ['"$TOKEN $ {TOKEN}"', '$TOKEN $ {TOKEN}'],
  ])('%s is %s', async (text, expected) => {
    const { settings } = await good(
      sources(`[server]\ntokens = [${text}]`, { TOKEN: 'from-env', LOOKS: '${TOKEN}' }),
    );
    expect(settings.server.tokens).toEqual([expected]);
  });

  test('works in any string: addresses, models, headers, chain', async () => {
    const text = `chain = ["\${WHO}"]
[upstreams.a]
provider = "\${KIND}"
base_url = "https://\${HOST}/v1"
api_key = "k"
models = { "*" = "\${MODEL}" }
headers = { x-a = "\${MODEL}" }`;
    const env = { WHO: 'a', KIND: 'groq', HOST: 'h.example', MODEL: 'm' };
    const { chain } = await good(sources(text, env));
    expect(chain[0]).toMatchObject({ name: 'a', base: 'https://h.example/v1', extraHeaders: { 'x-a': 'm' } });
    expect(chain[0]?.model('x')).toBe('m');
  });

  test.each([
    ['"${NOPE}"', 'the environment variable NOPE is not set', '${NOPE}'],
    ['"${EMPTY}"', 'the environment variable EMPTY is not set', '${EMPTY}'],
    ['"${constructor}"', 'the environment variable constructor is not set', '${constructor}'],
    ['"${}"', 'not a reference', '${}'],
    ['"${A B}"', 'not a reference', '${A B}'],
    ['"${env:A}"', 'not a reference', '${env:A}'],
    ['"${file:none}"', 'there is no such file', '${file:none}'],
    ['"${file:blank}"', 'the file is empty', '${file:blank}'],
    ['"${keychain:groq}"', 'there is no keychain here', '${keychain:groq}'],
    ['"${keychain:}"', 'not a name for a secret of the keychain', 'another name'],
    ['"${keychain:a b}"', 'not a name for a secret of the keychain', 'another name'],
    ['"${keychain:sk-ant-0123456789abcdef}"', 'not a name for a secret of the keychain', 'another name'],
  ])('%s is an error', async (text, what, found) => {
    const files = { '/conf/blank': ' \n', '/conf/c.toml': `[server]\ntokens = [\n${text}]` };
    const problems = await bad(world(files, { EMPTY: '' }, { configFlag: '/conf/c.toml' }));
    expect(problems).toEqual([
      { file: '/conf/c.toml', line: 3, key: 'server.tokens[0]', what, found, allowed: expect.any(String) },
    ]);
  });
});

describe('a secret of the keychain', () => {
  const kept: Record<string, string> = { groq: '  groq-secret\n', 'work/b': 'b-secret', empty: ' ' };
  const from = (text: string, more: Partial<ConfigSources> = {}) =>
    named(text, {}, { keychain: async (name) => kept[name] ?? null, ...more });
  const nobody = () => Promise.reject(new Error('the keychain was asked'));

  test('takes the place of its reference', async () => {
    const { settings } = await good(from('[server]\ntokens = ["${keychain:groq}", "b ${keychain:work/b}"]'));
    expect(settings.server.tokens).toEqual(['groq-secret', 'b b-secret']);
  });

  test.each(['nix', 'empty'])(
    'that is not there is an error that says how to store one: %s',
    async (name) => {
      const [problem] = await bad(from(`[upstreams.groq]\napi_key = "\${keychain:${name}}"`));
      expect(problem).toMatchObject({ file: 'my.toml', line: 2, key: 'upstreams.groq.api_key' });
      expect(problem?.what).toBe('the keychain has no such secret, or is locked');
      expect(problem?.hint).toBe(`to store one: ccproxy secret set ${name}`);
    },
  );

  test('is not asked for by a file that was only found, nor in a rehearsal', async () => {
    const text = '[upstreams.groq]\napi_key = "${keychain:groq}"';
    const found = world({ '/here/ccproxy.toml': text }, {}, { keychain: nobody });
    expect((await bad(found))[0]?.what).toMatch(/may not use/);
    expect((await good(from(text, { keychain: nobody, placeholder: 'p' }))).chain).toHaveLength(1);
  });
});

test('every file that a reference names is told, there or not', async () => {
  const told: string[] = [];
  const text = '[server]\ntokens = ["${file:a}", "${file:/b}", "${file:~/c}", "${NAME}"]';
  await bad(named(text, {}, { refers: (path) => told.push(path) }));
  expect(told.sort()).toEqual(['/b', '/here/a', '/home/me/c']);
});

describe('a file that was found and not named', () => {
  const found = (text: string, env: Record<string, string> = {}) =>
    world({ '/here/ccproxy.toml': text, '/here/k': 's' }, env);
  const trusted = (text: string, env: Record<string, string> = {}) => ({
    ...found(text, env),
    configFlag: './ccproxy.toml',
  });
  const foreign = /may not send (a credential|values of the environment) to this host/;

  test.each([
    ['${file:}', '[server]\ntokens = ["${file:k}"]', {}, 2, 'server.tokens[0]', /may not use \$\{file:…\}/],
    [
      '${keychain:}',
      '[server]\ntokens = ["${keychain:k}"]',
      {},
      2,
      'server.tokens[0]',
      /may not use \$\{keychain:…\}/,
    ],
    [
      'a key of the environment, unasked',
      '[upstreams.groq]\nbase_url = "https://evil.example"',
      { GROQ_API_KEY: 'k' },
      2,
      'upstreams.groq.base_url',
      foreign,
    ],
    [
      'a key by reference',
      '[upstreams.groq]\nbase_url = "https://evil.example"\napi_key = "${K}"',
      { K: 'k' },
      2,
      'upstreams.groq.base_url',
      foreign,
    ],
    [
      'a key to a generic provider',
      '[upstreams.x]\nprovider = "openai-compatible"\nbase_url = "https://evil.example"\napi_key = "${K}"',
      { K: 'k' },
      3,
      'upstreams.x.base_url',
      foreign,
    ],
    [
      'the client’s credential',
      '[upstreams.anthropic]\nbase_url = "https://evil.example"',
      {},
      2,
      'upstreams.anthropic.base_url',
      foreign,
    ],
    [
      'an own key of Anthropic',
      '[upstreams.anthropic]\nauth = "own"\nbase_url = "https://evil.example"',
      { ANTHROPIC_API_KEY: 'k' },
      3,
      'upstreams.anthropic.base_url',
      foreign,
    ],
    [
      'a variable in a header',
      '[upstreams.ollama]\nbase_url = "https://evil.example"\nheaders = { x = "${K}" }',
      { K: 'k' },
      2,
      'upstreams.ollama.base_url',
      foreign,
    ],
    [
      'a variable in the address',
      '[upstreams.ollama]\nbase_url = "https://evil.example/${K}"',
      { K: 'k' },
      2,
      'upstreams.ollama.base_url',
      foreign,
    ],
    [
      'a variable in a model',
      '[upstreams.ollama]\nbase_url = "https://evil.example"\nmodels = { "*" = "${K}" }',
      { K: 'k' },
      2,
      'upstreams.ollama.base_url',
      foreign,
    ],
    [
      'a name that only begins like this machine',
      '[upstreams.groq]\nbase_url = "https://localhost.evil.example"',
      { GROQ_API_KEY: 'k' },
      2,
      'upstreams.groq.base_url',
      foreign,
    ],
    [
      'the right host without encryption',
      '[upstreams.groq]\nbase_url = "http://api.groq.com/openai/v1"',
      { GROQ_API_KEY: 'k' },
      2,
      'upstreams.groq.base_url',
      foreign,
    ],
  ])('may not use or send %s', async (_, text, env, line, key, what) => {
    const problems = await bad(found(text, env));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: './ccproxy.toml', line, key });
    expect(problems[0]?.what).toMatch(what);
    expect(problems[0]?.hint).toContain('--config ./ccproxy.toml');
  });

  test.each([
    ['this machine', '[upstreams.groq]\nbase_url = "http://localhost:1/v1"', { GROQ_API_KEY: 'k' }],
    [
      'the provider’s own host',
      '[upstreams.groq]\nbase_url = "https://api.groq.com/other/v1"\napi_key = "${K}"',
      { K: 'k' },
    ],
    [
      'a foreign host without any credential',
      '[upstreams.x]\nprovider = "openai-compatible"\nbase_url = "https://h.example"',
      {},
    ],
    [
      'an address of the environment',
      '[upstreams.groq]\nmax_tokens = 5',
      { GROQ_API_KEY: 'k', GROQ_BASE_URL: 'https://h.example' },
    ],
  ])('may send it to %s', async (_, text, env) => {
    expect((await good(found(text, env))).chain).toHaveLength(1);
  });

  test('may do all of it once it is named', async () => {
    const text =
      '[server]\ntokens = ["${file:k}"]\n[upstreams.groq]\nbase_url = "https://h.example"\napi_key = "${K}"';
    expect((await good(trusted(text, { K: 'k' }))).chain[0]?.base).toBe('https://h.example/v1');
  });
});

describe('a secret', () => {
  const secret = fc
    .tuple(fc.stringMatching(/^[a-zA-Z0-9]{12,24}$/), fc.constantFrom('', '\n', '\x01', 'é'))
    .map(([text, end]) => `s3cr-${text}${end}`);
  const outputs = async (sources: Parameters<typeof configCheck>[0]) => {
    const plain = await configCheck(sources, { json: false });
    const json = await configCheck(sources, { json: true });
    return [plain.stdout, plain.stderr, json.stdout, json.stderr].join('\n');
  };
  const FILES = [
    '[upstreams.groq]\napi_key = "${K}"\nbogus = 1',
    '[upstreams.groq]\napi_key = "${K}"\ntimeouts = { idle = "0s" }',
    '[upstreams.groq]\nbase_url = "${K}"\napi_key = "k"',
    '[upstreams.groq]\nbase_url = "https://${K}@h/v1"\napi_key = "k"',
    '[upstreams.groq]\nbase_url = "https://h/v1?key=${K}"\napi_key = "k"',
    '[upstreams.groq]\napi_key = "k"\nheaders = { x-a = "${K}" }\nauth_header = "a b"',
    '[upstreams.groq]\napi_key = "k"\nmax_tokens = "${K}"\ndialect = "${K}"\nprovider = "${K}"',
    'chain = ["${K}"]',
    '[upstreams.groq]\nbase_url = "https://h/${K}"\napi_key = "k"',
    '[upstreams.groq]\nbase_url = "https://${K}.h/v1"\napi_key = "k"',
    '[upstreams.groq]\nauth_header = "${K} !"\napi_key = "k"\nauth = "own"',
    '[upstreams.groq]\nbase_url = "${K}://h/${K}/responses"\napi_key = "k"\nmodels = { "*" = "${K}" }',
    '[upstreams.x]\nprovider = "openai-compatible"\nbase_url = "http://${K}/responses"\ndialect = "${K}"',
    '[failover_policy]\nprimary_profile = "${K}"\nsecondary_profile = "${K}"\ntriggers = ["${K}"]',
    '[server]\nport = "${K}"\nhost = "${K} "\nallowed_hosts = ["${K}/"]\nmax_body = "${K}"\ndrain_timeout = "${K}"',
    '[server]\ntokens = ["${K}"]\nadmin_token = "${K}"',
    '[server]\ntokens = "SECRET"\nadmin_token = ["SECRET"]',
    '[upstreams.groq]\napi_key = ["SECRET"]\nheaders = { x = 1, y = "SECRET\\n" }',
    '[upstreams.groq]\napi_key = "SECRET',
    '[upstreams.groq]\napi_key = SECRET',
    '[upstreams.groq]\napi_key = "SECRET"\napi_key = "SECRET"',
    '[upstreams.groq]\nbase_url = "https://me:SECRET@h/v1"\napi_key = "SECRET\\n"',
  ];

  test.each(FILES)('occurs in no message: %j', async (text) => {
    await fc.assert(
      fc.asyncProperty(secret, async (value) => {
        const plain = value.replace(/[^\w-]/g, '');
        const said = await outputs(named(text.replaceAll('SECRET', plain), { K: value }));
        expect(said).not.toContain(plain);
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    [{ PROVIDER: 'groq', GROQ_API_KEY: 'K' }],
    [{ PROVIDER: 'groq', GROQ_API_KEY: 'k', GROQ_BASE_URL: 'K' }],
    [{ PROVIDER: 'groq', GROQ_API_KEY: 'k', GROQ_BASE_URL: 'https://K@h' }],
    [{ PROVIDER: 'openai', OPENAI_API_KEY: 'K', OPENAI_MAX_TOKENS: 'x' }],
    [{ GROQ_API_KEY: 'K', ANTHROPIC_API_KEY: 'K' }],
  ])('occurs in no message about the environment: %j', async (template: Record<string, string>) => {
    await fc.assert(
      fc.asyncProperty(secret, async (value) => {
        const env = Object.fromEntries(Object.entries(template).map(([k, v]) => [k, v.replace('K', value)]));
        expect(await outputs(world({}, env))).not.toContain(value.replace(/[^\w-]/g, ''));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a key in the place of a name', () => {
  const groq = (key: string) => named(`[upstreams.groq]\nprovider = "groq"\napi_key = "${key}"\n`);

  test('is not repeated', async () => {
    const said = await messages(groq('${gsk_abcdefgh0123456789}'));
    expect(said).not.toContain('gsk_abcdefgh0123456789');
    expect(said).toContain('upstreams.groq.api_key');
  });

  test('must be closed', async () => {
    expect(await messages(groq('${GROQ_API_KEY'))).toContain('a reference without its closing brace');
  });
});
