import { type Composer, compose } from '../../../core/compose.ts';
import { AttemptError, type FailureKind } from '../../../core/failure.ts';
import type { Frame } from '../../../core/frame.ts';
import type { Usage } from '../../../core/messages.ts';
import { mark, toolIds } from '../../../core/provenance.ts';
import type { Transducer } from '../../../core/transducer.ts';
import type { Packet, Target } from '../../../core/upstream.ts';
import { type ChatDelta, type Chunk, filled, isObject, parseJson } from './api.ts';
import { reasoningOf, textOf } from './delta.ts';
import { namesFor } from './encode.ts';
import { explainInStream } from './explain.ts';
import { refuseFailure, stopReason } from './finish.ts';
import { argumentsText, isWhole, type PartialCall, toolCalls } from './tool-calls.ts';
import type { ToolNames } from './tool-names.ts';
import { estimate, estimateRequest, usageOf } from './usage.ts';

/**
 * Calls are held back until the answer ends, so that one that is cut off is never seen. Beyond this many characters of
 * arguments they are sent as they come: nobody waits for minutes for a sign of life.
 */
const HELD_CHARS = 4096;
/** Packets that may follow a finish reason (late usage, late deltas) before the answer is taken for ended. */
const AFTER_FINISH = 256;

/** Chat completion packets → Messages frames, for one answer. */
export function decode(target: Target): Transducer<Packet, Frame> {
  return new ChatStream(target);
}

class ChatStream implements Transducer<Packet, Frame> {
  private readonly composer: Composer;
  private readonly nameId: (id: string | undefined) => string;
  private readonly tools = toolCalls();
  private names: ToolNames | undefined;
  private started = false;
  private over = false;
  private reason: string | undefined;
  private stopSequence: string | undefined;
  private afterFinish = 0;
  private usage: Partial<Usage> = {};
  private hasText = false;
  private hasThinking = false;
  private refused = false;
  private chars = 0;
  /** White space that no text has followed yet: alone it would be a block that clients drop. */
  private blank = '';
  /** Text that came while a call was being sent. */
  private late = '';
  /** Calls that were sent whole. */
  private sent = 0;
  /** Of the call being sent: how many of its pieces were; -1 while none is. */
  private sentPieces = -1;
  private holding = false;

  constructor(private readonly target: Target) {
    this.composer = compose({
      id: target.answerId,
      model: target.asked,
      signature: mark({ provider: target.provider }),
    });
    this.nameId = toolIds(target.answerId);
  }

  *push(packet: Packet): Generator<Frame> {
    if (this.over) return;
    const data = packet.data.trim();
    if (data === '') return;
    if (data === '[DONE]') {
      yield* this.finish(true);
      return;
    }
    const chunk = read(data, packet.name);
    if (chunk === null) return;
    yield* this.take(chunk);
  }

  *end(): Generator<Frame> {
    if (!this.over) yield* this.finish(false);
  }

  private *take(chunk: Chunk): Generator<Frame> {
    this.usage = { ...this.usage, ...usageOf(chunk) };
    if (!Array.isArray(chunk.choices)) return;
    const opening = this.started ? [] : this.open();
    yield* opening;
    const before = this.tools.size + this.tools.calls.length;
    let alive = opening.length > 0;
    for (const choice of chunk.choices.filter(isObject)) {
      for (const frame of this.takeChoice(choice)) {
        alive = true;
        yield frame;
      }
    }
    if (this.reason !== undefined) {
      this.afterFinish += 1;
      if (this.afterFinish > AFTER_FINISH) yield* this.finish(false);
      return;
    }
    // One sign of life when a call begins to be held, and one for every packet that says nothing at all.
    const holds = this.tools.size + this.tools.calls.length > before;
    if (!alive && !(holds && this.holding)) yield* this.composer.pulse();
    this.holding = holds;
  }

  private open(): Frame[] {
    this.started = true;
    return this.composer.start({ input_tokens: this.inputEstimate(), ...this.usage, output_tokens: 0 });
  }

  private *takeChoice(choice: Record<string, unknown>): Generator<Frame> {
    if (choice.error !== undefined && choice.error !== null) throw new AttemptError(explainInStream(choice));
    const reason = filled(choice.finish_reason);
    if (reason !== undefined) refuseFailure(reason);
    const whole = isObject(choice.message);
    const delta = (isObject(choice.delta) ? choice.delta : choice.message) as ChatDelta | undefined;
    if (isObject(delta)) yield* this.takeDelta(delta, whole);
    if (reason !== undefined) {
      this.reason ??= reason;
      this.stopSequence ??= this.knownStop(choice.stop_reason);
    } else if (whole) this.reason ??= 'stop';
  }

  /** vLLM says which stop string it hit; other servers put other things there. */
  private knownStop(value: unknown): string | undefined {
    const stop = filled(value);
    return stop !== undefined && this.target.inbound?.request.stop_sequences?.includes(stop)
      ? stop
      : undefined;
  }

  private *takeDelta(delta: ChatDelta, whole: boolean): Generator<Frame> {
    yield* this.takeThinking(reasoningOf(delta));
    const refusal = filled(delta.refusal);
    this.refused ||= refusal !== undefined;
    yield* this.takeText(textOf(delta) + (refusal ?? ''));
    const legacy = isObject(delta.function_call) ? [{ function: delta.function_call }] : [];
    this.tools.add(delta.tool_calls, whole);
    this.tools.add(legacy, whole);
    if (this.tools.size > HELD_CHARS) yield* this.sendCalls();
  }

  private *takeThinking(thinking: string): Generator<Frame> {
    if (thinking === '') return;
    this.chars += thinking.length;
    this.blank = '';
    // A thought in the middle of a call has no place in the grammar, and is of no use to anybody.
    if (this.sentPieces !== -1) return;
    this.hasThinking = true;
    yield* this.composer.thinking(thinking);
  }

  private *takeText(text: string): Generator<Frame> {
    if (text === '') return;
    this.chars += text.length;
    if (this.sentPieces !== -1) {
      this.late += text;
      return;
    }
    yield* this.write(text);
  }

  private *write(text: string): Generator<Frame> {
    if (this.composer.open === 'text') {
      yield* this.composer.text(text);
      return;
    }
    this.blank += text;
    if (this.blank.trim() === '') return;
    this.hasText = true;
    yield* this.composer.text(this.blank);
    this.blank = '';
  }

  /** Sends calls as far as they have come: whole ones while others follow, the first that is not in pieces. */
  private *sendCalls(): Generator<Frame> {
    for (;;) {
      const call = this.tools.calls[this.sent];
      if (call === undefined) return;
      if (this.sentPieces === -1) {
        if (!canStream(call)) return;
        yield* this.openCall(call);
      }
      for (const piece of call.pieces.slice(this.sentPieces)) yield* this.composer.toolInput(piece);
      this.sentPieces = call.pieces.length;
      if (!call.scan.complete || this.sent === this.tools.calls.length - 1) return;
      yield* this.closeCall();
    }
  }

  private *openCall(call: PartialCall): Generator<Frame> {
    this.names ??= this.target.inbound === undefined ? undefined : namesFor(this.target.inbound.request);
    const name = this.names?.original(call.name) ?? call.name;
    this.sentPieces = 0;
    yield* this.composer.toolUse(this.nameId(call.id), name);
  }

  private *closeCall(): Generator<Frame> {
    this.sent += 1;
    this.sentPieces = -1;
    const { late } = this;
    this.late = '';
    if (late !== '') yield* this.write(late);
  }

  /** @param marked whether the upstream said that this is the end (`[DONE]`). */
  private *finish(marked: boolean): Generator<Frame> {
    const ended = marked || this.reason !== undefined;
    if (!this.started) throw failure('empty', 'the answer was empty');
    if (!ended) throw failure('cut', 'the stream ended before the answer did');
    yield* this.finishCalls();
    const hasTool = this.sent > 0;
    const { reason, hasText, hasThinking, refused } = this;
    const stop = stopReason({ reason, hasText, hasTool, hasThinking, refused });
    this.over = true;
    const stopped = stop === 'end_turn' ? this.stopSequence : undefined;
    yield* this.composer.finish(stopped === undefined ? stop : 'stop_sequence', this.counted(), stopped);
  }

  /** Sends the calls that were held back. Where the answer was cut off by its length, the last one may be a part only. */
  private *finishCalls(): Generator<Frame> {
    const limited =
      this.reason === 'length' || this.reason === 'max_tokens' || this.reason === 'model_length';
    if (this.sentPieces !== -1) {
      const call = this.tools.calls[this.sent];
      if (call !== undefined && !call.scan.complete && (limited || this.reason === undefined)) {
        throw failure('cut', 'the answer ended inside a tool call');
      }
      yield* this.sendCalls();
      if (this.sentPieces !== -1) yield* this.closeCall();
    }
    for (const call of this.tools.calls.slice(this.sent)) {
      if (limited && !isWhole(call)) continue;
      if (call.name === '') throw failure('garbled', 'a tool call without a name');
      if (this.reason === undefined && !isWhole(call))
        throw failure('cut', 'the answer ended inside a tool call');
      yield* this.openCall(call);
      yield* this.composer.toolInput(argumentsText(call));
      yield* this.closeCall();
    }
  }

  private counted(): Partial<Usage> {
    const output = estimate(this.chars + this.tools.size);
    return { output_tokens: output, ...this.usage };
  }

  private inputEstimate(): number {
    const { inbound } = this.target;
    return inbound === undefined ? 0 : estimateRequest(inbound);
  }
}

/** Whether a call may be sent before it is complete: a named one whose arguments begin as those of an object. */
function canStream(call: PartialCall): boolean {
  return call.name !== '' && /^\s*\{\s*[^\s}]/.test(call.pieces.slice(0, 8).join(''));
}

/** A packet's JSON; null for what means nothing. */
function read(data: string, name: string): Chunk | null {
  const value = parseJson(data);
  const object = Array.isArray(value) ? value[0] : value;
  if (!isObject(object)) {
    if (value === null) return null;
    throw failure(
      'garbled',
      `the answer was ${data.startsWith('<') ? 'HTML' : 'something that is not JSON'}`,
    );
  }
  const chunk = object as Chunk;
  const hasError = chunk.error !== undefined && chunk.error !== null;
  if (hasError || name === 'error' || chunk.object === 'error')
    throw new AttemptError(explainInStream(chunk));
  if (isObject(chunk.x_groq) && filled(chunk.x_groq.error) !== undefined) {
    throw new AttemptError(explainInStream({ error: chunk.x_groq.error }));
  }
  if (chunk.choices === undefined && ['message', 'detail', 'errors'].some((key) => key in chunk)) {
    throw new AttemptError(explainInStream(chunk));
  }
  return chunk;
}

function failure(kind: FailureKind, message: string): AttemptError {
  return new AttemptError({ kind, message });
}
