import { allowManyRequests } from './cli/many-requests.ts';

// Before anything large is loaded: it would be loaded twice.
allowManyRequests();
const { run } = await import('./cli/program.ts');
process.exitCode = await run(process.argv.slice(2));
