/** What requests and probes find out about our own network, and who is told. */
import { expect, test } from 'bun:test';
import { watchNetwork } from '../../src/proxy/network-watch.ts';
import { manualClock } from '../support/manual-clock.ts';

function watched(isConnected = () => true) {
  const clock = manualClock();
  const network = watchNetwork({ clock, isConnected });
  const heard: boolean[] = [];
  network.onChange((offline) => void heard.push(offline));
  return { clock, network, heard };
}

test('two hosts that are lost together begin it, the first that is reached ends it, and each is told once', () => {
  const { network, heard } = watched();
  expect([network.offline, network.justWoken]).toEqual([false, false]);
  network.saw('a', false);
  expect([network.offline, heard]).toEqual([false, []]);
  network.saw('b', false);
  network.saw('c', false);
  expect([network.offline, heard]).toEqual([true, [true]]);
  network.saw('c', true);
  network.saw('a', true);
  expect([network.offline, heard]).toEqual([false, [true, false]]);
});

test('it goes by its clock', async () => {
  const { clock, network } = watched();
  network.saw('a', false);
  await clock.advance(11_000);
  network.saw('b', false);
  expect(network.offline).toBe(false);
  await clock.advance(9_000);
  network.saw('a', false);
  expect(network.offline).toBe(true);
});

test('everybody who wants to know is told, when it is so already', () => {
  const { network } = watched();
  const told: string[] = [];
  for (const name of ['one', 'two'])
    network.onChange((offline) => void told.push(`${name} ${offline} ${network.offline}`));
  network.saw('a', false);
  network.saw('b', false);
  expect(told).toEqual(['one true true', 'two true true']);
});

test('on a machine without any network one loss is enough, and it is asked at that moment only', () => {
  let asked = 0;
  let connected = true;
  const { network } = watched(() => {
    asked += 1;
    return connected;
  });
  network.saw('a', true);
  expect(asked).toBe(0);
  network.saw('a', false);
  expect([network.offline, asked]).toEqual([false, 1]);
  connected = false;
  network.saw('a', false);
  expect(network.offline).toBe(true);
});

test.each<[wait: number, justWoken: boolean]>([
  [0, true],
  [4_999, true],
  [5_000, false],
  [60_000, false],
])('%p ms after it woke: %p', async (wait, justWoken) => {
  const { clock, network } = watched();
  network.woke();
  await clock.advance(wait);
  expect(network.justWoken).toBe(justWoken);
});

test('woken again, it begins anew; a clock that was set back ends it', async () => {
  let now = 1_700_000_000_000;
  const clock = { now: () => now, after: manualClock().after };
  const network = watchNetwork({ clock, isConnected: () => true });
  network.woke();
  now += 4_000;
  network.woke();
  now += 4_000;
  expect(network.justWoken).toBe(true);
  now -= 3_600_000;
  expect(network.justWoken).toBe(false);
});

test('hosts that were not lost just now are worth a look', async () => {
  const { clock, network } = watched();
  network.saw('d', true);
  network.saw('a', false);
  await clock.advance(1_500);
  network.saw('b', false);
  expect(network.unsure(['a', 'b', 'c', 'd'])).toEqual(['c', 'd']);
  await clock.advance(1_000);
  expect(network.unsure(['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd']);
});
