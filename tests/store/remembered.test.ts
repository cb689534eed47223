import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initial } from '../../src/core/breaker.ts';
import { healthKeys } from '../../src/core/health-keys.ts';
import type { HealthOptions } from '../../src/store/health-file.ts';
import { manualClock, NOON } from '../support/manual-clock.ts';
import {
  ALL,
  ANTHROPIC,
  BLOCKED,
  COOLDOWN,
  DAY,
  GROQ,
  ISOLATED,
  MOVED,
  OPEN,
  SALT,
  startAt,
  THERE,
} from './health-process.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-remembered-'));
  path = join(folder, 'health-3456.json');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(options: Partial<HealthOptions> = {}) {
  return startAt(path, options);
}

describe('an upstream that is not in the chain', () => {
  /** A ccproxy without it that has something of its own to keep. */
  function startWithout(options: Partial<HealthOptions> = {}): void {
    const other = start({ upstreams: [ANTHROPIC], ...options });
    other.breakers.write(healthKeys(ANTHROPIC, 'c0ffee', 'm').model ?? '', COOLDOWN);
    other.close();
  }

  test('is what it was when it is there again: its limits, its blocks, and held out', () => {
    const first = start();
    first.breakers.write(String(ALL.model), COOLDOWN);
    first.breakers.write(String(ALL.credential), BLOCKED);
    first.breakers.write(ALL.host, BLOCKED);
    first.breakers.write(ALL.upstream, ISOLATED);
    first.prefer('groq');
    first.close();
    startWithout();
    startWithout({ clock: manualClock(NOON + 1) });
    const second = start();
    const states = [ALL.model, ALL.credential, ALL.host, ALL.upstream].map((key) =>
      second.breakers.read(String(key)),
    );
    expect(states).toEqual([COOLDOWN, BLOCKED, BLOCKED, ISOLATED]);
    expect(second.preferred).toBe('groq');
  });

  test('has its limits until they end, and is held out for ever', () => {
    const first = start();
    first.breakers.write(String(ALL.model), COOLDOWN);
    first.breakers.write(ALL.upstream, ISOLATED);
    first.close();
    startWithout();
    const later = start({ clock: manualClock(NOON + 400 * DAY) });
    expect(later.breakers.read(ALL.upstream)).toEqual(ISOLATED);
    expect(later.breakers.read(String(ALL.model))).toEqual(initial());
  });

  test('is what it was when it comes into the chain', () => {
    const first = start();
    first.breakers.write(String(ALL.model), COOLDOWN);
    first.breakers.write(ALL.upstream, ISOLATED);
    first.close();
    const second = start({ upstreams: [ANTHROPIC] });
    expect([[...second.breakers.keys()], second.preferred]).toEqual([[], null]);
    second.meet([ANTHROPIC, GROQ]);
    expect(second.breakers.read(ALL.upstream)).toEqual(ISOLATED);
    expect(second.breakers.read(String(ALL.model))).toEqual(COOLDOWN);
  });

  test('is forgotten by its name, and by nothing else', () => {
    const first = start();
    first.breakers.write(String(ALL.model), COOLDOWN);
    first.breakers.write(ALL.upstream, ISOLATED);
    first.close();
    const second = start({ upstreams: [ANTHROPIC] });
    expect(second.forget('gro')).toEqual([]);
    expect(second.forget('groq')).toEqual(['groq']);
    expect(second.forget('groq')).toEqual([]);
    second.close();
    expect([...start().breakers.keys()]).toEqual([]);
  });

  test('is forgotten with all others', () => {
    const first = start();
    first.breakers.write(ALL.upstream, ISOLATED);
    first.breakers.write(ALL.host, BLOCKED);
    first.close();
    const second = start({ upstreams: [ANTHROPIC] });
    expect(second.forget()).toEqual(['groq']);
    second.close();
    expect([...start().breakers.keys()]).toEqual([]);
  });
});

describe('an upstream that is held out and has another address', () => {
  test('is held out after a restart', () => {
    const first = start();
    first.breakers.write(ALL.upstream, ISOLATED);
    first.close();
    const moved = start({ upstreams: [ANTHROPIC, MOVED] });
    expect(moved.breakers.read(THERE.upstream)).toEqual(ISOLATED);
  });

  test('is held out from the moment it is in the chain, until it is forgotten at every address', () => {
    const health = start();
    health.breakers.write(ALL.upstream, ISOLATED);
    health.breakers.write(THERE.upstream, OPEN);
    health.meet([ANTHROPIC, MOVED]);
    const there = health.breakers.read(THERE.upstream);
    expect([there.phase, there.since]).toEqual(['isolated', NOON]);
    expect(health.breakers.read(healthKeys(ANTHROPIC, null, null).upstream)).toEqual(initial());
    expect(health.forget('groq')).toEqual(['groq']);
    for (const upstream of [GROQ, MOVED]) {
      health.meet([upstream]);
      expect(health.breakers.read(healthKeys(upstream, null, null).upstream).phase).toBe('closed');
    }
    health.close();
    expect([...start().breakers.keys()]).toEqual([]);
  });

  test('is so in a file in which it stands with its address', () => {
    const hashed = new Bun.CryptoHasher('sha256').update(`${SALT}\0${GROQ.base}`).digest('hex').slice(0, 16);
    const breakers = { [`upstream groq ${hashed}`]: ISOLATED };
    writeFileSync(path, JSON.stringify({ version: 1, salt: SALT, preferred: null, breakers }));
    expect(start({ upstreams: [MOVED] }).breakers.read(THERE.upstream)).toEqual(ISOLATED);
  });
});
