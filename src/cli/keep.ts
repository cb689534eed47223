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

/** What keeping one is made of. */
export interface KeepParts {
  flags: CommonFlags;
  place: Place;
  /** The file to which one that is started writes. */
  log: string;
}

/** A ccproxy that is there for as long as it is kept. */
export interface Kept {
  running: Running;
  /** Whether it was started for this. */
  isStarted: boolean;
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
 * Takes the ccproxy that runs at a place, or starts one. From then on one is there: where it is lost, whoever notices first starts
 * another. Where the user stopped it, it is his to start again.
 * @throws Exit 1 when something else has the port, and whatever ends a server that is started.
 */
export async function keepCcproxy(parts: KeepParts): Promise<Kept> {
  let having = await acquire(parts);
  const again = { ...parts, place: { ...parts.place, port: having.running.port } };
  const kept = { running: having.running, isStarted: having.started !== null };
  /** With what says that the wait for its end is enough, once it is released. */
  let released: AbortSignal | null = null;
  const release = Promise.withResolvers<void>();

  /** The next one, looked for again and again; null once that is of no use any more. */
  async function next(look: () => Promise<Having | null>): Promise<Having | null> {
    for (;;) {
      await Promise.race([pause(LOOK_MS), release.promise]);
      if (released !== null) return null;
      const found = await look();
      if (found !== null) return found;
    }
  }

  async function keep(): Promise<void> {
    for (;;) {
      const how = await having.hold.ended;
      const found = await next(
        how === 'stopped' ? () => find(again.place) : () => acquire(again).catch(() => null),
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

async function acquire({ flags, place, log }: KeepParts): Promise<Having> {
  let failure: unknown = new Exit(EXIT.failed, `the ccproxy on port ${place.port} does not stay`);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await find(place);
    if (found !== null) return found;
    try {
      const started = await startHeld(flags, place.port, log);
      const held = await find({ ...place, port: started.port });
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

async function find({ host, port }: Place): Promise<Having | null> {
  if (port === 0) return null;
  const running = await findRunning(reachable(host), port);
  const hold = running === null ? null : await holdOn(running);
  return running === null || hold === null ? null : { running, hold, started: null };
}
