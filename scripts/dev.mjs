#!/usr/bin/env node
/**
 * Everything a developer types: `npm start`, `npm test`, `npm run build|check|test:e2e|bench|models`, or the same with
 * `bun run`. Each does its own set-up first, so a fresh clone needs no other step. Plain ESM without dependencies: it
 * runs before anything is installed, on Node 18 and later and on Bun (whose `node` shim runs it where there is no Node).
 */
import { bench, benchFailover, build, check, e2e, models, start, test } from './dev/commands.mjs';
import { say, Trouble } from './dev/project.mjs';

const COMMANDS = { start, test, build, check, e2e, bench, 'bench:failover': benchFailover, models };

async function main([name = '', ...args]) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    say(`usage: node scripts/dev.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
    return 2;
  }
  try {
    return await command(args);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    say(error.message);
    return error.exitCode;
  }
}

process.exitCode = await main(process.argv.slice(2));
