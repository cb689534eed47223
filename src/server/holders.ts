/** Commands that need this process for as long as they run. Each holds on to it by a request that is not answered to its end. */
export interface Holders {
  /** Answers under way that end nobody's turn: a drain does not wait for them. */
  readonly streams: number;
  /** Counts one more, which holds on by other means; gives how it is let go. */
  add(): () => void;
  /** The answer to one more: its name in a line, then nothing until it is let go, or this process is told to stop. */
  hold(): Response;
  /**
   * Lets go of the one with this name. Gives whether this process ends because of that; its answer ends with the process then,
   * and otherwise at once.
   */
  release(name: string): boolean;
  /** Tells everybody that this process ends because it was told to. */
  dismiss(): void;
}

/** What holders need. */
export interface HoldersParts {
  /** A name that nobody can guess. */
  name(): string;
  /** Nobody holds on any more. Gives whether this process ends because of that. */
  left(): boolean;
}

/** What a holder is told before its answer ends, if this process was told to stop. */
export const STOPPING = 'stopping';

type Stream = ReadableStreamDefaultController<Uint8Array>;

export function createHolders({ name, left }: HoldersParts): Holders {
  const encoder = new TextEncoder();
  /** Who holds on, by name, with the stream of the answer where there is one. */
  const holding = new Map<string, Stream | null>();
  const open = new Set<Stream>();

  /** Gives whether this process ends now. */
  function drop(who: string): boolean {
    return holding.delete(who) && holding.size === 0 && left();
  }

  function end(stream: Stream): void {
    open.delete(stream);
    stream.close();
  }

  return {
    get streams() {
      return open.size;
    },
    add() {
      const who = name();
      holding.set(who, null);
      return () => void drop(who);
    },
    hold() {
      const who = name();
      let stream: Stream | null = null;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          stream = controller;
          open.add(controller);
          holding.set(who, controller);
          controller.enqueue(encoder.encode(`${who}\n`));
        },
        cancel() {
          if (stream !== null) open.delete(stream);
          drop(who);
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/plain' } });
    },
    release(who) {
      const stream = holding.get(who) ?? null;
      const isEnd = drop(who);
      if (!isEnd && stream !== null) end(stream);
      return isEnd;
    },
    dismiss() {
      for (const stream of holding.values()) {
        if (stream === null) continue;
        stream.enqueue(encoder.encode(`${STOPPING}\n`));
        end(stream);
      }
      holding.clear();
    },
  };
}
