/** `npm run build` with arguments that it does not know: nothing is built, and what it knows is said. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import TARGETS from '../../scripts/release/targets.json' with { type: 'json' };

const DEV = join(import.meta.dir, '..', '..', 'scripts', 'dev.mjs');

test.each([
  [['--everything'], "Unknown option '--everything'"],
  [['all'], "Unexpected argument 'all'"],
  [['--target'], "'--target <value>' argument missing"],
  [['--target', 'plan9-amd64'], 'there is no target plan9-amd64'],
  [['--all', '--target', 'linux-x64'], 'there is no target linux-x64'],
])('%p', (args, complaint) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, DEV, 'build', ...args]);
  const said = stderr.toString();
  expect(exitCode).toBe(2);
  expect(stdout.toString()).toBe('');
  expect(said).toContain(complaint);
  expect(said).toContain('--all');
  for (const { name } of TARGETS) expect(said).toContain(name);
});
