import { EXIT, Exit } from './exit.ts';
import { type StartedHeld, startHeld } from './held.ts';
import { type Hold, holdOn, pause } from './hold.ts';
import { findRunning, type Running, reachable } from './running.ts';
import type { CommonFlags } from './sources.ts';

/** Where a command's ccproxy is, or will be. */
export interface Place {
  host: string;
  /** 0 takes a free one. */
  port: number;
}

/** A ccproxy that listens where the command's should, and why it is not for the command. */
export interface Unwanted {
  running: Running;
  objection: string;
}

/** What keeping one is made of. */
export interface KeepParts {
  flags: CommonFlags;
  place: Place;
  /** The file to which one that is started for a place at this port writes. */
  log(port: number): string;
  /** Why one that runs is not for the command; null: nothing speaks against it. */
  objectionTo(running: Running): Promise<string | null>;
  /**
   * Told before the command gets one of its own, on a free port.
   * @throws Exit 2 where there is none that it could get
   */
  evaded(unwanted: Unwanted): void;
  /** Told once of each that has the port which the command knows already. */
  intruded(unwanted: Unwanted): void;
}

/** A ccproxy that is there for as long as it is kept. */
export interface Kept {
  running: Running;
  /** Where it writes, if it was started for this. */
  log: string | null;
  /** Ends it, if it was started for commands and this was the last of them, and waits for that unless told that it is enough. */
  release(enough: AbortSignal): Promise<void>;
}

/**
 * How often is looked for the next one; also how long somebody else (whoever supervises it, its user) has to start it again
 * before it is done here.
 */
const LOOK_MS = 1000;
/** Who ends just then is asked once more. */
const TRIES = 20;

interface Having {
  running: Running;
  hold: Hold;
  started: StartedHeld | null;
}

/**
 * Takes the ccproxy that runs at a place, or starts one: there, or elsewhere if the one that runs is not for this command. From
 * then on one is there: where it is lost, whoever notices first starts another. Where the user stopped it, it is his to start again.
 * @throws Exit 1 when something else has the port, and whatever ends a server that is started.
 */
export async function keepCcproxy(parts: KeepParts): Promise<Kept> {
  let { place } = parts;
  let first = await acquire(parts, place);
  if ('objection' in first) {
    parts.evaded(first);
    place = { ...place, port: 0 };
    first = await acquire(parts, place);
  }
  if ('objection' in first)
    throw new Exit(EXIT.failed, `the ccproxy on port ${first.running.port} does not stay`);
  let having = first;
  const kept = { running: having.running, log: having.started === null ? null : parts.log(place.port) };
  const again = { ...place, port: having.running.port };
  /** The instances of which it is known that they are not for this command. */
  const known = new Set<string>();
  /** With what says that the wait for its end is enough, once it is released. */
  let released: AbortSignal | null = null;
  const release = Promise.withResolvers<void>();

  /** The next one, looked for again and again; null once that is of no use any more. One that is not for this command is not held. */
  async function next(look: () => Promise<Having | Unwanted | null>): Promise<Having | null> {
    for (;;) {
      await Promise.race([pause(LOOK_MS), release.promise]);
      if (released !== null) return null;
      const found = await look();
      if (found === null) continue;
      if (!('objection' in found)) return found;
      if (known.has(found.running.instance)) continue;
      known.add(found.running.instance);
      parts.intruded(found);
    }
  }

  async function keep(): Promise<void> {
    for (;;) {
      const how = await having.hold.ended;
      const found = await next(
        how === 'stopped' ? () => find(parts, again) : () => acquire(parts, again).catch(() => null),
      );
      if (found === null) return;
      having = found;
      // It was released in the meantime, which was the end of the one before.
      if (released !== null) return letGo(having, released);
    }
  }

  // Nobody waits for it before the release, and whatever happens in it is no reason to end the command.
  const keeping = keep().catch(() => {});
  return {
    ...kept,
    async release(enough) {
      released = enough;
      release.resolve();
      await letGo(having, enough);
      await keeping;
    },
  };
}

async function letGo({ hold, started }: Having, enough: AbortSignal): Promise<void> {
  const isEnd = await hold.release(enough);
  if (started === null) return;
  started.letGo();
  if (isEnd || !hold.isKnown) await started.gone(enough);
}

async function acquire(parts: KeepParts, place: Place): Promise<Having | Unwanted> {
  let failure: unknown = new Exit(EXIT.failed, `the ccproxy on port ${place.port} does not stay`);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await find(parts, place);
    if (found !== null) return found;
    try {
      const started = await startHeld(parts.flags, place.port, parts.log(place.port));
      const held = await take({ ...place, port: started.port });
      if (held !== null) {
        // It is held by a request from now on, which counts for no more than one.
        if (held.hold.isKnown) started.letGo();
        return { ...held, started };
      }
      started.letGo();
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      failure = error;
      // Somebody else may have been quicker.
      if ((await findRunning(reachable(place.host), place.port)) === null) break;
    }
  }
  throw failure;
}

async function find(parts: KeepParts, place: Place): Promise<Having | Unwanted | null> {
  const running = place.port === 0 ? null : await findRunning(reachable(place.host), place.port);
  if (running === null) return null;
  const objection = await parts.objectionTo(running);
  return objection === null ? hold(running) : { running, objection };
}

async function take({ host, port }: Place): Promise<Having | null> {
  const running = await findRunning(reachable(host), port);
  return running === null ? null : hold(running);
}

/** Null: it is gone, or about to be. */
async function hold(running: Running): Promise<Having | null> {
  const held = await holdOn(running);
  return held === null ? null : { running, hold: held, started: null };
}
