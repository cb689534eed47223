import { expect, test } from 'bun:test';
import { descriptorOf } from '../../src/cli/descriptor.ts';

test.each<[string, number | null]>([
  ['/dev/fd/63', 63],
  ['/proc/self/fd/3', 3],
  ['/proc/17/fd/0', 0],
  ['/dev/stdin', 0],
  ['/dev/fd/', null],
  ['/dev/fd/3/more', null],
  ['/dev/shm/ccproxy.toml', null],
  ['/home/me/dev/fd/3', null],
  ['ccproxy.toml', null],
])('%s is the descriptor %p', (path, number) => expect(descriptorOf(path)).toBe(number));
