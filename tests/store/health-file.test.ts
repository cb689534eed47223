import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BreakerState, initial } from '../../src/core/breaker.ts';
import { healthKeys } from '../../src/core/health-keys.ts';
import type { HealthOptions } from '../../src/store/health-file.ts';
import { manualClock, NOON } from '../support/manual-clock.ts';
import {
  ALL,
  ANTHROPIC,
  after,
  BLOCKED,
  COOLDOWN,
  DAY,
  GROQ,
  ISOLATED,
  MOVED,
  OPEN,
  SALT,
  startAt,
} from './health-process.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'ccproxy-health-')), 'state', 'ccproxy');
  path = join(folder, 'health-3456.json');
});

afterEach(() => {
  const base = join(folder, '..', '..');
  rmSync(base, { recursive: true, force: true });
});

function start(options: Partial<HealthOptions> = {}) {
  return startAt(path, options);
}

/** A file as it would lie there. */
function lay(content: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, content);
}

function laid(breakers: Record<string, unknown>, more: Record<string, unknown> = {}): void {
  lay(JSON.stringify({ version: 1, salt: SALT, preferred: null, breakers, ...more }));
}

function content(): Record<string, unknown> & { breakers: Record<string, BreakerState> } {
  return JSON.parse(readFileSync(path, 'utf8'));
}

describe('a restart', () => {
  test.each<[string, keyof typeof ALL, BreakerState, boolean]>([
    ['a cooldown of a model', 'model', COOLDOWN, true],
    ['a block of a credential', 'credential', BLOCKED, true],
    ['a block of a host', 'host', BLOCKED, true],
    ['isolation', 'upstream', ISOLATED, true],
    ['no open breaker', 'upstream', OPEN, false],
    ['no closed one', 'upstream', initial(), false],
  ])('keeps %s', (_, scope, state, isKept) => {
    const first = start();
    const key = String(ALL[scope]);
    first.breakers.write(key, state);
    first.close();
    const second = start();
    expect(second.breakers.read(key)).toEqual(isKept ? state : initial());
    expect([...second.breakers.keys()]).toEqual(isKept ? [key] : []);
    expect(second.warnings).toEqual([]);
  });

  test('keeps the preferred upstream and the salt, so that credentials keep their names', () => {
    const first = start();
    first.prefer('groq');
    first.close();
    const second = start({ random: () => 'other'.repeat(5) });
    expect([second.preferred, second.salt]).toEqual(['groq', first.salt]);
    second.prefer(null);
    second.close();
    expect(start().preferred).toBeNull();
  });

  test('keeps nothing of an upstream that has another address', () => {
    const first = start();
    for (const key of Object.values(ALL)) first.breakers.write(key, COOLDOWN);
    first.close();
    const moved = start({ upstreams: [ANTHROPIC, MOVED] });
    expect([...moved.breakers.keys()]).toEqual([]);
  });

  test.each([
    [5000, false],
    [5001, true],
  ])('keeps a cooldown of %i ms: %p', (waitMs, isKept) => {
    const health = start();
    health.breakers.write(String(ALL.model), after({ kind: 'rate_limited', message: 'slow down', waitMs }));
    health.close();
    expect(existsSync(path)).toBe(isKept);
  });

  test('keeps no cooldown that is over', async () => {
    const first = start();
    first.breakers.write(String(ALL.model), COOLDOWN);
    first.close();
    const second = start({ clock: manualClock(NOON + 600_000) });
    expect([...second.breakers.keys()]).toEqual([]);
  });
});

describe('the file', () => {
  test('is not there while there is nothing to keep', async () => {
    const health = start();
    health.breakers.write(ALL.upstream, OPEN);
    await health.clock.advance(1000);
    health.close();
    expect(existsSync(folder)).toBe(false);
  });

  test("is the user's alone, and so is its folder", async () => {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const health = start();
    health.prefer('groq');
    await health.clock.advance(50);
    // On Windows the user's own folders are the user's alone already, and modes say nothing.
    const modes = process.platform === 'win32' ? [0o666, 0o666] : [0o600, 0o700];
    expect([path, folder].map((name) => statSync(name).mode & 0o777)).toEqual(modes);
    expect(readdirSync(folder)).toEqual(['health-3456.json']);
  });

  test('is written once for changes that come together, and not for those that change nothing', async () => {
    const health = start();
    health.prefer('groq');
    health.breakers.write(String(ALL.model), COOLDOWN);
    await health.clock.advance(49);
    expect(existsSync(path)).toBe(false);
    await health.clock.advance(1);
    expect(Object.keys(content().breakers)).toHaveLength(1);
    rmSync(path);
    health.breakers.write(String(ALL.model), { ...COOLDOWN });
    health.prefer('groq');
    await health.clock.advance(1000);
    expect(existsSync(path)).toBe(false);
    health.prefer(null);
    await health.clock.advance(50);
    expect(content().preferred).toBeNull();
  });

  test('is written at once at the end, and never afterwards: the port may be another process by then', async () => {
    const health = start();
    health.prefer('groq');
    health.close();
    expect(content().preferred).toBe('groq');
    health.prefer('anthropic');
    await health.clock.advance(1000);
    health.close();
    expect(content().preferred).toBe('groq');
  });

  test('holds no address with its path: a key may stand there', () => {
    const health = start();
    for (const key of Object.values(ALL)) health.breakers.write(key, COOLDOWN);
    health.close();
    expect(Object.keys(content().breakers)).toHaveLength(4);
    expect(readFileSync(path, 'utf8')).not.toContain('key-in-the-address');
  });

  test('holds no more than can be read again', () => {
    const health = start();
    const long = after({ kind: 'rate_limited', message: 'x'.repeat(10_000), waitMs: 60_000 });
    health.breakers.write(healthKeys(GROQ, 'c', 'm'.repeat(1000)).model ?? '', COOLDOWN);
    for (let at = 0; at < 500; at += 1)
      health.breakers.write(healthKeys(GROQ, 'c', `m${at}`).model ?? '', long);
    health.breakers.write(ALL.upstream, ISOLATED);
    health.close();
    start({ upstreams: [] }).close();
    const second = start();
    expect([...second.breakers.keys()]).toHaveLength(200);
    expect(second.breakers.read(ALL.upstream)).toEqual(ISOLATED);
  });

  test('is nowhere when no port was asked for', async () => {
    const health = start({ path: null });
    health.prefer('groq');
    health.breakers.write(ALL.upstream, ISOLATED);
    await health.clock.advance(1000);
    health.close();
    expect([health.preferred, existsSync(folder)]).toEqual(['groq', false]);
  });
});

describe('a file that cannot be used', () => {
  const GOOD = { version: 1, salt: SALT, preferred: null, breakers: {} };

  test.each<[string, string]>([
    ['is empty', ''],
    ['was cut', '{"version":1,"salt":"aaaa'],
    ['is no object', '[]'],
    ['is null', 'null'],
    ['is of another version', JSON.stringify({ ...GOOD, version: 2 })],
    ['has no version', JSON.stringify({ ...GOOD, version: undefined })],
    ['has no salt', JSON.stringify({ ...GOOD, salt: undefined })],
    ['has a salt that is none', JSON.stringify({ ...GOOD, salt: 'short' })],
    ['has a preference that is none', JSON.stringify({ ...GOOD, preferred: 7 })],
    ['has breakers that are none', JSON.stringify({ ...GOOD, breakers: [] })],
    ['is far too large', ' '.repeat(5_000_000)],
  ])('because it %s is put aside, with one line', (_, text) => {
    lay(text);
    const health = start();
    expect(health.warnings).toHaveLength(1);
    expect(health.warnings[0]).toContain(path);
    expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe(text);
    expect(existsSync(path)).toBe(false);
    health.prefer('groq');
    health.close();
    expect(start().preferred).toBe('groq');
  });

  test.each([
    ['a newer one', { version: 2, kept: [] }, 'it is of another version'],
    ['one of this version that is not whole', { version: 1 }, 'it is not what ccproxy wrote'],
    ['one with a version that is none', { version: '2' }, 'it is not what ccproxy wrote'],
    ['something else', { kept: [] }, 'it is not what ccproxy wrote'],
  ])('is called what it is: %s', (_, content, why) => {
    lay(JSON.stringify(content));
    expect(start().warnings[0]).toContain(`(${why})`);
  });

  test('replaces the last one that was put aside', () => {
    lay('first');
    start();
    lay('second');
    start();
    expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe('second');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('because it is a folder keeps nobody from starting', () => {
    mkdirSync(path, { recursive: true });
    const health = start();
    expect(health.warnings).toHaveLength(1);
    expect(health.preferred).toBeNull();
  });

  test('because it is a link is put aside, and what it points at is not touched', () => {
    mkdirSync(folder, { recursive: true });
    const other = join(folder, 'other');
    writeFileSync(other, JSON.stringify({ ...GOOD, preferred: 'groq' }));
    symlinkSync(other, path);
    const health = start();
    expect([health.preferred, health.warnings.length]).toEqual([null, 1]);
    health.prefer('anthropic');
    health.close();
    expect(JSON.parse(readFileSync(other, 'utf8')).preferred).toBe('groq');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  test('a link that appears later is replaced, not followed', async () => {
    const health = start();
    health.prefer('groq');
    await health.clock.advance(50);
    const other = join(folder, 'other');
    writeFileSync(other, 'precious');
    rmSync(path);
    symlinkSync(other, path);
    health.prefer('anthropic');
    await health.clock.advance(50);
    expect(readFileSync(other, 'utf8')).toBe('precious');
    expect([lstatSync(path).isFile(), content().preferred]).toEqual([true, 'anthropic']);
  });

  test.each([
    ['in the place of the folder', '.'],
    ['above it', '..'],
  ])('where a file stands %s, one line says so and everything goes on in memory', async (_, place) => {
    const obstacle = join(folder, place);
    mkdirSync(join(obstacle, '..'), { recursive: true });
    writeFileSync(obstacle, '');
    const health = start();
    health.prefer('groq');
    await health.clock.advance(50);
    health.breakers.write(ALL.upstream, ISOLATED);
    await health.clock.advance(50);
    health.close();
    expect(health.preferred).toBe('groq');
    expect(health.breakers.read(ALL.upstream)).toEqual(ISOLATED);
    expect(health.warnings).toHaveLength(1);
  });
});

describe('of a file that is otherwise good', () => {
  const key = `upstream anthropic ${hashOf(ANTHROPIC.base)}`;

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 5],
    ['an empty object', {}],
    ['an open breaker', OPEN],
    ['a closed breaker', initial()],
    ['an unknown phase', { ...COOLDOWN, phase: 'gone' }],
    ['an end that is none', { ...COOLDOWN, until: null }],
    ['an end in words', { ...COOLDOWN, until: 'tomorrow' }],
    ['an end that is over', { ...COOLDOWN, until: NOON }],
    ['an end more than 32 days away', { ...COOLDOWN, until: NOON + 32 * DAY + 1 }],
    ['no reason', { ...COOLDOWN, reason: undefined }],
    ['a reason that is none', { ...COOLDOWN, reason: {} }],
    ['an unknown need', { ...COOLDOWN, needs: 'love' }],
    ['a beginning that is no date', { ...COOLDOWN, since: 1e300 }],
    ['a generation that is none', { ...COOLDOWN, generation: -1 }],
    ['openings that are no list', { ...COOLDOWN, flaps: 'many' }],
    ['too many openings', { ...ISOLATED, flaps: Array(101).fill(1) }],
  ])('%s is not taken for a breaker', (_, state) => {
    laid({ [key]: state });
    const health = start();
    expect([...health.breakers.keys()]).toEqual([]);
    expect([health.salt, health.warnings]).toEqual([SALT, []]);
  });

  test('an end 1e999 away is not taken for a breaker', () => {
    const state = JSON.stringify({ ...COOLDOWN, until: 1 }).replace('"until":1', '"until":1e999');
    lay(`{"version":1,"salt":"${SALT}","preferred":null,"breakers":{"${key}":${state}}}`);
    expect([...start().breakers.keys()]).toEqual([]);
  });

  test('an end 32 days away is', () => {
    const state = { ...COOLDOWN, until: NOON + 32 * DAY };
    laid({ [key]: state });
    expect(start().breakers.read(`upstream anthropic ${ANTHROPIC.base}`)).toEqual(state);
  });

  test('what a breaker does not have is left out', () => {
    laid({ [key]: { ...ISOLATED, polluted: true } });
    expect(start().breakers.read(`upstream anthropic ${ANTHROPIC.base}`)).toEqual(ISOLATED);
  });

  test.each([
    '__proto__',
    'constructor',
    '',
    'upstream',
    `${key} more`,
    `credential anthropic ${hashOf(ANTHROPIC.base)}`,
    `model anthropic ${hashOf(ANTHROPIC.base)} c`,
    `__proto__ anthropic ${hashOf(ANTHROPIC.base)}`,
    `upstream anthropic ${ANTHROPIC.base}`,
    'host https://elsewhere.example',
  ])('the key %p is nobody', (name) => {
    lay(`{"version":1,"salt":"${SALT}","preferred":null,"breakers":{"${name}":${JSON.stringify(ISOLATED)}}}`);
    const health = start();
    expect([...health.breakers.keys()]).toEqual([]);
    expect(({} as Record<string, unknown>).phase).toBeUndefined();
    health.prefer('groq');
    health.close();
    const isAHost = name.startsWith('host ');
    expect(Object.keys(content().breakers)).toEqual(isAHost ? [name] : []);
  });
});

/** An address as the file has it. */
function hashOf(base: string): string {
  return new Bun.CryptoHasher('sha256').update(`${SALT}\0${base}`).digest('hex').slice(0, 16);
}
