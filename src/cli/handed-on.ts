import { closeSync, fstatSync, readlinkSync } from 'node:fs';

/** Where a shell says that a command finds something: `<(…)` is one of these. */
const NAMED = /\/(?:dev|proc\/self)\/fd\/(\d{1,4})(?!\d)/g;
const FIRST = 3;

/**
 * The descriptors above stderr that a command's words name, in order. Bun closes whatever it is not told to hand on, and does not
 * tell what it was given from what it has opened itself. To be asked before anything is opened.
 */
export function namedDescriptors(words: readonly string[]): number[] {
  const numbers = words.flatMap((word) => [...word.matchAll(NAMED)].map(([, number]) => Number(number)));
  return [...new Set(numbers)].filter((number) => number >= FIRST && isGiven(number)).sort((a, b) => a - b);
}

function isGiven(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
  } catch {
    return false;
  }
  return !isOfEventLoop(descriptor);
}

/** What Linux shows without a name in the file system is Bun's own. */
function isOfEventLoop(descriptor: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('anon_inode:');
  } catch {
    return false;
  }
}

/** What `stdio` of a spawned process is, so that it has these, under the numbers that they have here. */
export function handedOn(descriptors: readonly number[]): (number | undefined)[] {
  const entries: (number | undefined)[] = [];
  for (const descriptor of descriptors) entries[descriptor - FIRST] = descriptor;
  return Array.from(entries);
}

/** Whoever is at the other end of a pipe sees its end when the command has closed it, not later. */
export function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) {
    try {
      closeSync(descriptor);
    } catch {
      // Then it is closed already.
    }
  }
}
