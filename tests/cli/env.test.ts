import { describe, expect, test } from 'bun:test';
import {
  type Changes,
  changesOff,
  changesOn,
  ownerWarnings,
  render,
  type SHELLS,
  shellOf,
} from '../../src/cli/env.ts';
import { Exit } from '../../src/cli/exit.ts';

const URL = 'http://localhost:3456';
const OWN = { url: URL, takesClientCredential: true, isLetIn: true };
const NONE = { url: URL, takesClientCredential: false, isLetIn: true };
const LOOPBACK = 'localhost,127.0.0.1,::1';

describe('the variables', () => {
  test.each<[string, Parameters<typeof changesOn>[0], Record<string, string>, Changes]>([
    ['point at ccproxy', OWN, {}, {}],
    ['have a placeholder where nothing takes a credential', NONE, {}, { ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' }],
    ['have none where a token is asked for that is not there', { ...NONE, isLetIn: false }, {}, {}],
    ['have none where the client has a key', NONE, { ANTHROPIC_API_KEY: 'sk' }, {}],
    ['have none where the client has a token', NONE, { ANTHROPIC_AUTH_TOKEN: 't' }, {}],
    ['have none where the client is logged in by variable', NONE, { CLAUDE_CODE_OAUTH_TOKEN: 't' }, {}],
    [
      'have one where the key is but a placeholder',
      NONE,
      { ANTHROPIC_API_KEY: 'NOT_NEEDED' },
      { ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' },
    ],
    [
      'have one where the key is empty',
      NONE,
      { ANTHROPIC_API_KEY: '' },
      { ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' },
    ],
    ['have no exception without a proxy', OWN, { NO_PROXY: 'corp' }, {}],
    ['except this machine from a proxy', OWN, { HTTPS_PROXY: 'http://p' }, { NO_PROXY: LOOPBACK }],
    ['... in lower case', OWN, { http_proxy: 'http://p' }, { NO_PROXY: LOOPBACK }],
    ['... for everything', OWN, { all_proxy: 'socks://p' }, { NO_PROXY: LOOPBACK }],
    ['leave an empty proxy variable alone', OWN, { HTTP_PROXY: '' }, {}],
    [
      'keep what is excepted already',
      OWN,
      { HTTP_PROXY: 'p', NO_PROXY: 'corp.example, .local,localhost' },
      { NO_PROXY: 'corp.example,.local,localhost,127.0.0.1,::1' },
    ],
    [
      'keep what is excepted in lower case, in both spellings: programs differ in which they read',
      OWN,
      { HTTP_PROXY: 'p', no_proxy: 'corp' },
      { NO_PROXY: `corp,${LOOPBACK}`, no_proxy: `corp,${LOOPBACK}` },
    ],
    [
      'merge both spellings',
      OWN,
      { HTTP_PROXY: 'p', NO_PROXY: 'a', no_proxy: 'b a' },
      { NO_PROXY: `a,b,${LOOPBACK}`, no_proxy: `a,b,${LOOPBACK}` },
    ],
    ['do not spoil the exception of everything', OWN, { HTTP_PROXY: 'p', NO_PROXY: '*' }, { NO_PROXY: '*' }],
    [
      'take an empty exception for none',
      OWN,
      { HTTP_PROXY: 'p', NO_PROXY: '', no_proxy: '' },
      { NO_PROXY: LOOPBACK },
    ],
  ])('%s', (_, facts, env, more) => {
    expect(changesOn(facts, env)).toEqual({ ANTHROPIC_BASE_URL: URL, ...more });
  });

  test('except another address of this machine that is listened on', () => {
    const facts = { ...OWN, url: 'http://[fd00::1]:80' };
    expect(changesOn(facts, { HTTP_PROXY: 'p' }).NO_PROXY).toBe(`${LOOPBACK},fd00::1`);
  });

  test.each<[string, Record<string, string>, Changes]>([
    ['nothing else', {}, {}],
    ['the placeholder token', { ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' }, { ANTHROPIC_AUTH_TOKEN: null }],
    ['the placeholder key', { ANTHROPIC_API_KEY: 'NOT_NEEDED' }, { ANTHROPIC_API_KEY: null }],
    ['no real token', { ANTHROPIC_AUTH_TOKEN: 'sk-real' }, {}],
    [
      'no real key, though the token is a placeholder',
      { ANTHROPIC_API_KEY: 'sk-real', ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' },
      { ANTHROPIC_AUTH_TOKEN: null },
    ],
  ])('--off takes back the address and %s', (_, env, more) => {
    expect(changesOff(env)).toEqual({ ANTHROPIC_BASE_URL: null, ...more });
  });
});

/** Values that a shell would take apart, expand or run. */
const NASTY = [
  'plain',
  '',
  'two words',
  "it's",
  "'",
  "''",
  "'; touch /tmp/owned; '",
  '$(touch /tmp/owned)',
  '`touch /tmp/owned`',
  '$HOME and "$HOME"',
  '"double"',
  'back\\slash\\',
  "\\'",
  'a;b&c|d>e<f*g?h[i]j{k,l}~!#',
  '*',
  '~',
  '-n',
  'new\nline',
  'ünïcödé 世界',
];

describe.each(['bash', 'sh'])('the lines, evaluated by %s,', (shell) => {
  const evaluate = (lines: string, name: string, env: Record<string, string>) => {
    const { stdout, stderr, exitCode } = Bun.spawnSync({
      cmd: [shell, '-c', `eval "$1"; printf %s "\${${name}-unset}"`, shell, lines],
      env: { PATH: String(process.env.PATH), ...env },
    });
    expect([exitCode, stderr.toString()]).toEqual([0, '']);
    return stdout.toString();
  };

  test.each(NASTY)('set %j', (value) => {
    expect(evaluate(render({ VALUE: value, LAST: 'x' }, 'bash'), 'VALUE', {})).toBe(value);
  });

  test('export what they set', () => {
    const lines = `${render({ VALUE: "it's" }, 'bash')}\nSEEN=$(sh -c 'printf %s "$VALUE"')`;
    expect(evaluate(lines, 'SEEN', {})).toBe("it's");
  });

  test('unset, also what is not set', () => {
    expect(evaluate(render({ VALUE: null, OTHER: null }, 'bash'), 'VALUE', { VALUE: 'x' })).toBe('unset');
  });
});

const describeFish = Bun.which('fish') === null ? null : describe;
describeFish?.('the lines, evaluated by fish as its users do,', () => {
  /** `eval (command)`: fish makes one argument of each line of output, and eval joins them with spaces. */
  const evaluate = (changes: Changes, env: Record<string, string> = {}) => {
    const script = 'eval (printenv LINES_OF); set -q VALUE; and printenv VALUE; or echo unset; printenv LAST';
    const { stdout, stderr, exitCode } = Bun.spawnSync({
      cmd: ['fish', '--no-config', '-c', script],
      env: {
        PATH: String(process.env.PATH),
        HOME: '/nonexistent',
        LC_ALL: 'C.UTF-8',
        ...env,
        LINES_OF: render({ ...changes, LAST: 'x' }, 'fish'),
      },
    });
    expect([exitCode, stderr.toString()]).toEqual([0, '']);
    return stdout.toString();
  };

  test.each(NASTY.filter((value) => !value.includes('\n')))('set and export %j', (value) => {
    expect(evaluate({ VALUE: value })).toBe(`${value}\nx\n`);
  });

  test('unset', () => {
    expect(evaluate({ VALUE: null }, { VALUE: 'x' })).toBe('unset\nx\n');
  });
});

describe('the lines for other shells', () => {
  test.each<[(typeof SHELLS)[number], string, string]>([
    ['zsh', "export A='it'\\''s'", 'unset A'],
    ['fish', "set -gx A 'it\\'s';", 'set -e A;'],
    ['powershell', "$env:A = 'it''s'", 'Remove-Item Env:A -ErrorAction SilentlyContinue'],
    ['json', '{\n  "A": "it\'s"\n}', '{\n  "A": null\n}'],
  ])('%s', (shell, set, unset) => {
    expect(render({ A: "it's" }, shell)).toBe(set);
    expect(render({ A: null }, shell)).toBe(unset);
  });

  test('fish keeps a backslash', () => {
    expect(render({ A: 'a\\b' }, 'fish')).toBe("set -gx A 'a\\\\b';");
  });

  test.each<[string | undefined, Record<string, string>, string]>([
    ['fish', { SHELL: '/bin/zsh' }, 'fish'],
    [undefined, { SHELL: '/usr/bin/zsh' }, 'zsh'],
    [undefined, { SHELL: '/opt/fish/bin/fish' }, 'fish'],
    [undefined, { SHELL: '/bin/dash' }, 'bash'],
    [undefined, { SHELL: '/somewhere/json' }, 'bash'],
    [undefined, {}, 'bash'],
  ])('asked for %j in %j: %s', (asked, env, shell) => {
    expect(shellOf(asked, env)).toBe(shell as (typeof SHELLS)[number]);
  });

  test('a shell that is none ends with 2 and names those there are', () => {
    expect(() => shellOf('tcsh', {})).toThrow(Exit);
    expect(() => shellOf('tcsh', {})).toThrow(/found "tcsh"; allowed: bash, zsh, fish/);
  });
});

describe('whose the ccproxy is that is reached', () => {
  const running = { port: 1, host: '127.0.0.1', instance: 'nobody', version: '1.2.3' };
  test.each<[boolean | null, string[]]>([
    [true, ["the ccproxy on port 1 is another user's, who sees what passes"]],
    [null, [expect.stringContaining('no control file')]],
    [false, []],
  ])('is said where it is somebody else: %p', (isOthers, warnings) => {
    expect(ownerWarnings(running, isOthers)).toEqual(warnings);
  });
});
