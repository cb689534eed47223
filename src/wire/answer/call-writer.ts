import type { Composer } from '../../core/compose.ts';
import type { AttemptError } from '../../core/failure.ts';
import type { Frame } from '../../core/frame.ts';
import { failure } from './failure.ts';
import { isLimit } from './finish.ts';
import { type IsSpare, type Members, withoutMembers } from './members.ts';
import { argumentsText, isWhole, type PartialCall, type ToolCalls } from './tool-calls.ts';

/**
 * Calls are held back until the answer ends, so that one that is cut off is never seen. Beyond this many characters of
 * arguments they are sent as they come: nobody waits for minutes for a sign of life.
 */
const HELD_CHARS = 4096;

/** What a writer of calls is told. */
export interface CallWriterOptions {
  composer: Composer;
  tools: ToolCalls;
  /** The client's name for a tool. */
  nameOf(wireName: string): string;
  /** The client's id for a call. */
  idOf(wireId: string | undefined): string;
  /** Which members of the input of the client's tool say nothing, if any can. */
  spareOf(name: string): IsSpare | undefined;
  /** Written when a call is closed: what had to wait for it. */
  waiting(): Iterable<Frame>;
}

/** Writes calls into the answer, one after another in the order in which they began. */
export interface CallWriter {
  /** A call is being sent: nothing else may be written. */
  readonly busy: boolean;
  /** How many were sent. */
  readonly sent: number;
  /** Sends what cannot be held any longer. */
  send(): Generator<Frame>;
  /**
   * Sends the rest. Where the answer was cut off by its length, a call that is a part only and was not begun is left out.
   * @throws AttemptError when a call is a part only otherwise, whatever the upstream says of its end: a tool must not run
   * with half of its input.
   */
  finish(reason: string | undefined): Generator<Frame>;
}

export function callWriter(options: CallWriterOptions): CallWriter {
  const { composer, tools, nameOf, idOf, spareOf, waiting } = options;
  let sent = 0;
  /** Of the call being sent: how many of its pieces were; undefined while none is. */
  let pieces: number | undefined;
  let members: Members | undefined;

  function* open(call: PartialCall): Generator<Frame> {
    pieces = 0;
    const name = nameOf(call.name);
    const isSpare = spareOf(name);
    members = isSpare && withoutMembers(isSpare);
    yield* composer.toolUse(idOf(call.id), name);
  }

  function input(json: string): Frame[] {
    return composer.toolInput(members === undefined ? json : members.push(json));
  }

  function* close(): Generator<Frame> {
    yield* composer.toolInput(members?.end() ?? '');
    sent += 1;
    pieces = undefined;
    yield* waiting();
  }

  /** Whole calls while others follow, the first that is not as far as it has come. */
  function* send(): Generator<Frame> {
    for (;;) {
      const call = tools.calls[sent];
      if (call === undefined || (pieces === undefined && !canStream(call))) return;
      if (pieces === undefined) yield* open(call);
      for (const piece of call.pieces.slice(pieces)) yield* input(piece);
      pieces = call.pieces.length;
      if (!call.scan.complete || sent === tools.calls.length - 1) return;
      yield* close();
    }
  }

  return {
    get busy() {
      return pieces !== undefined;
    },
    get sent() {
      return sent;
    },
    *send() {
      if (tools.size > HELD_CHARS) yield* send();
    },
    *finish(reason) {
      const limited = isLimit(reason);
      if (pieces !== undefined) {
        if (tools.calls[sent]?.scan.complete === false) throw partial();
        yield* send();
        if (pieces !== undefined) yield* close();
      }
      for (const call of tools.calls.slice(sent)) {
        if (limited && !isWhole(call)) continue;
        if (call.name === '') throw failure('garbled', 'a tool call without a name');
        if (isCutOff(call) || (reason === undefined && !isWhole(call))) throw partial();
        yield* open(call);
        yield* input(argumentsText(call));
        yield* close();
      }
    },
  };
}

/** Whether a call may be sent before it is complete: a named one whose arguments begin as those of an object. */
function canStream(call: PartialCall): boolean {
  return call.name !== '' && call.scan.filling;
}

/** Whether its arguments stop before their end. What is balanced but not JSON goes on: the client tells the model. */
function isCutOff(call: PartialCall): boolean {
  return call.size > 0 && !call.scan.complete && !isWhole(call);
}

function partial(): AttemptError {
  return failure('cut', 'the answer ended inside a tool call');
}
