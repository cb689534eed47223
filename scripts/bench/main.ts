/**
 * `npm run bench [-- PART…] [--write]`: measures dist/ccproxy, prints the report, and writes it to docs/benchmarks.md only
 * when asked to, and only a whole one. Wants an otherwise idle machine. The parts, all of them where none is named:
 * - `speed`: against a direct connection, a bare pipe and nginx (`--nginx PROGRAM`, or the one of this machine where it has
 *   one); a minute or two. `--others`: also claude-code-router and the Portkey gateway, from npm; several minutes.
 *   `--before PROGRAM`: also another build of ccproxy
 * - `streams`: what reading an answer costs, by its length; about a minute
 * - `outage`: what a primary costs that is known to be down; about two minutes
 * - `soak`: many requests with faults and clients that leave, at most four minutes; `--requests N`, `--seconds N` and
 *   `--seed N` change how many, for how long, and which. Exits 1 when a client never saw an end or an upstream stays out
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SECTION } from './failover/report.ts';
import { measurePassthrough, measureStart, measureTranslation, type Programs } from './measure.ts';
import { nginxProgram } from './nginx.ts';
import { measureOutages } from './outage.ts';
import { outageReport } from './outage-report.ts';
import { stopAll } from './processes.ts';
import { preface, report } from './report.ts';
import { readSection } from './sections.ts';
import { soak } from './soak.ts';
import { failuresOf, soakReport } from './soak-report.ts';
import { measureStreams } from './streams.ts';
import { streamsReport } from './streams-report.ts';

const REPORT = join(import.meta.dir, '..', '..', 'docs', 'benchmarks.md');

/** `ccproxy 0.1.0, commit …`. */
function buildOf(program: string): string {
  const { stdout } = Bun.spawnSync([program, 'version', '--json']);
  const { version, commit } = JSON.parse(stdout.toString()) as { version: string; commit: string };
  return `ccproxy ${version}, commit ${commit}`;
}

async function speed(programs: Programs): Promise<string[]> {
  console.error('bench: start');
  const start = await measureStart(programs);
  console.error('bench: native passthrough');
  const passthrough = await measurePassthrough(programs);
  console.error('bench: translation');
  const translation = await measureTranslation(programs);
  const { before } = programs;
  return report({
    start,
    passthrough,
    translation,
    ...(before === undefined ? {} : { before: buildOf(before) }),
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ccproxy: { type: 'string', default: 'dist/ccproxy' },
    bare: { type: 'string', default: 'dist/bench/bare-pipe' },
    before: { type: 'string' },
    nginx: { type: 'string' },
    others: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    requests: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '240' },
    seed: { type: 'string', default: '1' },
  },
});
const programs: Programs = {
  ccproxy: resolve(values.ccproxy),
  bare: resolve(values.bare),
  nginx: nginxProgram(values.nginx),
  withOthers: values.others,
  ...(values.before === undefined ? {} : { before: resolve(values.before) }),
};

const PARTS: Record<string, () => Promise<string[]>> = {
  speed: () => speed(programs),
  streams: async () => streamsReport(measureStreams()),
  outage: async () => outageReport(await measureOutages(programs.ccproxy)),
  soak: async () => {
    const { requests, seconds, seed } = values;
    const result = await soak(programs.ccproxy, {
      requests: Number(requests),
      seconds: Number(seconds),
      seed: Number(seed),
    });
    if (failuresOf(result).length > 0) process.exitCode = 1;
    return soakReport(result);
  },
};

function chosen(): string[] {
  const names = positionals.length === 0 ? Object.keys(PARTS) : positionals;
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0)
    throw new Error(`no part "${unknown.join(', ')}"; there are: ${Object.keys(PARTS).join(', ')}`);
  if (values.write && names.length < Object.keys(PARTS).length)
    throw new Error('--write writes a whole report: leave out the names of parts');
  return names;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    await stopAll();
    process.exit(1);
  });
}

try {
  const sections: string[] = [];
  for (const name of chosen()) sections.push(...((await PARTS[name]?.()) ?? []));
  const text = [...preface(), ...sections].join('\n');
  console.log(text);
  if (values.write) {
    const kept = await readSection(REPORT, SECTION);
    await Bun.write(REPORT, kept === '' ? text : `${text.trimEnd()}\n\n${kept}\n`);
  }
} finally {
  await stopAll();
}
