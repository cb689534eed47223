/**
 * What a known outage costs: a chain of a primary that is down and a backup, beside the backup alone, in interleaved
 * rounds. The load leaves the machine room to breathe: what is measured is the detour, not the queue in front of it.
 */
import { join } from 'node:path';
import type { Answered, Conversations } from './conversations.ts';
import {
  type DeadPrimary,
  mostWithin,
  OPEN_MS,
  startDeadPrimary,
  WAYS_TO_BE_DOWN,
  type WayToBeDown,
} from './dead-primary.ts';
import { type Running, start } from './processes.ts';
import { statesOf } from './state-of.ts';

const ROUNDS = 10;
/** 5,000 requests to each of both chains. */
const LOAD = { conversations: 50, requests: 10, pauseMs: 100 };
/** Each a conversation of its own: in the middle of a turn one stays with whoever answers it. */
const LONE = { conversations: 1, requests: 1, warmUp: 0, pauseMs: 0, seed: 0 };
/** Of the backup's answer. */
const DELTAS = 10;
/** More failures than any breaker needs. */
const MOST_FAILURES = 20;

export interface Outage {
  name: string;
  /** One entry per round. */
  withDead: Answered[][];
  alone: Answered[][];
  /** What reached the primary after its breaker had opened. */
  reached: {
    requests: number;
    /** The most in a time for which the primary has to be left alone: once such a time is over, one may try. */
    mostAtOnce: number;
    probes: number;
    /** Seconds in which they came. */
    seconds: number;
  };
}

function configuration(backup: Running, primary?: DeadPrimary): Record<string, string> {
  const tried = `
[upstreams.primary]
provider = "anthropic"
base_url = "${primary?.url}"
timeouts = { connect = "1s", first_event = "1s" }
breaker = { open = "${OPEN_MS}ms", open_max = "${OPEN_MS}ms" }
probe = { interval = "1s", timeout = "500ms" }
`;
  const toml = `
chain = [${primary === undefined ? '' : '"primary", '}"backup"]
${primary === undefined ? '' : tried}
[upstreams.backup]
provider = "anthropic-compatible"
base_url = "${backup.url}"
api_key = "sk-backup"
`;
  return { 'ccproxy.toml': toml };
}

async function load(shape: Conversations): Promise<Answered[]> {
  const script = join(import.meta.dir, 'conversations.ts');
  const child = Bun.spawn([process.execPath, '--no-env-file', script, JSON.stringify(shape)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`the conversations on ${shape.url} failed`);
  return JSON.parse(printed);
}

/** Requests, until the primary's breaker has opened. */
async function tripPrimary({ url }: Running): Promise<void> {
  for (let failures = 0; failures < MOST_FAILURES; failures += 1) {
    await load({ ...LONE, url: `${url}/v1/messages`, name: `trip-${failures}` });
    const state = (await statesOf(url)).primary;
    if (state !== 'closed' && state !== 'suspect') return;
  }
  throw new Error(`the primary's breaker does not open in ${MOST_FAILURES} requests`);
}

async function measureOne(way: WayToBeDown, ccproxy: string, backup: Running): Promise<Outage> {
  const primary = startDeadPrimary(way);
  const withDead = await start([ccproxy], {}, configuration(backup, primary));
  const alone = await start([ccproxy], {}, configuration(backup));
  const outage: Outage = {
    name: way.name,
    withDead: [],
    alone: [],
    reached: { requests: 0, mostAtOnce: 0, probes: 0, seconds: 0 },
  };
  await tripPrimary(withDead);
  primary.forget();
  const trippedAt = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    const warmUp = round === 0 ? 3 : 1;
    const targets = [
      { running: withDead, answers: outage.withDead },
      { running: alone, answers: outage.alone },
    ];
    for (const { running, answers } of round % 2 === 0 ? targets : targets.toReversed()) {
      answers.push(
        await load({ ...LOAD, url: `${running.url}/v1/messages`, name: 'bench', warmUp, seed: round }),
      );
    }
  }
  outage.reached = {
    requests: primary.asked.length,
    mostAtOnce: mostWithin(primary.asked, way.aloneMs),
    probes: primary.probes,
    seconds: (performance.now() - trippedAt) / 1_000,
  };
  await Promise.all([withDead.stop(), alone.stop(), primary.stop()]);
  return outage;
}

/** Every way to be down, one after the other. */
export async function measureOutages(ccproxy: string): Promise<Outage[]> {
  const upstream = join(import.meta.dir, 'upstream.ts');
  const backup = await start([process.execPath, '--no-env-file', upstream, '--deltas', String(DELTAS)]);
  const outages: Outage[] = [];
  for (const way of WAYS_TO_BE_DOWN) {
    console.error(`bench: outage, a primary that: ${way.name}`);
    outages.push(await measureOne(way, ccproxy, backup));
  }
  await backup.stop();
  return outages;
}
