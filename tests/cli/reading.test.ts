// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Watched } from '../../src/cli/file-changes.ts';
import { createReading, type Reading } from '../../src/cli/reading.ts';
import { configure } from '../../src/config/build.ts';
import { describeProblems } from '../../src/config/problem.ts';
import { world } from '../config/sources.ts';
import { manualClock } from '../support/manual-clock.ts';

let folder: string;
let watched: Watched | null = null;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ccproxy-reading-')));
});

afterEach(() => {
  watched?.stop();
  watched = null;
  rmSync(folder, { recursive: true, force: true });
});

const path = () => join(folder, 'ccproxy.toml');
const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
const upstream = (key: string) => `[upstreams.groq]\napi_key = "${key}"\n`;

/** Windows has no named pipes among its files. */
const hasPipes = process.platform !== 'win32';

/** A configuration that was read from `content`, and is watched. */
async function setUp(content: string) {
  const clock = manualClock();
  write('ccproxy.toml', content);
  const sources = world({}, {}, { configFlag: path() });
  const reading = createReading((files) => configure({ ...sources, ...files }), clock);
  const first = await reading.configured();
  const told = { times: 0, next: Promise.withResolvers<void>() };
  watched = reading.watch(path(), () => {
    told.times += 1;
    told.next.resolve();
  });
  /** Once something has been told. */
  const changed = async () => {
    await clock.advance(3000);
    await clock.advance(200);
    await told.next.promise;
    told.next = Promise.withResolvers();
  };
  return { clock, reading, first, told, changed };
}

async function keyOf(reading: Reading): Promise<string | null | undefined> {
  const result = await reading.configured();
  if (!result.ok) throw new Error(describeProblems(result.problems));
  const client = { bearer: null, apiKey: null };
  const [groq] = result.configuration.chain;
  return groq?.auth(new Headers(), client as never)?.get('authorization');
}

describe('the configuration is another', () => {
  test('when its file changes, and when one that a reference names does', async () => {
    write('key', 'old');
    const { reading, changed } = await setUp(upstream('${file:key}'));
    expect(await keyOf(reading)).toBe('Bearer old');
    write('key', 'new');
    await changed();
    expect(await keyOf(reading)).toBe('Bearer new');
    write('other', 'third');
    write('ccproxy.toml', upstream('${file:other}'));
    await changed();
    expect(await keyOf(reading)).toBe('Bearer third');
    write('other', 'fourth');
    await changed();
    expect(await keyOf(reading)).toBe('Bearer fourth');
  });

  test('when a file comes that a reference names and that was not there', async () => {
    const { first, reading, changed } = await setUp(upstream('${file:key}'));
    expect(first.ok).toBe(false);
    write('key', 'new');
    await changed();
    expect(await keyOf(reading)).toBe('Bearer new');
  });

  test('not when it was read meanwhile, and not by a file that no reference names any more', async () => {
    write('key', 'old');
    const { reading, told, changed } = await setUp(upstream('${file:key}'));
    write('ccproxy.toml', upstream('k'));
    await reading.configured();
    write('key', 'new');
    write('ccproxy.toml', upstream('ll'));
    await changed();
    await reading.configured();
    write('ccproxy.toml', upstream('mmm'));
    await changed();
    expect(told.times).toBe(2);
  });

  test('not after the end', async () => {
    const { clock, told } = await setUp(upstream('k'));
    watched?.stop();
    write('ccproxy.toml', upstream('ll'));
    await clock.advance(10_000);
    expect([told.times, clock.waiting]).toEqual([0, []]);
  });
});

describe('a file that becomes something else', () => {
  test.each<[string, () => void]>([
    ...(hasPipes ? [['a pipe', () => execFileSync('mkfifo', [path()])] as [string, () => void]] : []),
    ['a folder', () => mkdirSync(path())],
  ])('%s is a change that cannot be read, and so is the file that comes back', async (_, make) => {
    const { reading, changed } = await setUp(upstream('old'));
    rmSync(path());
    make();
    await changed();
    expect(await chainOf(reading)).toContain('the file cannot be read');
    rmSync(path(), { recursive: true });
    write('ccproxy.toml', upstream('new'));
    await changed();
    expect(await keyOf(reading)).toBe('Bearer new');
  });
});

const PIPES = hasPipes ? ['ccproxy.toml', 'key'] : [];

test.each(PIPES)('what came from a pipe is kept and not watched: %s', async (name) => {
  const contents: Record<string, string> = { 'ccproxy.toml': upstream('${file:key}'), key: 'old' };
  execFileSync('mkfifo', [join(folder, name)]);
  const clock = manualClock();
  const sources = world({}, {}, { configFlag: path() });
  const reading = createReading((files) => configure({ ...sources, ...files }), clock);
  const words = ['sh', '-c', 'printf "%s" "$1" > "$2"', 'sh', contents[name] ?? '', join(folder, name)];
  const writer = Bun.spawn(words);
  const other = name === 'key' ? 'ccproxy.toml' : 'key';
  write(other, contents[other] ?? '');
  expect(await keyOf(reading)).toBe('Bearer old');
  await writer.exited;
  watched = reading.watch(path(), () => {});
  // One look every 3 s, and one at what may have happened since it was read: for the other alone.
  expect(clock.waiting).toHaveLength(2);
  expect(await keyOf(reading)).toBe('Bearer old');
});

async function chainOf(reading: Reading): Promise<string | string[]> {
  const result = await reading.configured();
  return result.ok ? result.configuration.chain.map(({ name }) => name) : describeProblems(result.problems);
}

describe('the file that it was started with is the one that is read again', () => {
  /** Nobody names a file; `clone` is the current folder, `etc` what `XDG_CONFIG_HOME` says. */
  function discover() {
    for (const name of ['clone', 'etc', 'etc/ccproxy']) mkdirSync(join(folder, name));
    const env = { XDG_CONFIG_HOME: join(folder, 'etc') };
    const sources = world({}, env, { cwd: join(folder, 'clone') });
    return createReading((files) => configure({ ...sources, ...files }), manualClock());
  }

  test('also when another appears that goes before it', async () => {
    const reading = discover();
    write('etc/ccproxy/ccproxy.toml', '[upstreams.one]\nprovider = "ollama"\n');
    expect(await chainOf(reading)).toEqual(['one']);
    write('clone/ccproxy.toml', '[upstreams.other]\nprovider = "ollama"\n');
    write('etc/ccproxy/ccproxy.toml', '[upstreams.two]\nprovider = "ollama"\n');
    expect(await chainOf(reading)).toEqual(['two']);
  });

  test('when it says nothing any more by itself, and is trusted no more than it was', async () => {
    const reading = discover();
    write('etc/ccproxy/ccproxy.toml', '[upstreams.other]\nprovider = "ollama"\n');
    write('clone/ccproxy.toml', '[upstreams.one]\nprovider = "ollama"\n');
    expect(await chainOf(reading)).toEqual(['one']);
    write('clone/ccproxy.toml', '# [upstreams.one]\n# provider = "ollama"\n');
    expect(await chainOf(reading)).toEqual(['anthropic']);
    write('clone/ccproxy.toml', upstream('${file:key}'));
    expect(await chainOf(reading)).toContain('may not use ${file:…}');
  });

  test('and no other takes its place when it is gone', async () => {
    const reading = discover();
    write('etc/ccproxy/ccproxy.toml', '[upstreams.other]\nprovider = "ollama"\n');
    write('clone/ccproxy.toml', '[upstreams.one]\nprovider = "ollama"\n');
    expect(await chainOf(reading)).toEqual(['one']);
    rmSync(join(folder, 'clone/ccproxy.toml'));
    expect(await chainOf(reading)).toBe(
      './ccproxy.toml: is not there any more (to do without it, start ccproxy again)',
    );
  });
});

describe('a file that has nothing in it any more', () => {
  test.each(['', '\n \n'])('is one that somebody is writing: %j', async (nothing) => {
    const { reading } = await setUp(upstream('k'));
    write('ccproxy.toml', nothing);
    expect(await chainOf(reading)).toContain('is empty now');
    expect(await chainOf(reading)).toContain('is empty now');
    write('ccproxy.toml', upstream('k'));
    expect(await chainOf(reading)).toEqual(['groq']);
  });

  test('is a configuration if it never had, or says so by a comment', async () => {
    const { reading } = await setUp('');
    expect(await chainOf(reading)).toEqual(['anthropic']);
    write('ccproxy.toml', upstream('k'));
    expect(await chainOf(reading)).toEqual(['groq']);
    write('ccproxy.toml', '# nothing\n');
    expect(await chainOf(reading)).toEqual(['anthropic']);
  });
});
