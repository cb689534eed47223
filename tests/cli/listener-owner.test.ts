import { describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { isAnotherUsers } from '../../src/cli/listener-owner.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const REST = '00000000:00000000 00:00000000 00000000';

/** A table with a socket of this user on port 3456. */
const table = (uid: number, state = '0A', address = '0100007F:0D80') =>
  `${HEAD}\n   0: ${address} 00000000:0000 ${state} ${REST}  ${uid}        0 4711 1 ffff 100 0 0 10 0\n`;

const LOOPBACK_6 = '00000000000000000000000001000000:0D80';

describe('a listener', () => {
  test.each<[string, string[], boolean | null]>([
    ['of mine', [table(1000)], false],
    ['of the system', [table(0)], false],
    ['of somebody else', [table(1001)], true],
    ['of somebody else beside mine', [table(1000), table(1001, '0A', LOOPBACK_6)], true],
    ['that is none, but a connection', [table(1001, '01')], null],
    ['on another port', [table(1001, '0A', '0100007F:0D81')], null],
    ['that the system does not tell of', [], null],
  ])('%s is known', (_, tables, expected) => {
    expect(isAnotherUsers(3456, tables, 1000)).toBe(expected);
  });

  test('of this very process is mine', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(isAnotherUsers(port)).not.toBe(true);
    server.close();
  });
});
