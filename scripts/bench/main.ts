/**
 * `npm run bench [-- --write]`: measures dist/ccproxy against a direct connection and a bare pipe, prints the report, and
 * writes it to docs/benchmarks.md only when asked to. Takes a minute or two; wants an otherwise idle machine.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measurePassthrough, measureStart, measureTranslation, type Programs } from './measure.ts';
import { stopAll } from './processes.ts';
import { report } from './report.ts';

const REPORT = join(import.meta.dir, '..', '..', 'docs', 'benchmarks.md');

async function run(programs: Programs): Promise<string> {
  console.error('bench: start');
  const start = await measureStart(programs);
  console.error('bench: native passthrough');
  const passthrough = await measurePassthrough(programs);
  console.error('bench: translation');
  const translation = await measureTranslation(programs);
  return report({ start, passthrough, translation });
}

const { values } = parseArgs({
  options: {
    ccproxy: { type: 'string', default: 'dist/ccproxy' },
    bare: { type: 'string', default: 'dist/bench/bare-pipe' },
    write: { type: 'boolean', default: false },
  },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    await stopAll();
    process.exit(1);
  });
}

try {
  const text = await run({ ccproxy: resolve(values.ccproxy), bare: resolve(values.bare) });
  console.log(text);
  if (values.write) await Bun.write(REPORT, text);
} finally {
  await stopAll();
}
