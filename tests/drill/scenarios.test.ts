/** The list of scenarios, and all of those that take no real time, on chains of every kind. */
import { describe, expect, test } from 'bun:test';
import { play } from '../../src/drill/run.ts';
import { PHASES } from '../../src/drill/scenario.ts';
import { SCENARIOS } from '../../src/drill/scenarios/index.ts';
import { type AppOptions, configurationOf } from '../support/app.ts';
import { realClock } from '../support/relay.ts';

const KEYS = { GROQ_API_KEY: 'k', OPENAI_API_KEY: 'k', OPENROUTER_API_KEY: 'k' };

test('there are enough of them, each with a name and a title of its own, in every phase', () => {
  const names = SCENARIOS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(SCENARIOS.map(({ title }) => title)).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  for (const { title } of SCENARIOS) expect(title).toMatch(/^[A-Z].*[^.]$/);
  expect(new Set(SCENARIOS.map(({ phase }) => phase))).toEqual(new Set(PHASES));
  expect(names.length).toBeGreaterThanOrEqual(40);
});

const CHAINS: [string, Pick<AppOptions, 'env' | 'file'>][] = [
  ['Anthropic, a cloud and a local model', { env: { ...KEYS, PROVIDER: 'anthropic,groq,ollama' } }],
  ['two clouds that are not Anthropic', { env: { ...KEYS, PROVIDER: 'groq,openrouter' } }],
  ['a local model and a cloud', { env: { ...KEYS, PROVIDER: 'ollama,openai' } }],
  [
    'a file with times, triggers and an ending of its own',
    {
      file: `
chain = ["anthropic", "work", "ollama"]
[failover]
mid_stream = "stop"
triggers = ["5xx"]
hedge = "8s"
return_after = "2m"
[upstreams.work]
provider = "openai-compatible"
base_url = "https://work.example/v1"
api_key = "k"
models = { "*" = "m" }
concurrency = 2
[upstreams.anthropic.probe]
enabled = false
[upstreams.anthropic.timeouts]
first_event = "10s"
idle = "20s"`,
    },
  ],
];

describe.each(CHAINS)('on %s', (_, options) => {
  const simulated = SCENARIOS.filter(({ clock }) => clock === 'simulated');
  test.each(simulated.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    const configuration = await configurationOf(options);
    const { outcome, findings } = await play(scenario, { configuration, clock: realClock });
    expect([outcome, findings]).toEqual(['passed', []]);
  });
});
