/**
 * `bun scripts/bench/failover/rivals/smoke.ts [NAME…]`: every rival in front of two scripted upstreams, what a streamed and
 * a whole request come to while the primary is well and in some outages. For whoever changes a rival's configuration.
 */
import { join } from 'node:path';
import { text } from '../../../../src/drill/answers.ts';
import type { Point } from '../../../../src/drill/plan.ts';
import type { Script } from '../../../../src/drill/script.ts';
import { startUpstream } from '../../../../src/drill/upstream.ts';
import { stopAll } from '../../processes.ts';
import { ccproxy } from './ccproxy.ts';
import { claudeCodeRouter } from './claude-code-router.ts';
import { portkey } from './portkey.ts';
import { MODEL, type Rival, type RunningRival } from './rival.ts';

const PROGRAM = join(import.meta.dir, '..', '..', '..', '..', 'dist', 'ccproxy');
const RIVALS: readonly Rival[] = [ccproxy(PROGRAM, 'dist'), claudeCodeRouter(), portkey];
const PATIENCE_MS = 3_000;
const ENDS_WITHIN_MS = 20_000;

/** Long enough to be cut in the middle. */
const PRIMARY = { answer: text('The primary has an answer of some length to this.') };
const BACKUP = { answer: text('The backup has an answer of some length to this.') };

/** After the first content of a stream, and after the first half of a whole answer. */
const halfWay = (stream: boolean): Point => (stream ? { after: 'text_delta' } : 2);

const OUTAGES: Record<string, (stream: boolean) => Script> = {
  healthy: () => PRIMARY,
  'answers 500': () => ({ fault: { kind: 'status', status: 500 } }),
  'refuses connections': () => 'refuse',
  'never answers': () => ({ fault: { kind: 'black-hole' } }),
  'is cut half-way': (stream) => ({
    ...PRIMARY,
    fault: { kind: 'cut', after: halfWay(stream), clean: false },
  }),
  'stalls half-way': (stream) => ({ ...PRIMARY, fault: { kind: 'stall', after: halfWay(stream) } }),
};

const TOOL = {
  name: 'read',
  description: 'Reads a file.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
};

async function ask({ baseUrl, headers }: RunningRival, stream: boolean): Promise<string> {
  const startedAt = performance.now();
  const messages = [{ role: 'user', content: 'What is in it?' }];
  const seconds = () => `${((performance.now() - startedAt) / 1_000).toFixed(2)} s`;
  try {
    const response = await fetch(`${baseUrl}/v1/messages?beta=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers },
      body: JSON.stringify({ model: MODEL, max_tokens: 1024, stream, tools: [TOOL], messages }),
      signal: AbortSignal.timeout(ENDS_WITHIN_MS),
      proxy: false,
      keepalive: false,
    });
    const body = await bodyOf(response);
    return `${response.status} ${seconds()} ${said(body, stream)}`;
  } catch (error) {
    return `${String(error)} ${seconds()}`;
  }
}

/** All that came of it, and how it broke off where it did. */
async function bodyOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let body = '';
  try {
    for await (const bytes of response.body ?? []) body += decoder.decode(bytes, { stream: true });
  } catch (error) {
    return `${body}\n[broken off: ${String(error)}]`;
  }
  return body;
}

function said(body: string, stream: boolean): string {
  const words = [...body.matchAll(/"text":"([^"]*)"/g)].map(([, piece]) => piece).join('');
  const ends: Record<string, boolean> = {
    whole: stream ? body.includes('"message_stop"') : body.includes('"stop_reason"'),
    'an error event': body.includes('event: error'),
    'broken off': body.includes('[broken off'),
  };
  const ending = Object.keys(ends).filter((end) => ends[end]);
  return words === '' && ending.length === 0 ? body.slice(0, 120) : `«${words}» ${ending.join(', ')}`;
}

/** A proxy that remembers an outage would not show what the next one does to it. */
async function smoke(rival: Rival, name: string, script: (stream: boolean) => Script): Promise<void> {
  await using primary = await startUpstream({ script: PRIMARY });
  await using backup = await startUpstream({ script: BACKUP });
  const upstreams = { primary: primary.url, backup: backup.url, patienceMs: PATIENCE_MS };
  for (const stream of [false, true]) {
    await using running = await rival.start(upstreams);
    await primary.play(PRIMARY);
    await ask(running, stream);
    await primary.play(script(stream));
    const before = [primary.asked.length, backup.asked.length] as const;
    const came = await ask(running, stream);
    const asked = `asked ${primary.asked.length - before[0]} + ${backup.asked.length - before[1]}`;
    console.log(`${rival.name} | ${name} | ${stream ? 'streamed' : 'whole'} | ${came} | ${asked}`);
  }
}

const chosen = RIVALS.filter(({ name }) => process.argv.length < 3 || process.argv.includes(name));
try {
  for (const rival of chosen) {
    await rival.prepare();
    for (const [name, script] of Object.entries(OUTAGES)) await smoke(rival, name, script);
  }
} finally {
  await stopAll();
}
