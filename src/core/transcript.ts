import type { Frame } from './frame.ts';
import type { Block, Delta } from './messages.ts';

/** The texts of an answer as its client has them: what another upstream has to go on from. */
export interface Transcript {
  /** Sees a frame that goes to the client. Never throws: an answer that cannot be read can still be passed on. */
  see(frame: Frame): void;
  /** One for each text block, in order; the last one may be open. */
  readonly texts: readonly string[];
  /** Everything could be read, and the answer began once. */
  readonly isSound: boolean;
}

export function transcribe(): Transcript {
  const state = {
    texts: [] as string[],
    isSound: true,
    see(frame: Frame) {
      try {
        read(frame);
      } catch {
        // Broken JSON inside an event: the client has it, and what it made of it is not known.
        state.isSound = false;
      }
    },
  };
  let isStarted = false;

  function read(frame: Frame): void {
    switch (frame.name) {
      case 'message_start':
        if (isStarted) state.isSound = false;
        isStarted = true;
        return;
      case 'content_block_start': {
        const { content_block: block } = frame.event as { content_block: Block };
        if (block.type === 'text') state.texts.push('');
        return;
      }
      case 'content_block_delta': {
        const { delta } = frame.event as { delta: Delta };
        if (delta.type === 'text_delta') state.texts.push(`${state.texts.pop() ?? ''}${delta.text}`);
      }
    }
  }

  return state;
}
