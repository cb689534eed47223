import { describe, expect, test } from 'bun:test';
import { PROVIDERS } from '../../src/providers/index.ts';
import { type FileError, HEALTH_ERRORS } from './health-errors.ts';
import { bad, messages, named } from './sources.ts';

const CASES: FileError[] = [
  [
    'an unknown key',
    '[server]\nprot = 1',
    {
      line: 2,
      key: 'server.prot',
      what: 'unknown key',
      found: '"prot"',
      allowed: /host, .*port/,
      hint: 'did you mean port?',
    },
  ],
  [
    'an unknown section',
    '\n[upstream.groq]\nprovider = "groq"',
    { line: 2, key: 'upstream', what: 'unknown key', allowed: /upstreams/, hint: 'did you mean upstreams?' },
  ],
  [
    'a key in the wrong section',
    'port = 1',
    { line: 1, key: 'port', what: 'unknown key', hint: 'it belongs to [server]' },
  ],
  [
    'a dotted key',
    '[upstreams.ollama]\nbreaker.failure = 1',
    { line: 2, key: 'upstreams.ollama.breaker.failure', hint: 'did you mean failures?' },
  ],
  [
    'an inline table over several keys',
    'server = { host = "localhost", prt = 1 }',
    { line: 1, key: 'server.prt', hint: 'did you mean port?' },
  ],
  [
    'a wrong type',
    '[server]\nport = "3456"',
    { line: 2, key: 'server.port', found: '"3456" (a string)', allowed: 'a whole number from 0 to 65535' },
  ],
  [
    'a number out of range',
    '[server]\nport = 65536',
    {
      line: 2,
      key: 'server.port',
      found: '65536 (a whole number)',
      allowed: 'a whole number from 0 to 65535',
    },
  ],
  ['a fraction', '[server]\nport = 1.5', { line: 2, key: 'server.port', found: '1.5 (a number)' }],
  [
    'not a number',
    '[upstreams.ollama.breaker]\nratio = nan',
    { line: 2, key: 'upstreams.ollama.breaker.ratio' },
  ],
  [
    'a date',
    '[server]\nport = 2020-01-01',
    { line: 2, key: 'server.port', found: 'a date', allowed: /whole number/ },
  ],
  [
    'a bare number for a duration',
    '[failover]\nbudget = 120',
    { line: 2, key: 'failover.budget', found: '120 (a whole number)', allowed: /"500ms"/ },
  ],
  [
    'a duration without a unit',
    '[failover]\nbudget = "120"',
    { line: 2, key: 'failover.budget', found: '"120" (a string)', allowed: /"500ms"/ },
  ],
  [
    'a bare number for a size',
    '[server]\nmax_body = 64',
    { line: 2, key: 'server.max_body', found: '64 (a whole number)', allowed: /"64MB"/ },
  ],
  ['a size of nothing', '[server]\nmax_body = "0MB"', { line: 2, key: 'server.max_body', found: '"0MB"' }],
  [
    'a trigger that is none',
    '[failover]\ntriggers = [\n  429,\n  "6xx",\n]',
    { line: 4, key: 'failover.triggers[1]', found: '"6xx" (a string)', allowed: /"5xx"/ },
  ],
  [
    'a chain with an unknown name',
    'chain = [\n "anthropic",\n "grok",\n]',
    {
      line: 3,
      key: 'chain[1]',
      what: 'no such upstream or provider',
      found: '"grok" (a string)',
      hint: 'did you mean groq?',
    },
  ],
  [
    'a chain that names one twice',
    'chain = ["anthropic", "anthropic"]',
    { line: 1, key: 'chain[1]', what: 'names an upstream twice', hint: 'it is chain[0] already' },
  ],
  [
    'an empty chain',
    '\nchain = []',
    { line: 2, key: 'chain', what: 'the chain is empty', found: 'no upstream' },
  ],
  [
    'a chain of the disabled',
    '[upstreams.anthropic]\nenabled = false',
    { line: 1, key: 'upstreams', what: 'the chain is empty', found: 'disabled upstreams alone' },
  ],
  [
    'a name that a property of every object has',
    'chain = ["constructor"]',
    { line: 1, key: 'chain[0]', what: 'no such upstream or provider' },
  ],
  [
    'a provider of a later version',
    '[upstreams.work]\nprovider = "bedrock"',
    {
      line: 2,
      key: 'upstreams.work.provider',
      what: 'this provider is not available in this version',
      found: '"bedrock" (a string)',
      allowed: PROVIDERS.map(({ name }) => name).join(', '),
    },
  ],
  [
    'an unknown provider',
    '[upstreams.work]\nprovider = "Groq"',
    { line: 2, key: 'upstreams.work.provider', what: 'no such provider', hint: 'did you mean groq?' },
  ],
  [
    'a table that is no provider and names none',
    '[upstreams.work]\napi_key = "k"',
    { line: 1, key: 'upstreams.work.provider', found: 'no provider, and a table called "work"' },
  ],
  [
    'an upstream called auto',
    '[upstreams.auto]\nprovider = "groq"\napi_key = "k"',
    { line: 1, key: 'upstreams.auto', what: 'not a name for an upstream' },
  ],
  [
    'a dialect of a later version',
    '[upstreams.openai]\napi_key = "k"\ndialect = "openai-responses"',
    {
      line: 3,
      key: 'upstreams.openai.dialect',
      what: 'is not available in this version',
      allowed: 'anthropic, openai-chat',
    },
  ],
  [
    'a dialect against the path',
    '[upstreams.openai]\napi_key = "k"\ndialect = "anthropic"\nbase_url = "https://h/v1/chat/completions"',
    { line: 3, key: 'upstreams.openai.dialect', what: 'contradicts the path of the address' },
  ],
  [
    'a URL with a password',
    '[upstreams.openai]\napi_key = "k"\nbase_url = "https://me:hunter2@h/v1"',
    {
      line: 3,
      key: 'upstreams.openai.base_url',
      what: 'holds a credential',
      found: 'a user name or password before the host',
    },
  ],
  [
    'a URL of another scheme',
    '[upstreams.openai]\napi_key = "k"\nbase_url = "ftp://h/v1"',
    {
      line: 3,
      key: 'upstreams.openai.base_url',
      what: 'not http or https',
      found: '"ftp://h/v1" (a string)',
    },
  ],
  [
    'a generic provider without an address',
    '[upstreams.openai-compatible]\napi_key = "k"',
    {
      line: 1,
      key: 'upstreams.openai-compatible.base_url',
      what: 'openai-compatible has no default address',
      found: 'neither base_url nor OPENAI_COMPATIBLE_BASE_URL',
    },
  ],
  [
    'a missing key',
    'chain = ["anthropic", "fast"]\n[upstreams.fast]\nprovider = "groq"',
    {
      line: 2,
      key: 'upstreams.fast.api_key',
      what: 'fast needs a key',
      found: 'neither api_key nor GROQ_API_KEY',
      hint: 'get one at https://console.groq.com/keys',
    },
  ],
  [
    'a missing key without a table',
    'chain = ["anthropic", "groq"]',
    { line: 1, key: 'chain[1]', what: 'groq needs a key', found: 'no GROQ_API_KEY' },
  ],
  [
    'an empty key',
    '[upstreams.groq]\napi_key = ""',
    { line: 2, key: 'upstreams.groq.api_key', what: 'is empty' },
  ],
  [
    'a key over two lines',
    '[upstreams.groq]\napi_key = "gsk_one\\ntwo"',
    { line: 2, key: 'upstreams.groq.api_key', what: 'a key cannot hold this', found: 'a line break' },
  ],
  [
    'own without a key',
    '[upstreams.anthropic]\nauth = "own"',
    { line: 1, key: 'upstreams.anthropic.api_key', what: 'anthropic needs a key' },
  ],
  [
    'auth for another provider',
    '[upstreams.groq]\napi_key = "k"\nauth = "own"',
    { line: 3, key: 'upstreams.groq.auth', what: /anthropic alone/, found: '"own"' },
  ],
  [
    'a header name with a space',
    '[upstreams.groq]\napi_key = "k"\nauth_header = "my key"',
    { line: 3, key: 'upstreams.groq.auth_header', what: 'not a header name', found: '"my key" (a string)' },
  ],
  [
    'a header of the connection',
    '[upstreams.groq]\napi_key = "k"\nheaders = { Content-Length = "1" }',
    { line: 3, key: 'upstreams.groq.headers.Content-Length', what: 'is set by ccproxy' },
  ],
  [
    'a header over two lines',
    '[upstreams.groq]\napi_key = "k"\nheaders = { "x-a" = "b\\nc" }',
    { line: 3, key: 'upstreams.groq.headers.x-a', what: 'a header cannot hold this', found: 'a line break' },
  ],
  [
    'models for anthropic',
    '[upstreams.anthropic]\nmodels = { "*" = "x" }',
    { line: 2, key: 'upstreams.anthropic.models', what: /requests are never changed/ },
  ],
  [
    'a token over two lines',
    '[server]\ntokens = ["good", "b\\nad"]',
    { line: 2, key: 'server.tokens[1]', what: 'a token cannot be or hold this', found: 'a line break' },
  ],
  [
    'a token that everyone knows',
    '[server]\nadmin_token = "NOT_NEEDED"',
    { line: 2, key: 'server.admin_token', what: 'a token cannot be or hold this', found: 'the placeholder' },
  ],
  [
    'a host that is not loopback without tokens',
    '[server]\nhost = "0.0.0.0"',
    {
      line: 2,
      key: 'server.host',
      what: /requires server.tokens/,
      found: '"0.0.0.0" (a string)',
      allowed: /localhost/,
    },
  ],
  [
    'a host with a port',
    '[server]\nhost = "localhost:3456"',
    { line: 2, key: 'server.host', what: 'not a host', found: '"localhost:3456" (a string)' },
  ],
  [
    'failover_policy with failover',
    '[failover]\n[failover_policy]\nprimary_profile = "anthropic"\nsecondary_profile = "ollama"',
    { line: 2, key: 'failover_policy', what: 'says the same as [failover]', found: 'both' },
  ],
  [
    'failover_policy without a secondary',
    '[failover_policy]\nprimary_profile = "anthropic"',
    { line: 1, key: 'failover_policy.secondary_profile', what: 'is missing' },
  ],
  [
    'failover_policy with an unknown profile',
    '[failover_policy]\nprimary_profile = "anthropic"\nsecondary_profile = "olama"',
    { line: 3, key: 'failover_policy.secondary_profile', hint: 'did you mean ollama?' },
  ],
  [
    'another way to end an answer that is cut',
    '[failover]\nmid_stream = "go on"',
    {
      line: 2,
      key: 'failover.mid_stream',
      what: 'not allowed',
      found: '"go on" (a string)',
      allowed: '"resume", "continue" or "stop"',
    },
  ],
  ['broken TOML', 'a = 1\nb = = 2', { line: 2, key: 'column 5', what: /^not TOML: / }],
  ['a key twice', '[server]\nport = 1\nport = 2', { line: 3, what: /^not TOML: / }],
];

describe('a file is refused for', () => {
  test.each([...CASES, ...HEALTH_ERRORS])('%s', async (_, text, expected) => {
    const problems = await bad(named(text));
    expect(problems).toHaveLength(1);
    const [problem] = problems;
    expect(problem?.file).toBe('my.toml');
    for (const [part, value] of Object.entries(expected)) {
      const actual = problem?.[part as keyof typeof problem];
      if (value instanceof RegExp) expect(String(actual)).toMatch(value);
      else expect<unknown>(actual).toBe(value);
    }
    if (!String(problem?.what).startsWith('not TOML')) {
      expect(problem?.found).toBeString();
      expect(problem?.allowed).toBeString();
    }
  });

  test.each([
    ['[upstreams.ollama]\nregion = "x"', 'upstreams.ollama.region'],
    ['[history]\nenabled = true', 'history'],
    ['[shared]\nurl = "x"', 'shared'],
  ])('%j, which later versions take', async (text, key) => {
    const problems = await bad(named(text));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      key,
      what: 'is not available in this version',
      allowed: expect.any(String),
    });
  });
});

test('every problem of a file is reported at once, in the order of the lines, each on one line', async () => {
  const text = `chain = ["anthropic", "grok", "groq"]
[server]
prot = 1
max_body = 64
[upstreams.groq]
api_key = "\${NOPE}"
base_url = "ftp://x"
timeouts = { idle = "0s" }
`;
  const lines = (await messages(named(text))).split('\n');
  expect(lines.map((line) => line.slice(0, line.indexOf(': ', 12)))).toEqual([
    'my.toml:1: chain[1]',
    'my.toml:3: server.prot',
    'my.toml:4: server.max_body',
    'my.toml:6: upstreams.groq.api_key',
    'my.toml:7: upstreams.groq.base_url',
    'my.toml:8: upstreams.groq.timeouts.idle',
  ]);
  expect(lines[1]).toBe(
    'my.toml:3: server.prot: unknown key: found "prot"; allowed: host, allowed_hosts, port, tokens, admin_token, drain_timeout, max_body (did you mean port?)',
  );
});

describe('a table whose provider is not known', () => {
  const WRONG = `[upstreams.work]
provider = "grok"
base_url = "ftp://x"
auth_header = "a b"
api_key = "'k'"
headers = { "b c" = "x" }
timeouts = { idle = "0s" }
breaker = { open = "2m", open_max = "1m" }
probe = { interval = "1s", timeout = "2s" }
max_tokens = 0
`;

  test('is judged as far as it can be, at once', async () => {
    const problems = await bad(named(WRONG));
    expect(problems.map(({ line, key }) => `${line} ${key}`).sort()).toEqual(
      [
        '10 upstreams.work.max_tokens',
        '2 upstreams.work.provider',
        '3 upstreams.work.base_url',
        '4 upstreams.work.auth_header',
        '5 upstreams.work.api_key',
        '6 upstreams.work.headers."b c"',
        '7 upstreams.work.timeouts.idle',
        '8 upstreams.work.breaker.open',
        '9 upstreams.work.probe.timeout',
      ].sort(),
    );
  });

  test.each([
    'auth = "own"',
    'models = { "*" = "m" }\nmax_tokens = 5\ncontext_window = 5000\nvision = false\ntools = false',
    'probe = { method = "count_tokens" }',
    'probe = { method = "models" }',
    'base_url = "https://x.test/v1/chat/completions"',
    'dialect = "openai-chat"',
    'headers = { "x-key" = "k" }',
    'enabled = false',
    '',
  ])('is not refused for what some provider allows: %j', async (text) => {
    const problems = await bad(named(`[upstreams.work]\nprovider = "grok"\n${text}`));
    expect(problems.map(({ key }) => key)).toEqual(['upstreams.work.provider']);
  });
});
