/** What tells that this machine is in another network. */
import { expect, test } from 'bun:test';
import { addresses } from '../../src/cli/runtime.ts';

const outside = (...own: string[]) => own.map((address) => ({ address, internal: false }));
const WLAN = { wlan0: outside('192.168.1.7', '2001:db8::7') };
const SAME = '192.168.1.7 2001:db8::7';

test.each<[sentence: string, more: Parameters<typeof addresses>[0], text: string]>([
  ['nothing else', {}, SAME],
  ['itself', { lo: [{ address: '127.0.0.1', internal: true }] }, SAME],
  ['addresses it gave itself', { wlan1: outside('169.254.3.4', 'fe80::1', 'FEBF::2') }, SAME],
  ["Docker's bridge", { docker0: outside('172.17.0.1'), 'br-0123456789ab': outside('172.18.0.1') }, SAME],
  ['a container', { veth12ab34c: outside('10.1.1.1') }, SAME],
  ['virtual machines', { virbr0: outside('192.168.122.1'), tap0: outside('10.0.3.1') }, SAME],
  ['pods', { cni0: outside('10.244.0.1'), 'flannel.1': outside('10.244.0.0') }, SAME],
  ['an interface without entries', { eth0: undefined }, SAME],
  ['a cable', { eth0: outside('10.9.8.7') }, `10.9.8.7 ${SAME}`],
  ['a tunnel', { utun4: outside('10.9.8.7') }, `10.9.8.7 ${SAME}`],
  ["a router's own bridge", { 'br-lan': outside('10.9.8.7') }, `10.9.8.7 ${SAME}`],
  [
    'addresses that only begin alike',
    { eth0: outside('fec0::1', '169.25.4.1') },
    `169.25.4.1 ${SAME} fec0::1`,
  ],
])('beside its own: %s', (_, more, text) => {
  expect(addresses({ ...more, ...WLAN })).toBe(text);
});

test('none where there is only what comes and goes', () => {
  expect(addresses({ docker0: outside('172.17.0.1'), en0: outside('fe80::1') })).toBe('');
});
