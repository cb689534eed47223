import { expect, test } from 'bun:test';
import { isNearby, isRemote } from '../../src/core/remote.ts';

test.each([
  ['api.anthropic.com', true, false],
  ['8.8.8.8', true, false],
  ['172.32.0.1', true, false],
  ['[2606:4700::1]', true, false],
  ['one.test', true, false],
  ['localhost', false, false],
  ['127.0.0.1', false, false],
  ['[::1]', false, false],
  ['10.1.2.3', true, true],
  ['192.168.178.2', true, true],
  ['172.16.0.1', true, true],
  ['172.31.255.1', true, true],
  ['169.254.1.1', true, true],
  ['[fd00::1]', true, true],
  ['[fe80::1]', true, true],
  ['gpu-box', true, true],
  ['gpu.local', true, true],
  ['gpu.fritz.lan', true, true],
])('%s is beyond this machine: %p, next door: %p', (host, remote, nearby) => {
  expect([isRemote({ base: `http://${host}:8080/v1` }), isNearby(host)]).toEqual([remote, nearby]);
});
