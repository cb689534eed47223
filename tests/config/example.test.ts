import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_BREAKER } from '../../src/config/settings.ts';
import { good, world, written } from './sources.ts';

const example = readFileSync(join(import.meta.dir, '../../ccproxy.toml'), 'utf8');
const env = {
  ANTHROPIC_API_KEY: 'a',
  GROQ_API_KEY: 'g',
  ADMIN_TOKEN: 't',
  ANTHROPIC_COMPATIBLE_API_KEY: 'w',
};

/** Keys and sections stand behind one `#`, prose behind two. */
const uncommented = example.replace(/^#/gm, '');

test('every line of the example is a comment or empty', () => {
  for (const line of example.split('\n')) expect(line === '' || line.startsWith('#')).toBe(true);
});

test('the example as it stands is standing mode with every default', async () => {
  const bare = await good(world());
  const { settings, chain } = await good(world({ '/here/ccproxy.toml': example }));
  const failover = { ...bare.settings.failover, triggers: expect.any(Function) };
  expect(settings).toEqual({ ...bare.settings, failover });
  expect(chain.map(({ name }) => name)).toEqual(['anthropic']);
});

test('the example as it stands, where ccproxy happens to be started, does not hide the file of the user', async () => {
  const files = {
    '/here/ccproxy.toml': example,
    '/home/me/.config/ccproxy/ccproxy.toml': 'chain = ["ollama"]',
  };
  const { settings, chain } = await good(world(files));
  expect([settings.mode, written(settings.configPath ?? '')]).toEqual([
    'file',
    '/home/me/.config/ccproxy/ccproxy.toml',
  ]);
  expect(chain.map(({ name }) => name)).toEqual(['ollama']);
});

test('the example with its lines uncommented is valid, and shows the defaults', async () => {
  const { settings, chain, warnings } = await good(
    world({ '/here/ccproxy.toml': uncommented }, env, { configFlag: './ccproxy.toml' }),
  );
  expect(chain.map(({ name }) => name)).toEqual(['anthropic', 'groq', 'work-gateway', 'ollama']);
  expect(warnings.filter((line) => !line.includes('GROQ_API_KEY'))).toEqual([]);
  const { settings: defaults, chain: plain } = await good(world({}, env));
  expect(settings.server).toEqual({ ...defaults.server, adminToken: 't' });
  expect(settings.failover.triggerList).toEqual(defaults.failover.triggerList);
  expect({ ...settings.failover, triggers: null }).toEqual({ ...defaults.failover, triggers: null });
  const groq = chain.find(({ name }) => name === 'groq');
  const plainGroq = plain.find(({ name }) => name === 'groq');
  expect(groq?.timeouts).toEqual(plainGroq?.timeouts);
  // Times that are written down hold for failures to connect, too.
  const connection = expect.anything();
  expect(groq?.breaker).toEqual({ ...(plainGroq?.breaker ?? DEFAULT_BREAKER), connection });
  expect(groq?.probe).toEqual(plainGroq?.probe);
  expect(groq?.base).toBe(plainGroq?.base);
});

test('the failover_policy block of the example is valid in place of chain and [failover]', async () => {
  const block = example
    .slice(example.indexOf('## [failover_policy]'))
    .replace(/^## /gm, '')
    .concat(
      '\n[upstreams.work-gateway]\nprovider = "anthropic-compatible"\nbase_url = "https://gateway.example.com"\n',
    );
  const { chain, settings } = await good(world({ '/here/x.toml': block }, env, { configFlag: 'x.toml' }));
  expect(chain.map(({ name }) => name)).toEqual(['anthropic', 'work-gateway']);
  expect(settings.failover.maxFailoverAttempts).toBe(1);
});
