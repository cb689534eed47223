import { expect, test } from 'bun:test';
import { isRemote } from '../../src/core/remote.ts';

test.each([
  ['api.anthropic.com', true],
  ['8.8.8.8', true],
  ['172.32.0.1', true],
  ['[2606:4700::1]', true],
  ['one.test', true],
  ['localhost', false],
  ['127.0.0.1', false],
  ['[::1]', false],
  ['10.1.2.3', false],
  ['192.168.178.2', false],
  ['172.16.0.1', false],
  ['172.31.255.1', false],
  ['169.254.1.1', false],
  ['[fd00::1]', false],
  ['[fe80::1]', false],
  ['gpu-box', false],
  ['gpu.local', false],
  ['gpu.fritz.lan', false],
])('%s lies out in the world: %p', (host, expected) => {
  expect(isRemote({ base: `http://${host}:8080/v1` })).toBe(expected);
});
