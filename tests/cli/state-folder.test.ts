import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { healthPath, stateFolder } from '../../src/cli/state-folder.ts';

test.each<[string, Record<string, string>, string, string]>([
  ['by default', {}, 'linux', '/home/me/.local/state/ccproxy'],
  ['where the variable says', { XDG_STATE_HOME: '/var/state' }, 'linux', '/var/state/ccproxy'],
  ['not where a relative path says', { XDG_STATE_HOME: 'state' }, 'linux', '/home/me/.local/state/ccproxy'],
  ['not where an empty one says', { XDG_STATE_HOME: '' }, 'darwin', '/home/me/.local/state/ccproxy'],
  [
    'not where the variable of another system says',
    { LOCALAPPDATA: '/x' },
    'linux',
    '/home/me/.local/state/ccproxy',
  ],
  ['on Windows below LOCALAPPDATA', { LOCALAPPDATA: '/app', XDG_STATE_HOME: '/x' }, 'win32', '/app/ccproxy'],
  ['on Windows without it', {}, 'win32', '/home/me/AppData/Local/ccproxy'],
])('state is kept %s', (_, env, platform, folder) => {
  expect(stateFolder(env, '/home/me', platform)).toBe(join(folder));
});

test('each port has a file of its own, and one that any port would do for has none', () => {
  expect(healthPath('/state', 3456)).toBe(join('/state/health-3456.json'));
  expect(healthPath('/state', 0)).toBeNull();
});
