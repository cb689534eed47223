/** A proxy under test where a drill has ccproxy itself: real sockets, real time, and nothing known of its inside. */
import { configure } from '../../../src/config/build.ts';
import type { Ms } from '../../../src/core/failure.ts';
import type { Clock } from '../../../src/core/runtime.ts';
import type { Chain } from '../../../src/core/upstream.ts';
import { castOnPorts } from '../../../src/drill/cast.ts';
import { createClaude } from '../../../src/drill/client/claude.ts';
import type { Scenario } from '../../../src/drill/scenario.ts';
import { inTime, type Stage } from '../../../src/drill/stage.ts';
import { createTimeline } from '../../../src/drill/timeline.ts';
import { anthropic } from '../../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../../src/wire/dialects/openai-chat/index.ts';
import { MODEL, type Rival } from './rivals/rival.ts';

/**
 * How long a silent upstream is waited for where there is a setting, and how long the client waits for anything: a thirtieth
 * of what ccproxy's `idle` and Claude Code have by default, so that silence can be watched to its end.
 */
export const PATIENCE_MS: Ms = 3_000;
export const CLIENT_SILENCE_MS: Ms = 10_000;
/** What takes its own time, which no client would give up. */
const UNSCALED = new Set(['20-s-to-the-first-word']);
/** Of a client that is refused: enough to see whether it helps. */
const RETRIES = 2;
/** Longer than any scenario. */
const LIMIT_MS: Ms = 15 * 60_000;

const clock: Clock = {
  now: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The proxy in front of two scripted upstreams, after one request that was answered. */
export async function openRivalStage(rival: Rival, { name }: Pick<Scenario, 'name'>): Promise<Stage> {
  const configuration = await configurationFor(rival);
  const actors = await castOnPorts(
    configuration.chain,
    rival.ports && [rival.ports.primary, rival.ports.backup],
  );
  const [primary, backup] = actors.map(({ upstream }) => new URL(upstream.base).origin);
  if (primary === undefined || backup === undefined) throw new Error('a primary and a backup are needed');
  const running = await rival.start({ primary, backup, patienceMs: PATIENCE_MS });
  const silenceMs = UNSCALED.has(name) ? 30 * CLIENT_SILENCE_MS : CLIENT_SILENCE_MS;
  const clients = { model: MODEL, headers: running.headers, retries: RETRIES, silenceMs };
  const stage: Stage = {
    isOurs: false,
    clients,
    configuration,
    clock,
    timeline: createTimeline(clock),
    actors,
    gates: { held: () => 0, waiting: 0 },
    carry: ({ headers, body, signal }) =>
      fetch(`${running.baseUrl}/v1/messages?beta=true`, {
        method: 'POST',
        headers,
        body,
        signal,
        proxy: false,
      }),
    run: (done, limitMs = LIMIT_MS) => inTime(done, limitMs, clock),
    pass: (ms) => Bun.sleep(ms),
    status: () => Promise.reject(new Error('only ccproxy says how its upstreams stand')),
    cutOff() {
      throw new Error('a wire can be cut in a simulation only');
    },
    async begin() {
      for (let tries = 0; tries < 10; tries += 1) {
        const first = createClaude({ ...clients, clock, carry: stage.carry, session: `first-${tries}` });
        if ((await first.turn('Go on.')).isFinished) return;
        await Bun.sleep(500);
      }
      throw new Error(`${rival.name} answers nothing, although both upstreams are well`);
    },
    async end() {
      await running[Symbol.asyncDispose]();
      await Promise.all(actors.map((actor) => actor.stop()));
    },
  };
  return stage;
}

/** What the scenarios have to know of the two: what they speak, and how long they are waited for. */
async function configurationFor({ backupDialect }: Rival) {
  const patience = `timeouts = { first_event = "${PATIENCE_MS}ms", idle = "${PATIENCE_MS}ms" }\nprobe = { enabled = false }`;
  const provider = backupDialect === 'anthropic' ? 'anthropic-compatible' : 'openai-compatible';
  const file = `
[upstreams.primary]
provider = "anthropic"
base_url = "http://127.0.0.1:1"
${patience}
[upstreams.backup]
provider = "${provider}"
base_url = "http://127.0.0.1:1/v1"
${patience}`;
  const result = await configure({
    env: {},
    read: async (path) => (path === '/bench.toml' ? file : null),
    keychain: async () => null,
    cwd: '/',
    home: '/',
    answers: async () => false,
    dialects: { anthropic, 'openai-chat': openaiChat },
    configFlag: '/bench.toml',
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.configuration as typeof result.configuration & { chain: Chain };
}
