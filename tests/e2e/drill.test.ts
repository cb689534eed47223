// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
/** `ccproxy drill`, as the compiled program plays it. */
import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { calls, text } from '../../src/drill/answers.ts';
import { type DrillReport, DrillReportSchema } from '../../src/drill/report.ts';
import { SCENARIOS } from '../../src/drill/scenarios/index.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import type { Status } from '../../src/server/status.ts';
import { binaryPath, makeFolders, runToEnd, startBinary } from '../support/binary.ts';

const LIMIT_MS = 120_000;

/** What a drill printed with `--json`, checked against its schema. */
function reportIn(stdout: string): DrillReport {
  const report: unknown = JSON.parse(stdout);
  const [problem] = Value.Errors(DrillReportSchema, report);
  if (problem !== undefined) throw new Error(`${problem.path}: ${problem.message}`);
  return report as DrillReport;
}

const CHAINS: [string, Record<string, string>, string, DrillReport['chain_from']][] = [
  ['without any key, on the default chain', {}, 'anthropic groq ollama', 'default'],
  [
    'on a chain of the environment',
    { GROQ_API_KEY: 'k', OPENAI_API_KEY: 'k' },
    'anthropic openai groq',
    'standing',
  ],
  [
    'in an emergency, without the keys',
    { PROVIDER: 'groq,openrouter,ollama' },
    'groq openrouter ollama',
    'emergency',
  ],
];

describe('every scenario passes', () => {
  test.each(CHAINS)(
    '%s',
    async (_, env, chain, from) => {
      await using folders = await makeFolders();
      const { exitCode, stdout, stderr } = await runToEnd(['drill', '--json'], env, folders, LIMIT_MS);
      const report = reportIn(stdout);
      const failed = report.scenarios.filter(({ outcome }) => outcome !== 'passed');
      expect(failed.map(({ name, findings }) => [name, ...findings])).toEqual([]);
      expect(report.chain.map(({ name }) => name).join(' ')).toBe(chain);
      expect([report.chain_from, report.passed, stderr, exitCode]).toEqual([from, SCENARIOS.length, '', 0]);
      expect(report.scenarios.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
      expect(await folders.inHome()).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'on the chain of a file whose keys are not there',
    async () => {
      await using folders = await makeFolders();
      const file = join(folders.cwd, 'mine.toml');
      await writeFile(
        file,
        [
          'chain = ["anthropic", "work", "spare", "ollama"]',
          '[failover]\nmid_stream = "stop"\nreturn_after = "1m"',
          '[server]\ntokens = ["${CLIENT_TOKEN}"]',
          '[upstreams.work]\nprovider = "openai-compatible"\nbase_url = "https://work.example/v1"',
          'api_key = "${WORK_KEY}"\nmodels = { "*" = "m" }\nheaders = { x-key = "${file:no-such-file}" }',
          '[upstreams.spare]\nprovider = "groq"',
        ].join('\n'),
      );
      const { exitCode, stdout, stderr } = await runToEnd(
        ['drill', '--json', '--config', file],
        {},
        folders,
        LIMIT_MS,
      );
      expect(stderr).toBe('');
      const report = reportIn(stdout);
      const failed = report.scenarios.filter(({ outcome }) => outcome !== 'passed');
      expect(failed.map(({ name, findings }) => [name, ...findings])).toEqual([]);
      expect([exitCode, report.chain_from, report.chain.length]).toEqual([0, 'file', 4]);
    },
    LIMIT_MS,
  );
});

describe('for people', () => {
  test('the phases, then a scorecard, without colours where there is no terminal', async () => {
    const { exitCode, stdout } = await runToEnd(['drill', 'reset-*', 'known-*', 'black-hole']);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('\x1b');
    expect(stdout).toMatch(/^\d+ outages, rehearsed on the default chain/);
    expect(stdout).toMatch(/in the answer +✓+\n/);
    expect(stdout).toMatch(/SCENARIO +FIRST CONTENT +ATTEMPTS +CLIENT SAW +BREAKER/);
    expect(stdout).toMatch(/✓ +reset-text +\d+ ms +2 +error → answer +suspect/);
    expect(stdout).toMatch(/✓ +black-hole +45\.0 s° +2 /);
    expect(stdout).toMatch(/\n\d+ passed, 0 failed, in \d+\.\d s\./);
  });

  test('a single one event by event', async () => {
    const { exitCode, stdout } = await runToEnd(['drill', 'reset-text']);
    expect(exitCode).toBe(0);
    const events = [
      'asks',
      'begins to answer',
      'reads the first words',
      'reads an error',
      'asks for a whole',
      'groq',
    ];
    for (const words of events) expect(stdout).toContain(words);
  });

  test('a list of them, also as JSON', async () => {
    const { stdout } = await runToEnd(['drill', '--list']);
    for (const { name, title } of SCENARIOS)
      expect(stdout).toMatch(new RegExp(`^${name} +.* ${RegExp.escape(title)}$`, 'm'));
    const json = await runToEnd(['drill', '--list', '--json']);
    expect(JSON.parse(json.stdout)).toHaveLength(SCENARIOS.length);
  });
});

test('a reader that has enough ends it, without a word', async () => {
  await using folders = await makeFolders();
  const script = '"$CCPROXY" drill refused 500 page | head -n 1; echo "${PIPESTATUS[0]}"';
  const child = Bun.spawn(['bash', '-c', script], {
    cwd: folders.cwd,
    env: { PATH: process.env.PATH ?? '', HOME: folders.home, CCPROXY: binaryPath() },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect([stderr, stdout]).toEqual(['', expect.stringMatching(/^3 outages, .*\n0\n$/)]);
});

describe('what is wrong is said', () => {
  test('an unknown scenario: which, what was meant, and all there are', async () => {
    const { exitCode, stdout, stderr } = await runToEnd(['drill', 'reset-txt']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('unknown scenario "reset-txt". Did you mean "reset-text"?');
    for (const { name } of SCENARIOS) expect(stderr).toContain(name);
  });

  test(
    'a chain that has no backup, once, and what needs none passes',
    async () => {
      const { exitCode, stdout } = await runToEnd(['drill'], { PROVIDER: 'groq' });
      expect(exitCode).toBe(1);
      expect(stdout.match(/scenarios: the chain has no backup/g)).toHaveLength(1);
      expect(stdout).toMatch(/✓ +gzip/);
    },
    LIMIT_MS,
  );

  test('a configuration that is not valid', async () => {
    await using folders = await makeFolders();
    await writeFile(join(folders.cwd, 'bad.toml'), 'chain = ["nobody"]');
    const { exitCode, stderr } = await runToEnd(['drill', '--config', 'bad.toml'], {}, folders);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('nobody')]);
  });
});

describe('--live', () => {
  const turn = [{ answer: calls([['Read', { file_path: 'rehearsal.txt' }]]) }, { answer: text('Done.') }];

  test('sends a small real turn through each backup, and status says when', async () => {
    await using folders = await makeFolders();
    await using groq = await startUpstream({ script: turn });
    const env = { GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: `${groq.url}/openai/v1` };
    const { exitCode, stdout, stderr } = await runToEnd(['drill', '--live'], env, folders);
    expect(stderr).toContain('some hundred tokens');
    expect(stdout).toMatch(/– +anthropic .*it takes the client's own credential/);
    expect(stdout).toMatch(/✓ +groq +\S+ +\d+ ms +\d+ ms +\d+ \+ \d+/);
    expect(exitCode).toBe(0);
    expect(groq.asked.map((asked) => asked.header('authorization'))).toEqual([
      'Bearer groq-key',
      'Bearer groq-key',
    ]);
    expect(groq.asked[0]?.ask?.stream).toBe(true);
    expect(JSON.parse(groq.asked[0]?.text() ?? '{}').tools.length).toBeGreaterThan(0);

    await using proxy = await startBinary({ env, folders });
    const status = (await (await fetch(`${proxy.url}/status`)).json()) as Status;
    const dates = status.upstreams.map(({ name, last_tested }) => [name, last_tested]);
    expect(dates).toEqual([
      ['anthropic', null],
      ['groq', expect.stringMatching(/^\d{4}-\d\d-\d\dT/)],
    ]);
    await proxy.stop();
  });

  test.each([
    ['one that does not call the tool', [{ answer: text('I would rather not.') }], 'did not call the tool'],
    ['one that refuses the key', [{ fault: { kind: 'status', status: 401 } as const }], '401'],
  ])('%s is no backup: exit 1, and no date', async (_, script, words) => {
    await using folders = await makeFolders();
    await using groq = await startUpstream({ script });
    const env = { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: `${groq.url}/openai/v1` };
    const { exitCode, stdout } = await runToEnd(['drill', '--live', '--json'], env, folders);
    const { live } = JSON.parse(stdout) as {
      live: { upstream: string; outcome: string; findings: string[] }[];
    };
    expect(live).toMatchObject([{ upstream: 'groq', outcome: 'failed' }]);
    expect(live[0]?.findings.join()).toContain(words);
    expect(stdout).not.toContain('groq-key');
    expect(exitCode).toBe(1);
    await using proxy = await startBinary({ env, folders });
    const status = (await (await fetch(`${proxy.url}/status`)).json()) as Status;
    expect(status.upstreams[0]?.last_tested).toBeNull();
    await proxy.stop();
  });

  test('an upstream that is not in the chain: exit 1, and who is', async () => {
    const env = { PROVIDER: 'groq', GROQ_API_KEY: 'k' };
    const { exitCode, stderr } = await runToEnd(['drill', '--live', 'openai'], env);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('there are: groq')]);
  });
});
