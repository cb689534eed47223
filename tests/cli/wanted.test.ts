import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeInstance } from '../../src/cli/instance.ts';
import { findRunning, type Running } from '../../src/cli/running.ts';
import { type CommonFlags, configured, surveyed } from '../../src/cli/sources.ts';
import { wanted } from '../../src/cli/wanted.ts';
import type { Configured } from '../../src/config/build.ts';
import { CONTROL_TOKEN } from '../support/app.ts';

const NOBODY = 'http://127.0.0.1:1/v1';
const GROQ = { PROVIDER: 'groq', GROQ_API_KEY: 'k', GROQ_BASE_URL: NOBODY };
const NAMES = [
  'PROVIDER',
  'CCPROXY_CONFIG',
  'GROQ_API_KEY',
  'GROQ_MODEL',
  'GROQ_BASE_URL',
  'XDG_RUNTIME_DIR',
];
const before = NAMES.map((name) => [name, process.env[name]] as const);
const FILE = `chain = ["groq"]
[upstreams.groq]
provider = "groq"
base_url = "${NOBODY}"
`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-wanted-'));
  have({});
});

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(folder, { recursive: true, force: true });
});

function have(env: Record<string, string>): void {
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, env, { XDG_RUNTIME_DIR: folder });
}

/** A ccproxy with the configuration of the environment as it is now; an earlier version has no fingerprint. */
async function running(flags: CommonFlags, isOurs = true, isEarlier = false) {
  const result = await configured(flags);
  if (!result.ok) throw new Error('the configuration is not valid');
  const { settings, chain, fingerprint } = result.configuration;
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch({ url }) {
      const { pathname } = new URL(url);
      if (pathname === '/health') return Response.json({ instance: 'it', version: '1.2.3' });
      const config = { path: settings.configPath };
      if (pathname === '/status') return Response.json({ mode: settings.mode, config, upstreams: chain });
      if (isEarlier) return new Response('', { status: 404 });
      return Response.json({ fingerprint: fingerprint(CONTROL_TOKEN) });
    },
  });
  const port = server.port ?? 0;
  if (isOurs) writeInstance({ port, pid: process.pid, instance: 'it', token: CONTROL_TOKEN });
  const found = await findRunning('127.0.0.1', port);
  if (found === null) throw new Error('it is not found');
  return { found, [Symbol.asyncDispose]: () => server.stop(true) };
}

async function objection(found: Running, flags: CommonFlags = {}): Promise<string | null> {
  const result: Configured = await surveyed(flags);
  return wanted(flags, result)(found);
}

describe('one that runs', () => {
  test('is for every command that names nothing', async () => {
    have(GROQ);
    await using it = await running({});
    have({});
    expect(await objection(it.found)).toBeNull();
    have({ GROQ_API_KEY: 'another' });
    expect(await objection(it.found)).toBeNull();
  });

  test.each<[Record<string, string>, string | null]>([
    [{}, null],
    [{ GROQ_API_KEY: 'corrected' }, 'configured otherwise'],
    [{ GROQ_MODEL: 'another' }, 'configured otherwise'],
    [{ GROQ_BASE_URL: 'http://127.0.0.1:2/v1' }, 'configured otherwise'],
    [{ PROVIDER: 'groq,ollama' }, 'has the chain groq'],
    // Whoever has no key here means the one that is there.
    [{ GROQ_API_KEY: '' }, null],
  ])('with PROVIDER, and %j in this shell: %p', async (env, words) => {
    have(GROQ);
    await using it = await running({});
    have({ ...GROQ, ...env });
    const said = await objection(it.found);
    expect(said === null ? null : said.slice(0, 200)).toEqual(
      words === null ? null : expect.stringContaining(words),
    );
  });

  test.each([
    ['without a control file here', false, false],
    ['of an earlier version', true, true],
  ])('%s is known by its chain alone', async (_, isOurs, isEarlier) => {
    have(GROQ);
    await using it = await running({}, isOurs, isEarlier);
    have({ ...GROQ, GROQ_API_KEY: 'corrected' });
    expect(await objection(it.found)).toBeNull();
  });

  test('has the same file by whatever path', async () => {
    have({ GROQ_API_KEY: 'k' });
    mkdirSync(join(folder, 'a'));
    const config = join(folder, 'a', 'my.toml');
    writeFileSync(config, FILE);
    symlinkSync(join(folder, 'a'), join(folder, 'b'), 'junction');
    await using it = await running({ config });
    for (const path of [config, join(folder, 'b', 'my.toml'), `${folder}/a/../a/my.toml`])
      expect(await objection(it.found, { config: path })).toBeNull();
    const other = join(folder, 'other.toml');
    writeFileSync(other, FILE);
    expect(await objection(it.found, { config: other })).toBe(`has its chain from ${config}`);
    have(GROQ);
    expect(await objection(it.found)).toBe(`has its chain from ${config}`);
  });
});
