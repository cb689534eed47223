import { run } from './cli/program.ts';

// A promise that nobody waited for must not end the answers of everyone else.
process.on('unhandledRejection', (reason) => {
  const name = reason instanceof Error ? reason.message : 'unknown';
  process.stderr.write(`ccproxy: unhandled: ${name}\n`);
});

process.exitCode = await run(process.argv.slice(2));
