/** Where the project lies, what its package.json says, and how these scripts talk to the developer. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The one version of Bun that builds, tests and runs this project. */
export const PINNED_BUN = manifest.devDependencies.bun;

/** A reason to stop that the developer can act on; shown without a stack. */
export class Trouble extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** One line for the developer: on stderr, because stdout belongs to the program that is started. */
export function say(line) {
  process.stderr.write(`ccproxy: ${line}\n`);
}
