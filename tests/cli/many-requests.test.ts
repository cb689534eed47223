import { expect, test } from 'bun:test';
import { mayServe } from '../../src/cli/many-requests.ts';

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
])('`ccproxy %s` may be the server: %p', (line, expected) => {
  expect(mayServe(line.split(' ').filter(Boolean))).toBe(expected);
});
