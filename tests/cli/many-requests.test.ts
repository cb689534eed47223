import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { manyRequests, mayServe, mostInFlight, namesDescriptor } from '../../src/cli/many-requests.ts';

test.each<[string, boolean]>([
  ['', true],
  ['serve', true],
  ['--port 3456', true],
  ['--log-level debug --port=1', true],
  ['--config status', true],
  ['serve --host localhost', true],
  ['status', false],
  ['--port 3456 status', false],
  ['--port=3456 stop', false],
  ['env --shell fish', false],
  ['config check', false],
  ['run claude', false],
  ['run serve', false],
  ['--port 3456 run serve --port 1', false],
])('`ccproxy %s` may be the server: %p', (line, expected) => {
  expect(mayServe(line.split(' ').filter(Boolean))).toBe(expected);
});

test.each<[string, string, boolean]>([
  ['--config /dev/fd/63', '', true],
  ['--config=/dev/fd/3', '', true],
  ['--port 1 --config /proc/self/fd/11', '', true],
  ['', '/dev/fd/63', true],
  ['--config /dev/stdin', '', false],
  ['--config /dev/fd/0', '', false],
  ['--config /home/me/dev/fd/63', '', false],
  ['', '', false],
])('`ccproxy %s` with CCPROXY_CONFIG=%s reads what it was handed open: %p', (line, named, expected) => {
  expect(namesDescriptor(line.split(' '), { CCPROXY_CONFIG: named })).toBe(expected);
});

test.each<[told: string | undefined, most: number]>([
  ['4096', 2020],
  [undefined, 100],
  ['60', 2],
  ['57', 1],
  ['1', 1],
  ['0', 100],
  ['many', 100],
])('where Bun was told %p, %i requests of clients fit', (told, most) => {
  expect(mostInFlight({ BUN_CONFIG_MAX_HTTP_REQUESTS: told })).toBe(most);
});

test('what the user set for Bun itself stays', () => {
  const name = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
  expect(manyRequests({ [name]: '7', A: 'b' })).toMatchObject({ [name]: '7', A: 'b' });
  const growth = 'BUN_JSC_heapGrowthMaxIncrease';
  expect(manyRequests({ [growth]: '2' })).toMatchObject({ [growth]: '2' });
  expect(Number(manyRequests({})[growth])).toBeLessThan(2);
  expect(Number(manyRequests({})[name])).toBeGreaterThan(256);
});

test.each([
  ['serve --port 1', '4096 serve --port 1'],
  ['status', 'undefined status'],
  ['--config /dev/fd/63', 'undefined --config /dev/fd/63'],
])('where no process can become another, one is started in its place: %s', async (line, said) => {
  const program = join(import.meta.dir, '../support/without-execve.ts');
  const { BUN_CONFIG_MAX_HTTP_REQUESTS: _, ...env } = process.env;
  const { stdout, exited } = Bun.spawn([process.execPath, program, ...line.split(' ')], { env });
  expect([await stdout.text(), await exited]).toEqual([said, 7]);
});
