import { AttemptError } from '../../../core/failure.ts';
import type { Frame } from '../../../core/frame.ts';
import { filled, isObject } from '../../../core/json.ts';
import type { Transducer } from '../../../core/transducer.ts';
import type { Packet, Target } from '../../../core/upstream.ts';
import { failure } from '../../answer/failure.ts';
import { refuseFailure } from '../../answer/finish.ts';
import { AnswerWriter } from '../../answer/writer.ts';
import { saysError } from '../../errors/error-shape.ts';
import { explainInStream } from '../../errors/explain.ts';
import { namesFor, type ToolNames } from '../../history/tool-names.ts';
import type { ChatDelta, Chunk } from './api.ts';
import { reasoningOf, textOf } from './delta.ts';
import { LONGEST_NAME } from './encode.ts';
import { isDone, readChunks } from './read-chunk.ts';
import { type DetailsReader, detailsReader } from './reasoning-details.ts';
import { type ThinkTags, type Told, thinkTags } from './think-tags.ts';
import { heard, type Tokens, usageOf } from './usage.ts';

/** Packets without content that may follow a finish reason (late usage) before the answer is taken for ended. */
const AFTER_FINISH = 256;

/** One answer was asked for: what has another place than the first is another answer. Many servers name no place. */
function isOther({ index }: Record<string, unknown>): boolean {
  return typeof index === 'number' && index !== 0;
}

/** Chat completion packets → Messages frames, for one answer. */
export function decode(target: Target): Transducer<Packet, Frame> {
  return new ChatStream(target);
}

class ChatStream implements Transducer<Packet, Frame> {
  private readonly answer: AnswerWriter;
  private readonly details: DetailsReader | undefined;
  private readonly tags: ThinkTags | undefined;
  private names: ToolNames | undefined;
  private over = false;
  private reason: string | undefined;
  private stopSequence: string | undefined;
  private afterFinish = 0;
  private tokens: Tokens = {};
  private refused = false;

  constructor(private readonly target: Target) {
    this.answer = new AnswerWriter(target, (name) => this.nameOf(name));
    this.details = target.quirks.reasoningDetails === true ? detailsReader(this.answer, target) : undefined;
    this.tags = target.quirks.thinkTags === true ? thinkTags() : undefined;
  }

  *push(packet: Packet): Generator<Frame> {
    if (this.over) return;
    const data = packet.data.trim();
    if (data === '') return;
    if (isDone(data)) {
      yield* this.finish(true);
      return;
    }
    for (const chunk of readChunks(data, packet.name)) yield* this.take(chunk);
  }

  *end(): Generator<Frame> {
    if (!this.over) yield* this.finish(false);
  }

  private *take(chunk: Chunk): Generator<Frame> {
    this.tokens = heard(this.tokens, chunk);
    if (!Array.isArray(chunk.choices)) return;
    const opening = this.answer.start(usageOf(this.tokens));
    yield* opening;
    let alive = opening.length > 0;
    // What is called a chunk has pieces in it, under whatever name.
    const isWhole = chunk.object !== 'chat.completion.chunk';
    for (const choice of chunk.choices) {
      if (!isObject(choice) || isOther(choice)) continue;
      for (const frame of this.takeChoice(choice, isWhole)) {
        alive = true;
        yield frame;
      }
    }
    if (this.reason !== undefined) {
      this.afterFinish = alive ? 0 : this.afterFinish + 1;
      if (this.afterFinish > AFTER_FINISH) yield* this.finish(false);
      return;
    }
    // A sign of life for every packet that says nothing at all.
    if (!alive) yield* this.answer.pulse();
  }

  /** @param isWhole whether a `message` in it is all of the answer. */
  private *takeChoice(choice: Record<string, unknown>, isWhole: boolean): Generator<Frame> {
    if (saysError(choice.error)) throw new AttemptError(explainInStream(choice));
    const reason = filled(choice.finish_reason);
    if (reason !== undefined) refuseFailure(reason);
    // Perplexity repeats all that it has said beside what it says.
    const delta = isObject(choice.delta) ? choice.delta : choice.message;
    const whole = isWhole && isObject(delta) && delta === choice.message;
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
    // Whatever is not there begins no generator: those were a third of what a delta cost.
    const thought = this.details === undefined ? reasoningOf(delta) : '';
    if (this.details !== undefined) yield* this.details.take(delta);
    else if (thought !== '') yield* this.answer.thinking(thought);
    const text = textOf(delta);
    if (this.tags !== undefined) yield* this.takeTold(this.tags.push(text));
    else if (text !== '') yield* this.answer.text(text);
    const refusal = filled(delta.refusal);
    if (refusal !== undefined) {
      this.refused = true;
      yield* this.answer.text(refusal);
    }
    if (Array.isArray(delta.tool_calls)) yield* this.answer.calls(delta.tool_calls, whole);
    if (isObject(delta.function_call)) yield* this.answer.calls([{ function: delta.function_call }], whole);
  }

  private *takeTold({ thinking, text }: Told): Generator<Frame> {
    if (thinking !== '') yield* this.answer.thinking(thinking);
    if (text !== '') yield* this.answer.text(text);
  }

  private nameOf(name: string): string {
    const { inbound } = this.target;
    if (inbound === undefined) return name;
    this.names ??= namesFor(inbound.request, LONGEST_NAME);
    return this.names.original(name);
  }

  /** @param marked whether the upstream said that this is the end (`[DONE]`). */
  private *finish(marked: boolean): Generator<Frame> {
    if (!this.answer.started) throw failure('empty', 'the answer was empty');
    if (!marked && this.reason === undefined) throw failure('cut', 'the stream ended before the answer did');
    if (this.tags !== undefined) yield* this.takeTold(this.tags.end());
    if (this.details !== undefined) yield* this.details.end();
    const { reason, refused, stopSequence } = this;
    yield* this.answer.finish({ reason, refused, stopSequence, usage: usageOf(this.tokens) });
    this.over = true;
  }
}
