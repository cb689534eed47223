import { describe, expect, test } from 'bun:test';
import { closeSync, existsSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { namedDescriptors } from '../../src/cli/handed-on.ts';

describe('the descriptors that a command names', () => {
  test('are those that are open, in order, each once', () => {
    const one = openSync('package.json', 'r');
    const other = openSync('package.json', 'r');
    const words = [`/dev/fd/${other}`, `--settings=/proc/self/fd/${one}`, `cat /dev/fd/${one} >/dev/fd/2`];
    expect(namedDescriptors(words)).toEqual([one, other].sort((a, b) => a - b));
    closeSync(other);
    expect(namedDescriptors(words)).toEqual([one]);
    closeSync(one);
  });

  test.each([[[]], [['cat', 'file', '5', '/dev/fd/', '/dev/fd/x', '/dev/fd/0', '/dev/fd/99999999999']]])(
    'in %j are none',
    (words) => {
      expect(namedDescriptors(words)).toEqual([]);
    },
  );

  test('are never what only this process has', () => {
    // The event loop has some, in every process of Bun.
    const all = Array.from({ length: 64 }, (_, number) => `/dev/fd/${number}`);
    expect(namedDescriptors(all).filter((number) => ofEventLoop().includes(number))).toEqual([]);
  });
});

/** As far as the system tells. */
function ofEventLoop(): number[] {
  const folder = '/proc/self/fd';
  const names = existsSync(folder) ? readdirSync(folder).map(Number) : [];
  return names.filter((number) => {
    try {
      return readlinkSync(`${folder}/${number}`).startsWith('anon_inode:');
    } catch {
      return false;
    }
  });
}
