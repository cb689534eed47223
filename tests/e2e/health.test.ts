import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import type { Status } from '../../src/server/status.ts';
import {
  type Binary,
  type Folders,
  freePort,
  makeFolders,
  runToEnd,
  startBinary,
} from '../support/binary.ts';

const SPENT = { fault: { kind: 'status', status: 429, headers: { 'retry-after': '600' } } } as const;
const ASK = JSON.stringify({
  model: 'm',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'my-own-words' }],
});

/** A file with these upstreams in it, in this order. */
function chainOf(upstreams: Record<string, ScriptedUpstream>): string {
  const tables = Object.entries(upstreams).map(
    ([name, { url }]) =>
      `[upstreams.${name}]\nprovider = "openai-compatible"\nbase_url = "${url}/v1"\napi_key = "key-of-${name}"\nmodels = { "*" = "big" }\n`,
  );
  return tables.join('\n');
}

function stateFile({ home }: Folders, port: number): string {
  return join(home, '.local', 'state', 'ccproxy', `health-${port}.json`);
}

async function started(folders: Folders, config: string, port?: number): Promise<Binary> {
  const file = join(folders.home, 'my.toml');
  await writeFile(file, config);
  return startBinary({ args: ['--config', file], folders, ...(port === undefined ? {} : { port }) });
}

async function statusOf({ url }: Binary): Promise<Status> {
  return (await fetch(`${url}/status`)).json() as Promise<Status>;
}

/** So often the status is looked at: about 10 s. */
const LOOKS = 500;

/**
 * The status, once it is as the test waits for it.
 * @throws when it has not become so, with the last one
 */
async function statusThat(proxy: Binary, isSo: (status: Status) => boolean): Promise<Status> {
  for (let look = 1; ; look += 1) {
    const status = await statusOf(proxy);
    if (isSo(status)) return status;
    if (look === LOOKS) throw new Error(`status is still ${JSON.stringify(status, null, 2)}`);
    await Bun.sleep(20);
  }
}

function ask({ url }: Binary): Promise<Response> {
  return fetch(`${url}/v1/messages`, { method: 'POST', body: ASK });
}

const states = ({ upstreams }: Status) => upstreams.map(({ name, state }) => `${name} ${state}`);

describe('what is known of the upstreams', () => {
  test.each<[string, (proxy: Binary) => Promise<unknown>]>([
    ['was stopped', (proxy) => proxy.stop()],
    [
      'was killed',
      async (proxy) => {
        const file = stateFile(proxy.folders, proxy.port);
        const isKept = (words: string) => existsSync(file) && readFileSync(file, 'utf8').includes(words);
        await statusThat(proxy, () => ['"cooldown"', '"isolated"', '"third"'].every(isKept));
        await proxy[Symbol.asyncDispose]();
      },
    ],
  ])('is known to the next ccproxy on the port when the last one %s', async (_, end) => {
    await using first = await startUpstream({ script: SPENT });
    await using second = await startUpstream();
    await using third = await startUpstream();
    await using folders = await makeFolders();
    const config = chainOf({ first, second, third });
    const before = await started(folders, config);
    const { port } = before;
    expect((await ask(before)).headers.get('x-ccproxy-upstream')).toBe('second');
    for (const command of [
      ['isolate', 'second'],
      ['use', 'third'],
    ]) {
      expect((await runToEnd([...command, '--port', String(port)], {}, folders)).exitCode).toBe(0);
    }
    const cooldown = (await statusOf(before)).upstreams[0];
    await end(before);

    const file = stateFile(folders, port);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const kept = await readFile(file, 'utf8');
    for (const secret of ['key-of', 'my-own-words']) expect(kept).not.toContain(secret);

    const asked = first.asked.length;
    await using after = await started(folders, config, port);
    await after.says('  claude\n');
    const { stderr } = after.printed();
    expect(stderr).toMatch(/^ccproxy: first is in cooldown for (?:10 min|9 min \d+ s): big: 429/m);
    expect(stderr).toContain('\nccproxy: second is isolated; to undo it: ccproxy reset second\n');
    expect(stderr).toContain('\nccproxy: third is preferred; to undo it: ccproxy use auto\n');
    const status = await statusOf(after);
    expect(states(status)).toEqual(['first cooldown', 'second isolated', 'third closed']);
    expect(status.preferred).toBe('third');
    expect(status.upstreams[0]?.until).toBe(String(cooldown?.until));
    expect((await ask(after)).headers.get('x-ccproxy-upstream')).toBe('third');
    expect(first.asked).toHaveLength(asked);
    expect((await runToEnd(['reset', '--port', String(port)], {}, folders)).exitCode).toBe(0);
    expect(states(await statusOf(after))).toEqual(['first closed', 'second closed', 'third closed']);
    await after.stop();
  });

  test('is known again after another chain was used on the port, and held out at whatever address', async () => {
    await using first = await startUpstream({ script: SPENT });
    await using second = await startUpstream();
    await using moved = await startUpstream();
    await using folders = await makeFolders();
    const before = await started(folders, chainOf({ first, second }));
    const { port } = before;
    await runToEnd(['isolate', 'second', '--port', String(port)], {}, folders);
    await before.stop();

    const meanwhile = await started(folders, chainOf({ first }), port);
    expect((await ask(meanwhile)).status).toBe(503);
    expect(first.asked).toHaveLength(1);
    await meanwhile.stop();

    await using after = await started(folders, chainOf({ first, second: moved }), port);
    expect(states(await statusOf(after))).toEqual(['first cooldown', 'second isolated']);
    await writeFile(join(folders.home, 'my.toml'), chainOf({ second, first }));
    expect(states(await statusThat(after, ({ upstreams }) => upstreams[0]?.name === 'second'))).toEqual([
      'second isolated',
      'first cooldown',
    ]);
    await runToEnd(['reset', 'second', '--port', String(port)], {}, folders);
    await after.stop();

    await using last = await started(folders, chainOf({ first, second: moved }), port);
    expect(states(await statusOf(last))).toEqual(['first cooldown', 'second closed']);
    await last.stop();
  });

  test('leaves no file behind while there is nothing to keep', async () => {
    await using only = await startUpstream();
    await using folders = await makeFolders();
    await using proxy = await started(folders, chainOf({ only }));
    expect((await ask(proxy)).status).toBe(200);
    await proxy.stop();
    expect(await folders.inHome()).toEqual(['my.toml']);
  });

  test('is not touched by a second ccproxy that does not get the port', async () => {
    await using only = await startUpstream();
    await using folders = await makeFolders();
    await using proxy = await started(folders, chainOf({ only }));
    await runToEnd(['isolate', 'only', '--port', String(proxy.port)], {}, folders);
    const file = stateFile(folders, proxy.port);
    await statusThat(proxy, () => existsSync(file));
    await writeFile(file, 'not a word of JSON');
    const args = ['--config', join(folders.home, 'my.toml'), '--port', String(proxy.port)];
    expect((await runToEnd(args, {}, folders)).exitCode).toBe(1);
    expect(await readFile(file, 'utf8')).toBe('not a word of JSON');
    expect(await readdir(join(file, '..'))).toHaveLength(1);
  });

  test('that cannot be read is put aside, with one line, and ccproxy starts', async () => {
    await using only = await startUpstream();
    await using folders = await makeFolders();
    const port = await freePort();
    const first = await started(folders, chainOf({ only }), port);
    await runToEnd(['use', 'only', '--port', String(port)], {}, folders);
    await first.stop();
    const file = stateFile(folders, port);
    await writeFile(file, '{"version":99}');
    await using second = await started(folders, chainOf({ only }), port);
    await second.says('  claude\n');
    const warnings = second
      .printed()
      .stderr.split('\n')
      .filter((line) => line.includes(file));
    expect(warnings).toEqual([expect.stringMatching(/^ccproxy: warning: .*health-\d+\.json\.corrupt$/)]);
    expect(await readFile(`${file}.corrupt`, 'utf8')).toBe('{"version":99}');
    await second.stop();
  });
});

describe('the configuration while it runs', () => {
  test('is what its file says, however that is saved; one that is wrong changes nothing', async () => {
    await using first = await startUpstream();
    await using second = await startUpstream();
    await using folders = await makeFolders();
    await using proxy = await started(folders, chainOf({ first, second }));
    const file = join(folders.home, 'my.toml');
    expect((await ask(proxy)).headers.get('x-ccproxy-upstream')).toBe('first');
    await runToEnd(['isolate', 'second', '--port', String(proxy.port)], {}, folders);
    await runToEnd(['use', 'first', '--port', String(proxy.port)], {}, folders);

    await writeFile(`${file}.new`, chainOf({ second }));
    await rename(`${file}.new`, file);
    const alone = await statusThat(proxy, ({ upstreams }) => upstreams.length === 1);
    expect([states(alone), alone.preferred]).toEqual([['second isolated'], null]);
    await proxy.says('first is preferred and not in the chain');

    await writeFile(file, 'chain = ["nobody"]\n');
    const wrong = await statusThat(proxy, ({ config }) => config.error !== null);
    expect(states(wrong)).toEqual(['second isolated']);
    expect(wrong.config).toEqual({ path: file, error: expect.stringContaining('nobody') });
    await proxy.says('stays as it was');

    await rm(file);
    const gone = await statusThat(
      proxy,
      ({ config }) => config.error?.includes('is not there any more') ?? false,
    );
    expect(states(gone)).toEqual(['second isolated']);

    await writeFile(file, chainOf({ second, first }));
    const good = await statusThat(proxy, ({ config }) => config.error === null);
    expect(states(good)).toEqual(['second isolated', 'first closed']);
    expect(good.preferred).toBe('first');
    await proxy.stop();
  });

  test('is read again at SIGHUP', async () => {
    await using first = await startUpstream();
    await using folders = await makeFolders();
    await using proxy = await started(folders, chainOf({ first }));
    proxy.signal('SIGHUP');
    await proxy.says('is in use as it is now; chain: first');
    await proxy.stop();
  });
});
