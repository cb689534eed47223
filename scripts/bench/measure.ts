/**
 * The measurements. Rounds are interleaved, each in another order, so that whatever else the machine does hits every
 * target alike; only ratios within one run mean anything.
 */
import { join } from 'node:path';
import { perSecond, quantile } from './figures.ts';
import type { Load, Measured } from './load.ts';
import { nginxVersion, startNginx } from './nginx.ts';
import { type LoadTarget, startOthers } from './others.ts';
import { processorSeconds, type Running, residentMegabytes, start } from './processes.ts';

export interface Programs {
  ccproxy: string;
  bare: string;
  /** Another build of ccproxy, to compare with. */
  before?: string;
  /** Null where this machine has none. */
  nginx: string | null;
  /** Whether other proxies are measured, too. */
  withOthers: boolean;
}

export interface Shape {
  streamed: boolean;
  connections: number;
}

export interface Scenario extends Shape {
  /** By target, one entry per round. */
  rounds: Record<string, Measured[]>;
}

const ROUNDS = 12;
/** Requests of each kind before the first round. */
const WARM_UP = 1000;
/** Requests per round, by connections. */
const REQUESTS: Record<number, number> = { 1: 50, 16: 200 };
const SHAPES: Shape[] = [1, 16].flatMap((connections) => [
  { streamed: false, connections },
  { streamed: true, connections },
]);

export const DELTAS = 300;
const LONG_ANSWER_DELTAS = 5000;
const LONG_ANSWERS = 100;
/** So many deltas arrive together: what is measured is the translation, not the kernel's reads and writes. */
const LONG_ANSWER_BURST = 50;
const STARTS = 15;

async function load(shape: Load): Promise<Measured> {
  const child = Bun.spawn(
    [process.execPath, '--no-env-file', join(import.meta.dir, 'load.ts'), JSON.stringify(shape)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const printed = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`the load on ${shape.url} failed`);
  return JSON.parse(printed);
}

function upstream(deltas: number, burst = 1): Promise<Running> {
  return start([
    process.execPath,
    '--no-env-file',
    join(import.meta.dir, 'upstream.ts'),
    '--deltas',
    String(deltas),
    '--burst',
    String(burst),
  ]);
}

const native = ({ url }: Running) => ({ CCPROXY_ANTHROPIC_BASE_URL: url });

const translated = ({ url }: Running) => ({
  PROVIDER: 'openai-compatible',
  OPENAI_COMPATIBLE_BASE_URL: `${url}/v1`,
  OPENAI_COMPATIBLE_API_KEY: 'sk-test',
  OPENAI_COMPATIBLE_MODEL: 'bench',
});

/** Every shape of load on every target, by the target's name. */
async function scenarios(targets: Record<string, LoadTarget>): Promise<Scenario[]> {
  const all: Scenario[] = [];
  // What is compiled as it runs has to have run.
  for (const target of Object.values(targets)) {
    for (const streamed of [false, true])
      await load({ ...target, streamed, connections: 1, requests: 1, warmUp: WARM_UP });
  }
  for (const shape of SHAPES) {
    const rounds: Record<string, Measured[]> = {};
    const names = Object.keys(targets);
    const requests = REQUESTS[shape.connections] ?? 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const index of names.keys()) {
        const name = names[(index + round) % names.length] ?? '';
        const target = targets[name];
        if (target === undefined) continue;
        const measured = await load({ ...shape, ...target, requests, warmUp: 4 * shape.connections + 20 });
        rounds[name] = [...(rounds[name] ?? []), measured];
      }
    }
    all.push({ ...shape, rounds });
  }
  return all;
}

export interface Passthrough {
  scenarios: Scenario[];
  /** Resident megabytes after all of the load, by target. */
  memory: Record<string, number>;
}

const MESSAGES = '/v1/messages';

function at({ url, headers = {} }: LoadTarget, path: string): LoadTarget {
  return { url: url + path, headers };
}

/** What is measured as ccproxy is, by name. */
function builds({ ccproxy, before }: Programs): [name: string, program: string][] {
  return [['ccproxy', ccproxy], ...(before === undefined ? [] : [['before', before] as [string, string]])];
}

async function startBuilds(
  programs: Programs,
  env: Record<string, string>,
): Promise<Record<string, Running>> {
  const started: Record<string, Running> = {};
  for (const [name, program] of builds(programs)) started[name] = await start([program], env);
  return started;
}

function each<A, B>(of: Readonly<Record<string, A>>, make: (one: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(of).map(([name, one]) => [name, make(one)]));
}

/** Anthropic in, Anthropic out: direct, through the bare pipe, through ccproxy, and through what else there is. */
export async function measurePassthrough(programs: Programs): Promise<Passthrough> {
  const { bare, nginx, withOthers } = programs;
  const source = await upstream(DELTAS);
  const pipe = await start([bare], native(source));
  const proxies = await startBuilds(programs, native(source));
  const server = nginx === null ? null : await startNginx(nginx, source.url);
  const others = withOthers ? await startOthers(source.url, 'anthropic') : [];
  const measured = await scenarios({
    direct: at(source, MESSAGES),
    'bare pipe': at(pipe, MESSAGES),
    ...(server === null || nginx === null ? {} : { [nginxVersion(nginx)]: at(server, MESSAGES) }),
    ...each(proxies, (proxy) => at(proxy, MESSAGES)),
    ...Object.fromEntries(others.map((other) => [other.name, at(other, MESSAGES)])),
  });
  const memory = { 'bare pipe': residentMegabytes(pipe), ...each(proxies, residentMegabytes) };
  const all = [source, pipe, ...Object.values(proxies), ...(server === null ? [] : [server]), ...others];
  await Promise.all(all.map((process) => process.stop()));
  return { scenarios: measured, memory };
}

export interface Translation {
  scenarios: Scenario[];
  /** Resident megabytes after all of the load, by build. */
  memory: Record<string, number>;
  /** By build. */
  deltas: Record<string, Deltas>;
}

/** Deltas translated per second of the clock, and per second of processor time where the system tells it. */
export interface Deltas {
  perSecond: number;
  perProcessorSecond: number | undefined;
}

/** Anthropic in, OpenAI chat completions out and back. */
export async function measureTranslation(programs: Programs): Promise<Translation> {
  const source = await upstream(DELTAS);
  const proxies = await startBuilds(programs, translated(source));
  const others = programs.withOthers ? await startOthers(source.url, 'openai-chat') : [];
  const measured = await scenarios({
    direct: at(source, '/v1/chat/completions'),
    ...each(proxies, (proxy) => at(proxy, MESSAGES)),
    ...Object.fromEntries(others.map((other) => [other.name, at(other, MESSAGES)])),
  });
  const memory = each(proxies, residentMegabytes);
  const all = [source, ...Object.values(proxies), ...others];
  await Promise.all(all.map((process) => process.stop()));
  const deltas: Record<string, Deltas> = {};
  for (const [name, program] of builds(programs)) deltas[name] = await measureDeltas(program);
  return { scenarios: measured, memory, deltas };
}

async function measureDeltas(ccproxy: string): Promise<Deltas> {
  const source = await upstream(LONG_ANSWER_DELTAS, LONG_ANSWER_BURST);
  const proxy = await start([ccproxy], translated(source));
  const shape = { url: `${proxy.url}/v1/messages`, streamed: true, connections: 4 };
  await load({ ...shape, requests: 1, warmUp: 20 });
  const before = processorSeconds(proxy);
  const measured = await load({ ...shape, requests: LONG_ANSWERS, warmUp: 0 });
  const after = processorSeconds(proxy);
  await Promise.all([source, proxy].map((process) => process.stop()));
  return {
    perSecond: perSecond(measured) * LONG_ANSWER_DELTAS,
    perProcessorSecond:
      before === undefined || after === undefined
        ? undefined
        : (LONG_ANSWERS * LONG_ANSWER_DELTAS) / (after - before),
  };
}

/** Milliseconds from start to first answer, the median of many starts, by target. */
export async function measureStart(all: Programs): Promise<Record<string, number>> {
  const source = await upstream(1);
  const programs = { 'bare pipe': all.bare, ...Object.fromEntries(builds(all)) };
  const times: Record<string, number[]> = {};
  for (let round = 0; round < STARTS; round += 1) {
    for (const [name, program] of Object.entries(programs)) {
      const process = await start([program], native(source));
      times[name] = [...(times[name] ?? []), process.readyAfter];
      await process.stop();
    }
  }
  await source.stop();
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, quantile(list, 0.5)]));
}
