import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { configCheck } from '../../src/cli/config.ts';
import { named, world } from './sources.ts';

describe('config check', () => {
  const text =
    'chain = ["anthropic", "fast"]\n[upstreams.fast]\nprovider = "groq"\napi_key = "k"\nbase_url = "http://h/v1"';

  test('prints the file, the chain and why, and warns on stderr', async () => {
    const { code, stdout, stderr } = await configCheck(named(text), { json: false });
    expect(code).toBe(0);
    expect(stdout).toBe(`mode: file
file: ${join('/here', 'my.toml')}
chain:
  1. anthropic  https://api.anthropic.com/v1 (anthropic): chain[0] in my.toml
  2. fast       http://h/v1 (openai-chat): [upstreams.fast] in my.toml
`);
    expect(stderr).toBe(
      'warning: my.toml:5: upstreams.fast.base_url: its address is plain http: keys and conversations travel unencrypted\n',
    );
  });

  test('prints what is left out in standing mode', async () => {
    const { code, stdout } = await configCheck(world(), { json: false });
    expect(code).toBe(0);
    expect(stdout).toContain('mode: standing\nfile: none\n');
    expect(stdout).toContain('left out:\n     openrouter            OPENROUTER_API_KEY is not set\n');
  });

  test('prints every problem on stderr and ends with 2', async () => {
    const { code, stdout, stderr } = await configCheck(named('[server]\nport = 70000\nprot = 1'), {
      json: false,
    });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toEqual([
      'my.toml:2: server.port: not allowed: found 70000 (a whole number); allowed: a whole number from 0 to 65535',
      expect.stringContaining('my.toml:3: server.prot: unknown key'),
    ]);
  });

  test('prints one JSON document and nothing else', async () => {
    const valid = await configCheck(named(text), { json: true });
    expect(valid).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(valid.stdout)).toEqual({
      valid: true,
      mode: 'file',
      file: join('/here', 'my.toml'),
      chain: [
        {
          name: 'anthropic',
          provider: 'anthropic',
          dialect: 'anthropic',
          base_url: 'https://api.anthropic.com/v1',
          why: 'chain[0] in my.toml',
        },
        {
          name: 'fast',
          provider: 'groq',
          dialect: 'openai-chat',
          base_url: 'http://h/v1',
          why: '[upstreams.fast] in my.toml',
        },
      ],
      left_out: [],
      notices: [],
      warnings: [
        'my.toml:5: upstreams.fast.base_url: its address is plain http: keys and conversations travel unencrypted',
      ],
      problems: [],
    });
    const invalid = await configCheck(named('prot = 1'), { json: true });
    expect(invalid).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(invalid.stdout)).toMatchObject({
      valid: false,
      problems: [{ line: 1, key: 'prot', found: '"prot"' }],
    });
  });
});
