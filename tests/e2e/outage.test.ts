/** An outage from its first second to the way home, as the real client and fifty conversations see it. */
import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import type { Script } from '../../src/drill/script.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from '../../src/drill/upstream.ts';
import type { Status } from '../../src/server/status.ts';
import { type Binary, makeFolders, startBinary } from '../support/binary.ts';
import { runClaude } from '../support/claude.ts';

const LIMIT_MS = 120_000;
const WELL: Script = { answer: text('Anthropic.') };
const DOWN: Script = { fault: { kind: 'status', status: 500 } };

/** Times in which an outage goes by in seconds. */
async function configured(anthropic: ScriptedUpstream, backup: ScriptedUpstream, open = '1s') {
  const folders = await makeFolders();
  const file = join(folders.home, 'chain.toml');
  await writeFile(
    file,
    `chain = ["anthropic", "backup"]
[failover]
return_after = "1s"
[upstreams.anthropic]
provider = "anthropic"
base_url = "${anthropic.url}"
breaker = { open = "${open}" }
probe = { interval = "1s", timeout = "500ms" }
[upstreams.backup]
provider = "openai-compatible"
base_url = "${backup.url}/v1"
models = { "*" = "big" }
`,
  );
  return { folders, args: ['--config', file] };
}

async function stateOf({ url }: Binary, name = 'anthropic'): Promise<string | undefined> {
  const { upstreams } = (await (await fetch(`${url}/status`)).json()) as Status;
  return upstreams.find((upstream) => upstream.name === name)?.state;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(20);
}

const DEAD: [how: string, options: UpstreamOptions][] = [
  ['refuses connections', { script: 'refuse' }],
  ['takes requests and says nothing', { asideFault: { kind: 'black-hole' } }],
  ['answers everything with 503', { asideFault: { kind: 'status', status: 503 } }],
  ['resets every connection', { asideFault: { kind: 'reset' } }],
];

test.each(DEAD)(
  'an Anthropic that %s is out of the way before the first request, without any',
  async (_, options) => {
    await using anthropic = await startUpstream(options);
    await using backup = await startUpstream({ script: { answer: text('The backup.') } });
    const given = await configured(anthropic, backup, '1m');
    await using folders = given.folders;
    await using proxy = await startBinary({ args: given.args, folders });
    await until(async () => (await stateOf(proxy)) === 'open');
    const { exitCode, report } = await runClaude({ baseUrl: proxy.url, prompt: 'hello' });
    expect([exitCode, report?.result]).toEqual([0, 'The backup.']);
    expect(anthropic.asked).toHaveLength(0);
    // Nothing that looked for life carried the client's credential, or asked a model.
    const credentials = new Set(['x-api-key', 'authorization']);
    for (const { headers } of anthropic.requests) {
      expect(headers.filter(([name]) => credentials.has(name.toLowerCase()))).toEqual([]);
    }
  },
  LIMIT_MS,
);

test(
  'the real client meets no outage: its answers come from the backup, and from Anthropic when that is back',
  async () => {
    await using anthropic = await startUpstream({ script: WELL });
    await using backup = await startUpstream({ script: { answer: text('The backup.') } });
    const given = await configured(anthropic, backup);
    await using folders = given.folders;
    await using proxy = await startBinary({ args: given.args, folders });
    const said = async () => {
      const { exitCode, report } = await runClaude({ baseUrl: proxy.url, prompt: 'hello' });
      expect(exitCode).toBe(0);
      return report?.result;
    };
    expect(await said()).toBe('Anthropic.');
    await anthropic.play(DOWN);
    expect([await said(), await said()]).toEqual(['The backup.', 'The backup.']);
    await anthropic.play(WELL);
    // A new conversation tries Anthropic; once it has been well for a second, it serves again.
    await until(async () => (await said()) === 'Anthropic.');
    await until(async () => (await stateOf(proxy)) === 'closed');
    await Bun.sleep(1_200);
    expect(await said()).toBe('Anthropic.');
    await proxy.stop();
  },
  LIMIT_MS,
);

test(
  'fifty conversations at once: a dead Anthropic gets no request but one in each half-open time',
  async () => {
    await using anthropic = await startUpstream({ script: DOWN });
    await using backup = await startUpstream({ script: { answer: text('The backup.') } });
    const given = await configured(anthropic, backup);
    await using folders = given.folders;
    await using proxy = await startBinary({ args: given.args, folders });
    const ask = async (session: number) => {
      const response = await fetch(`${proxy.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': 'k', 'x-claude-code-session-id': `s${session}` },
        body: '{"model":"claude-opus-4-8","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}',
      });
      expect(await response.text()).toContain('The backup.');
      return response.headers.get('x-ccproxy-upstream');
    };
    while ((await stateOf(proxy)) !== 'open') await ask(0);
    const tripped = anthropic.asked.length;
    const begun = Date.now();
    const conversation = async (session: number) => {
      for (let turn = 0; turn < 40; turn += 1) expect(await ask(session)).toBe('backup');
    };
    await Promise.all(Array.from({ length: 50 }, (_, session) => conversation(session)));
    // Open times are at least 0.8 s, and double.
    const windows = Math.ceil(Math.log2((Date.now() - begun) / 800 + 1)) + 1;
    expect(anthropic.asked.length - tripped).toBeLessThanOrEqual(windows);
    expect(backup.asked.length).toBeGreaterThanOrEqual(2_000);
  },
  LIMIT_MS,
);
