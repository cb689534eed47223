// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { describe, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import {
  type Binary,
  binaryPath,
  type Folders,
  freePort,
  makeFolders,
  NOWHERE,
  runToEnd,
  startBinary,
} from '../support/binary.ts';
import { printedBy } from '../support/printed.ts';

const NOBODY = 'http://127.0.0.1:1';
const HELLO = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] };

/** An upstream of its own name at that address. */
const table = (name: string, url = NOBODY, key = '"k"') =>
  `[upstreams.${name}]\nprovider = "openai-compatible"\nbase_url = "${url}/v1"\napi_key = ${key}\nmodels = { "*" = "m" }\n`;

/** A file that `--config` names. */
function fileIn({ cwd }: Folders, content: string) {
  const path = join(cwd, 'my.toml');
  writeFileSync(path, content);
  return { path, write: (changed: string) => writeFileSync(path, changed) };
}

const ask = ({ url }: Binary, stream = false) =>
  fetch(`${url}/v1/messages`, { method: 'POST', body: JSON.stringify({ ...HELLO, stream }) });

describe('a change of the file', () => {
  test('is for the next request; an answer of an upstream that is gone from it ends as it began', async () => {
    const slow = { answer: text('A long story.'), fault: { kind: 'stall', after: 4, forMs: 500 } } as const;
    await using before = await startUpstream({ script: slow });
    await using after = await startUpstream();
    await using folders = await makeFolders();
    const file = fileIn(folders, table('before', before.url));
    await using proxy = await startBinary({ args: ['--config', file.path], folders });
    const running = await ask(proxy, true);
    const whole = running.text();
    file.write(table('after', after.url));
    await proxy.says('chain: after');
    expect((await ask(proxy)).headers.get('x-ccproxy-upstream')).toBe('after');
    expect(running.headers.get('x-ccproxy-upstream')).toBe('before');
    expect(await whole).toContain('event: message_stop');
  });

  test('by a signal is read once, and one with a mistake changes nothing and stands in status', async () => {
    await using folders = await makeFolders();
    const file = fileIn(folders, table('one'));
    await using proxy = await startBinary({ args: ['--config', file.path], folders });
    file.write(table('two'));
    proxy.signal('SIGHUP');
    await proxy.says('chain: two');
    file.write(`bogus = 1\n${table('three')}`);
    await proxy.says('stays as it was');
    const flags = ['--config', file.path, '--port', String(proxy.port)];
    const status = await runToEnd(['status', ...flags], {}, folders);
    expect([status.exitCode, status.stdout]).toEqual([
      0,
      expect.stringContaining('my.toml:1: bogus: unknown key'),
    ]);
    expect(status.stdout).toContain('two');
    file.write(table('four'));
    await proxy.says('chain: four');
    expect(proxy.printed().stderr.split('in use as it is now')).toHaveLength(3);
  });

  test('of a key that it names by ${file:} is one, too', async () => {
    await using upstream = await startUpstream();
    await using folders = await makeFolders();
    writeFileSync(join(folders.cwd, 'key'), 'old-key');
    const file = fileIn(folders, table('one', upstream.url, '"${file:key}"'));
    await using proxy = await startBinary({ args: ['--config', file.path], folders });
    writeFileSync(join(folders.cwd, 'key'), 'new-key');
    await proxy.says('in use as it is now');
    await (await ask(proxy)).text();
    expect(upstream.asked.at(-1)?.header('authorization')).toBe('Bearer new-key');
  });
});

describe('a file that is none any more', () => {
  test('stands in status, and a new one in its place is taken', async () => {
    await using folders = await makeFolders();
    const file = fileIn(folders, table('one'));
    await using proxy = await startBinary({ args: ['--config', file.path], folders });
    const error = async () => {
      const status = await runToEnd(['status', '--json', '--port', String(proxy.port)], {}, folders);
      return JSON.parse(status.stdout).config.error;
    };
    rmSync(file.path);
    execFileSync('mkfifo', [file.path]);
    proxy.signal('SIGHUP');
    await proxy.says('cannot be read (not a regular file)');
    expect(await error()).toContain('not a regular file');
    rmSync(file.path);
    file.write(table('two'));
    await proxy.says('chain: two');
    rmSync(file.path);
    mkdirSync(file.path);
    await proxy.says('cannot be read (EISDIR)');
    expect(await error()).toContain('EISDIR');
  });
});

test('a file that the shell hands over open is the configuration, and no change of it is seen', async () => {
  await using folders = await makeFolders();
  const port = await freePort();
  const script = `exec "$0" --config /dev/fd/7 --port ${port} 7<<'END'\n${table('one')}END\n`;
  const child = Bun.spawn({
    cmd: ['sh', '-c', script, binaryPath()],
    cwd: folders.cwd,
    env: { PATH: String(process.env.PATH), HOME: folders.home, XDG_RUNTIME_DIR: folders.runtime },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const printed = printedBy(child);
  try {
    await printed.says('listening on');
    child.kill('SIGHUP');
    await printed.says('/dev/fd/7 is in use as it is now; chain: one');
    expect(printed.stderr).not.toContain('stays as it was');
  } finally {
    child.kill('SIGKILL');
    await child.exited;
  }
});

test('a file that is handed over open cannot be the one of a command, and that is said', async () => {
  await using folders = await makeFolders();
  const script = `exec "$0" run --port 0 --config /dev/fd/7 true 7<<'END'\n${table('one')}END\n`;
  const ended = await runToEnd(['run', '--port', '0', 'sh', '-c', script, binaryPath()], NOWHERE, folders);
  expect([ended.exitCode, ended.stderr]).toEqual([
    2,
    expect.stringContaining('/dev/fd/7 cannot be handed on to the ccproxy of a command: name a file'),
  ]);
});

describe('the keychain', () => {
  test('that has no such secret, or is not there, is an error with its place', async () => {
    await using folders = await makeFolders();
    const name = 'a-name-that-no-test-stores';
    const file = fileIn(folders, table('one', NOBODY, `"\${keychain:${name}}"`));
    const ended = await runToEnd(['serve', '--config', file.path, '--port', '0'], {}, folders);
    expect([ended.exitCode, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/my\.toml:4: upstreams\.one\.api_key: .*keychain.*allowed: "\$\{NAME\}"/);
  });

  test('is given nothing where nothing is piped in', async () => {
    const ended = await runToEnd(['secret', 'set', 'a-name-that-no-test-stores']);
    expect([ended.exitCode, ended.stderr]).toEqual([2, expect.stringContaining('no value')]);
  });
});

describe('a port that only the file says', () => {
  const withPort = (port: number, rest: string) => `[server]\nport = ${port}\n${rest}`;

  test.each<[string, (port: number) => string]>([
    ['with a key that only the other shell has', (port) => withPort(port, table('one', NOBODY, '"${K}"'))],
    ['with a mistake in it', (port) => withPort(port, `bogus = 1\n${table('one')}`)],
    ['that is not TOML', () => 'a = = b\n'],
  ])('is found by commands in a file %s', async (_, changed) => {
    await using folders = await makeFolders();
    const port = await freePort();
    const file = fileIn(folders, withPort(port, table('one', NOBODY, '"${K}"')));
    const args = ['--config', file.path];
    // The port that startBinary gives is the one in the file.
    await using proxy = await startBinary({ args, env: { K: 'k' }, folders, port });
    file.write(changed(port));
    const status = await runToEnd(['status', '--json', ...args], {}, folders);
    expect([status.exitCode, status.stderr]).toEqual([0, '']);
    const env = await runToEnd(['env', '--shell', 'bash', ...args], {}, folders);
    expect(env.stdout).toContain(`http://localhost:${proxy.port}`);
  });

  test('is said to be unknown where nothing runs', async () => {
    await using folders = await makeFolders();
    const file = fileIn(folders, 'a = = b\n');
    const status = await runToEnd(
      ['status', '--config', file.path],
      { CCPROXY_PORT: String(await freePort()) },
      folders,
    );
    expect(status.exitCode).toBe(3);
    expect(status.stderr).toContain('my.toml:1');
  });
});
