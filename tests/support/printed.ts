/** What a process has printed so far, and waiting for words in it. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves once it has printed these words; rejects when it ends without. */
  says(words: string): Promise<void>;
  /** Both streams have ended. */
  readonly ended: Promise<void>;
}

/** Reads what a process prints, as it comes. */
export function printedBy(streams: Record<'stdout' | 'stderr', ReadableStream<Uint8Array>>): Printed {
  const printed = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  async function collect(name: 'stdout' | 'stderr'): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of streams[name]) {
      printed[name] += decoder.decode(bytes, { stream: true });
      for (const listener of listeners) listener();
    }
  }
  const ended = Promise.all([collect('stdout'), collect('stderr')]).then(() => {});
  return {
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
    ended,
    says: (words) =>
      new Promise((resolve, reject) => {
        const listen = () => {
          if ((printed.stdout + printed.stderr).includes(words)) resolve();
        };
        listeners.add(listen);
        listen();
        ended.then(() => reject(new Error(`never said "${words}"\n${printed.stdout}${printed.stderr}`)));
      }),
  };
}
