/**
 * `npm run models [-- URL | FILE --as-of YYYY-MM-DD]`: writes the snapshot of models.dev that ccproxy carries,
 * `src/providers/models.gen.ts`. Without an argument the data is today's; of a file it has to be said of which day it is.
 * Exits 1 when the data cannot be had or is not what it should be (the snapshot then stays as it was), 2 for wrong usage.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BadModelData, distill, SOURCE } from './distill.ts';

const SNAPSHOT = join(import.meta.dir, '..', '..', 'src', 'providers', 'models.gen.ts');
const USAGE = 'usage: npm run models [-- URL | FILE --as-of YYYY-MM-DD]';

function fail(message: string, exitCode = 1): never {
  console.error(`models: ${message}`);
  process.exit(exitCode);
}

function given() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { 'as-of': { type: 'string' }, out: { type: 'string' } },
    });
    return { ...values, from: positionals[0] ?? SOURCE, isOne: positionals.length <= 1 };
  } catch {
    return fail(USAGE, 2);
  }
}

async function read(from: string): Promise<string> {
  try {
    if (!/^https?:/.test(from)) return await Bun.file(from).text();
    const answer = await fetch(from, { signal: AbortSignal.timeout(60_000) });
    return answer.ok ? await answer.text() : fail(`${from}: status ${answer.status}`);
  } catch (error) {
    return fail(`${from}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parse(from: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail(`${from}: it is not JSON`);
  }
}

const { from, isOne, out = SNAPSHOT, 'as-of': said } = given();
if (!isOne) fail(USAGE, 2);
const asOf = said ?? new Date().toISOString().slice(0, 10);
const isFile = !/^https?:/.test(from);
if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf) || (isFile && said === undefined))
  fail(`--as-of says of which day the data is: YYYY-MM-DD\n${USAGE}`, 2);
const data = parse(from, await read(from));
try {
  const text = distill(data, asOf);
  await Bun.write(out, text);
  console.error(`models: ${text.split('\n').length} lines, ${text.length} bytes in ${out}`);
} catch (error) {
  if (!(error instanceof BadModelData)) throw error;
  fail(`${from}: ${error.message}`);
}
