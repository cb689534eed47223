import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settleChanges, type Watched, watchContent, watchFile } from '../../src/cli/file-changes.ts';
import { machineClock } from '../../src/cli/runtime.ts';
import { manualClock } from '../support/manual-clock.ts';

describe('what happens to a file', () => {
  function setUp(content: string | null) {
    const clock = manualClock();
    const file = { content: content as string | null | Error, changes: 0, reads: 0 };
    const settled = settleChanges({
      clock,
      async read() {
        file.reads += 1;
        if (file.content instanceof Error) throw file.content;
        return file.content;
      },
      seen: content,
      changed: () => {
        file.changes += 1;
      },
    });
    return { clock, file, settled };
  }

  test('is a change once it is quiet, and one change however often it was touched', async () => {
    const { clock, file, settled } = setUp('a');
    file.content = 'b';
    for (let times = 0; times < 5; times += 1) {
      settled.hint();
      await clock.advance(150);
    }
    expect([file.changes, file.reads]).toEqual([0, 0]);
    await clock.advance(50);
    expect([file.changes, file.reads]).toEqual([1, 1]);
  });

  test.each<[string, (string | null | Error)[], number]>([
    ['is none when it holds what it held', ['a'], 0],
    ['is one when it is gone', [null], 1],
    ['is two when it is gone and back', [null, 'a'], 2],
    ['is one when it cannot be read, and one when it can again', [new Error('EACCES'), 'a'], 2],
    ['is none while it still cannot be read', [new Error('EACCES'), new Error('EISDIR')], 1],
    ['is one for every other content', ['b', 'b', 'c', 'a'], 3],
  ])('%s', async (_, contents, changes) => {
    const { clock, file, settled } = setUp('a');
    for (const content of contents) {
      file.content = content;
      settled.hint();
      await clock.advance(200);
    }
    expect(file.changes).toBe(changes);
  });

  test('is none when somebody has read it meanwhile, and one when it is another since', async () => {
    const { clock, file, settled } = setUp('a');
    file.content = 'b';
    settled.hint();
    settled.saw('b');
    await clock.advance(200);
    expect(file.changes).toBe(0);
    file.content = 'c';
    settled.hint();
    await clock.advance(200);
    expect(file.changes).toBe(1);
  });

  test("is nobody's business after the end", async () => {
    const { clock, file, settled } = setUp('a');
    file.content = 'b';
    settled.hint();
    settled.stop();
    settled.hint();
    await clock.advance(1000);
    expect(file.changes).toBe(0);
  });
});

describe('a file on disk', () => {
  let folder: string;
  const watches: Watched[] = [];

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'ccproxy-watch-')));
  });

  afterEach(() => {
    for (const watch of watches.splice(0)) watch.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Resolves at the next hint; on a clock that stands still nobody looks, and only what the system tells is noticed. */
  function nextHint(path: string): Promise<void> {
    return new Promise((resolve) => {
      watches.push(watchFile(path, manualClock(), resolve));
    });
  }

  /** A file in a folder of its own that is watched, and what is hinted at. */
  function watchedIn(parent: string) {
    const clock = manualClock();
    const path = join(parent, 'ccproxy.toml');
    const hints = { count: 0, next: Promise.withResolvers<void>() };
    mkdirSync(parent, { recursive: true });
    writeFileSync(path, 'a');
    const watched = watchFile(path, clock, () => {
      hints.count += 1;
      hints.next.resolve();
    });
    watches.push(watched);
    return { clock, path, hints, watched };
  }

  test.each<[string, (path: string) => void]>([
    ['is written in place', (path) => writeFileSync(path, 'b')],
    [
      'is replaced by another',
      (path) => {
        writeFileSync(`${path}.tmp`, 'b');
        renameSync(`${path}.tmp`, path);
      },
    ],
    ['is removed', (path) => rmSync(path)],
  ])('that %s is noticed', async (_, change) => {
    const path = join(folder, 'ccproxy.toml');
    writeFileSync(path, 'a');
    const noticed = nextHint(path);
    change(path);
    await noticed;
  });

  test('behind a link is noticed when the file changes, and when the link does', async () => {
    const [real, other] = [join(folder, 'real'), join(folder, 'other')];
    for (const place of [real, other]) {
      mkdirSync(place);
      writeFileSync(join(place, 'it'), 'a');
    }
    mkdirSync(join(folder, 'etc'));
    const path = join(folder, 'etc', 'ccproxy.toml');
    symlinkSync(join(real, 'it'), path);
    const noticed = nextHint(path);
    writeFileSync(join(real, 'it'), 'b');
    await noticed;
    const again = nextHint(path);
    symlinkSync(join(other, 'it'), `${path}.tmp`);
    renameSync(`${path}.tmp`, path);
    await again;
    const followed = nextHint(path);
    writeFileSync(join(other, 'it'), 'c');
    await followed;
  });

  test.each<[string, (parent: string) => void]>([
    [
      'was removed and made again',
      (parent) => {
        rmSync(parent, { recursive: true });
        mkdirSync(parent);
      },
    ],
    [
      'was swapped for another',
      (parent) => {
        mkdirSync(`${parent}.new`);
        renameSync(parent, `${parent}.old`);
        renameSync(`${parent}.new`, parent);
      },
    ],
  ])('whose folder %s is noticed at the next look, and watched from then on', async (_, replace) => {
    const { clock, path, hints } = watchedIn(join(folder, 'etc'));
    replace(join(folder, 'etc'));
    writeFileSync(path, 'b');
    await clock.advance(3000);
    expect(hints.count).toBeGreaterThan(0);
    await clock.advance(3000);
    hints.next = Promise.withResolvers();
    writeFileSync(path, 'c');
    await hints.next.promise;
  });

  test('that is not there yet, nor its folder, is noticed when it comes', async () => {
    const clock = manualClock();
    const path = join(folder, 'etc', 'ccproxy.toml');
    let hints = 0;
    watches.push(
      watchFile(path, clock, () => {
        hints += 1;
      }),
    );
    await clock.advance(9000);
    expect(hints).toBe(0);
    mkdirSync(join(folder, 'etc'));
    writeFileSync(path, 'a');
    await clock.advance(3000);
    expect(hints).toBeGreaterThan(0);
  });

  test('is looked at without a hint while nothing happens, and not at all after the end', async () => {
    const { clock, path, hints, watched } = watchedIn(join(folder, 'etc'));
    await clock.advance(30_000);
    expect(hints.count).toBe(0);
    watched.stop();
    writeFileSync(path, 'b');
    await clock.advance(30_000);
    expect([hints.count, clock.waiting]).toEqual([0, []]);
  });

  test('that changed between its reading and its watching is told', async () => {
    const path = join(folder, 'ccproxy.toml');
    writeFileSync(path, 'b');
    await new Promise<void>((changed) => {
      watches.push(watchContent(path, machineClock, 'a', changed));
    });
  });

  test('has its change told when it is over, and only when it holds something else', async () => {
    const path = join(folder, 'ccproxy.toml');
    writeFileSync(path, 'a');
    await new Promise<void>((changed) => {
      watches.push(watchContent(path, machineClock, 'a', changed));
      writeFileSync(path, 'b');
    });
  });
});
