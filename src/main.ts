import { allowManyRequests } from './cli/many-requests.ts';

// Before anything large is loaded: it would be loaded twice.
const ended = await allowManyRequests();
if (ended !== null) process.exit(ended);
const [{ run }, { endSoon, endWithReader }] = await Promise.all([
  import('./cli/program.ts'),
  import('./cli/print.ts'),
]);
endWithReader();
process.exitCode = await run(process.argv.slice(2));
endSoon();
