import { type Composer, compose } from '../../../core/compose.ts';
import { estimateTokens } from '../../../core/estimate.ts';
import { AttemptError, type FailureKind } from '../../../core/failure.ts';
import type { Frame } from '../../../core/frame.ts';
import type { Usage } from '../../../core/messages.ts';
import { mark, toolIds } from '../../../core/provenance.ts';
import type { Transducer } from '../../../core/transducer.ts';
import type { Packet, Target } from '../../../core/upstream.ts';
import { filled, isObject } from '../../history/json.ts';
import type { ChatDelta, Chunk } from './api.ts';
import { type CallWriter, callWriter } from './call-writer.ts';
import { reasoningOf, textOf } from './delta.ts';
import { namesFor } from './encode.ts';
import { explainInStream } from './explain.ts';
import { refuseFailure, stopReason } from './finish.ts';
import { readChunk } from './read-chunk.ts';
import { type ThinkTags, type Told, thinkTags } from './think-tags.ts';
import { toolCalls } from './tool-calls.ts';
import type { ToolNames } from './tool-names.ts';
import { estimate, usageOf } from './usage.ts';

/** Packets that may follow a finish reason (late usage, late deltas) before the answer is taken for ended. */
const AFTER_FINISH = 256;

/** Chat completion packets → Messages frames, for one answer. */
export function decode(target: Target): Transducer<Packet, Frame> {
  return new ChatStream(target);
}

class ChatStream implements Transducer<Packet, Frame> {
  private readonly composer: Composer;
  private readonly tools = toolCalls();
  private readonly writer: CallWriter;
  private readonly tags: ThinkTags | undefined;
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
  /** The packet before was one more piece of a call that is held back. */
  private holding = false;

  constructor(private readonly target: Target) {
    const { answerId, asked, provider, quirks } = target;
    this.composer = compose({ id: answerId, model: asked, signature: mark({ provider }) });
    this.writer = callWriter({
      composer: this.composer,
      tools: this.tools,
      nameOf: (name) => this.nameOf(name),
      idOf: toolIds(answerId),
      waiting: () => this.takeLate(),
    });
    this.tags = quirks.thinkTags === true ? thinkTags() : undefined;
  }

  *push(packet: Packet): Generator<Frame> {
    if (this.over) return;
    const data = packet.data.trim();
    if (data === '') return;
    if (data === '[DONE]') {
      yield* this.finish(true);
      return;
    }
    const chunk = readChunk(data, packet.name);
    if (chunk !== null) yield* this.take(chunk);
  }

  *end(): Generator<Frame> {
    if (!this.over) yield* this.finish(false);
  }

  private *take(chunk: Chunk): Generator<Frame> {
    const usage = usageOf(chunk);
    if (usage !== undefined) this.usage = { ...this.usage, ...usage };
    if (!Array.isArray(chunk.choices)) return;
    const opening = this.started ? [] : this.open();
    yield* opening;
    const before = this.callsSize();
    let alive = opening.length > 0;
    for (const choice of chunk.choices) {
      if (!isObject(choice)) continue;
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
    const holds = this.callsSize() > before;
    if (!alive && !(holds && this.holding)) yield* this.composer.pulse();
    this.holding = holds;
  }

  private callsSize(): number {
    return this.tools.size + this.tools.calls.length;
  }

  private open(): Frame[] {
    this.started = true;
    const { inbound } = this.target;
    const asked = inbound === undefined ? 0 : estimateTokens(inbound.request);
    return this.composer.start({ input_tokens: asked, ...this.usage, output_tokens: 0 });
  }

  private *takeChoice(choice: Record<string, unknown>): Generator<Frame> {
    if (choice.error !== undefined && choice.error !== null) throw new AttemptError(explainInStream(choice));
    const reason = filled(choice.finish_reason);
    if (reason !== undefined) refuseFailure(reason);
    const whole = isObject(choice.message);
    const delta = isObject(choice.delta) ? choice.delta : choice.message;
    if (isObject(delta)) yield* this.takeDelta(delta, whole);
    if (reason !== undefined) {
      this.reason ??= reason;
      this.stopSequence ??= this.knownStop(choice.stop_reason);
    } else if (whole) this.reason ??= 'stop';
  }

  /** vLLM says which stop string it hit; other servers put other things there. */
  private knownStop(value: unknown): string | undefined {
    const stop = filled(value);
    const known = this.target.inbound?.request.stop_sequences ?? [];
    return stop !== undefined && known.includes(stop) ? stop : undefined;
  }

  private *takeDelta(delta: ChatDelta, whole: boolean): Generator<Frame> {
    yield* this.takeThinking(reasoningOf(delta));
    const text = textOf(delta);
    yield* this.takeTold(this.tags?.push(text) ?? { thinking: '', text });
    const refusal = filled(delta.refusal);
    if (refusal !== undefined) {
      this.refused = true;
      yield* this.takeText(refusal);
    }
    this.tools.add(delta.tool_calls, whole);
    if (isObject(delta.function_call)) this.tools.add([{ function: delta.function_call }], whole);
    yield* this.writer.send();
  }

  private *takeTold({ thinking, text }: Told): Generator<Frame> {
    yield* this.takeThinking(thinking);
    yield* this.takeText(text);
  }

  private *takeThinking(thinking: string): Generator<Frame> {
    if (thinking === '') return;
    this.chars += thinking.length;
    this.blank = '';
    // A thought in the middle of a call has no place in the grammar, and is of no use to anybody.
    if (this.writer.busy) return;
    this.hasThinking = true;
    yield* this.composer.thinking(thinking);
  }

  private *takeText(text: string): Generator<Frame> {
    if (text === '') return;
    this.chars += text.length;
    if (this.writer.busy) this.late += text;
    else yield* this.write(text);
  }

  private *takeLate(): Generator<Frame> {
    const { late } = this;
    this.late = '';
    if (late !== '') yield* this.write(late);
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

  private nameOf(name: string): string {
    const { inbound } = this.target;
    if (inbound === undefined) return name;
    this.names ??= namesFor(inbound.request);
    return this.names.original(name);
  }

  /** @param marked whether the upstream said that this is the end (`[DONE]`). */
  private *finish(marked: boolean): Generator<Frame> {
    if (!this.started) throw failure('empty', 'the answer was empty');
    if (!marked && this.reason === undefined) throw failure('cut', 'the stream ended before the answer did');
    if (this.tags !== undefined) yield* this.takeTold(this.tags.end());
    yield* this.writer.finish(this.reason);
    const { reason, hasText, hasThinking, refused } = this;
    const stop = stopReason({ reason, hasText, hasTool: this.writer.sent > 0, hasThinking, refused });
    this.over = true;
    const stopped = stop === 'end_turn' ? this.stopSequence : undefined;
    const usage = { output_tokens: estimate(this.chars + this.tools.size), ...this.usage };
    yield* this.composer.finish(stopped === undefined ? stop : 'stop_sequence', usage, stopped);
  }
}

function failure(kind: FailureKind, message: string): AttemptError {
  return new AttemptError({ kind, message });
}
