import { type Frame, frameOf } from '../../../core/frame.ts';
import { filled, isObject } from '../../../core/json.ts';
import type { Block, Usage } from '../../../core/messages.ts';
import { tidyJson } from '../../../core/tidy-json.ts';
import type { Transducer } from '../../../core/transducer.ts';
import type { Packet, Target } from '../../../core/upstream.ts';
import { writeJson } from '../../../core/write-json.ts';
import { failure } from '../../answer/failure.ts';
import { refuseFailure } from '../../answer/finish.ts';
import { AnswerWriter } from '../../answer/writer.ts';
import { sealFor } from '../../history/seal.ts';
import { namesFor, type ToolNames } from '../../history/tool-names.ts';
import { LONGEST_NAME } from './compatible.ts';
import { type LooseEvent, readEvent } from './read-event.ts';
import { type ServerCall, type ServerTools, serverTools } from './server-tools.ts';
import { countsOf } from './usage.ts';

/**
 * The stream of a server that imitates the Messages API, written anew in strict grammar: the model's name is the one asked
 * for, thinking is marked with who wrote it, tool ids are unique, content given in `content_block_start` becomes deltas
 * (clients discard it there, measured), and usage is whole numbers. A stream that stops without `message_stop` but with a
 * stop reason is whole; one without either was cut.
 */
export function decodeCompatible(target: Target): Transducer<Packet, Frame> {
  return new CompatibleStream(target);
}

/** A tool call that is being read. */
interface CallBlock {
  /** Ours, because servers use an index again: every call of the answer has another. */
  call: number;
  /** Its input as it stood in the start event: it counts where no delta follows. */
  given: string;
}

class CompatibleStream implements Transducer<Packet, Frame> {
  private readonly answer: AnswerWriter;
  private over = false;
  private reason: string | undefined;
  private stopSequence: string | undefined;
  private usage: Partial<Usage> = {};
  private calls = 0;
  /** Blocks that are not stopped and are neither text nor thinking, by the server's index; null for unknown ones. */
  private readonly open = new Map<unknown, CallBlock | ServerCall | null>();
  private readonly tools: ServerTools;
  private names: ToolNames | undefined;
  /** What the server signed the open thinking block with. */
  private signature: string | undefined;

  constructor(private readonly target: Target) {
    this.tools = serverTools(target.answerId);
    this.answer = new AnswerWriter(target, (name) => this.nameOf(name));
  }

  private nameOf(name: string): string {
    const { inbound } = this.target;
    if (inbound === undefined) return name;
    this.names ??= namesFor(inbound.request, LONGEST_NAME);
    return this.names.original(name);
  }

  *push(packet: Packet): Generator<Frame> {
    const event = this.over ? null : readEvent(packet);
    if (event !== null) yield* this.take(event);
  }

  *end(): Generator<Frame> {
    if (this.over) return;
    if (!this.answer.started) throw failure('empty', 'the answer was empty');
    if (this.reason === undefined) throw failure('cut', 'the stream ended before the answer did');
    yield* this.finish();
  }

  private *take(event: LooseEvent): Generator<Frame> {
    switch (event.type) {
      case 'message':
        yield* this.takeWhole(event);
        return;
      case 'message_start':
        // A gateway that changed over to another server: half a call cannot be taken back.
        if ([...this.open.values()].some((block) => block !== null && 'call' in block))
          throw failure('cut', 'the answer began anew inside a tool call');
        if (isObject(event.message)) this.takeUsage(event.message.usage, false);
        yield* this.answer.start(this.usage);
        return;
      case 'content_block_start':
        if (isObject(event.content_block)) yield* this.takeStart(event.content_block, event.index);
        return;
      case 'content_block_delta':
        if (isObject(event.delta)) yield* this.takeDelta(event.delta, event.index);
        return;
      case 'content_block_stop':
        yield* this.takeStop(event.index);
        return;
      case 'message_delta':
        this.takeUsage(event.usage);
        if (isObject(event.delta)) this.takeEnd(event.delta);
        return;
      case 'message_stop':
        yield* this.finish();
        return;
      case 'ping':
        // A ping stays one: an empty delta in its place would make a dead server look alive for ever.
        if (this.answer.started) yield frameOf({ type: 'ping' });
    }
  }

  /** A server that answers with JSON although it was asked for a stream, or was not. */
  private *takeWhole(message: LooseEvent): Generator<Frame> {
    this.takeUsage(message.usage);
    yield* this.answer.start(this.usage);
    const { content } = message;
    const blocks = Array.isArray(content) ? content.filter(isObject) : [{ type: 'text', text: content }];
    for (const [index, block] of blocks.entries()) {
      yield* this.takeStart(block, index);
      yield* this.takeStop(index);
    }
    this.takeEnd(message);
    yield* this.finish();
  }

  private *takeStart(block: Record<string, unknown>, index: unknown): Generator<Frame> {
    yield* this.answer.start(this.usage);
    yield* this.takeStop(index);
    this.signature = filled(block.signature);
    if (block.type === 'text') yield* this.answer.text(filled(block.text) ?? '');
    else if (block.type === 'thinking') {
      yield* this.answer.newThinking();
      yield* this.takeThinking(filled(block.thinking));
    } else if (block.type === 'tool_use') yield* this.takeCall(block, index);
    else if (block.type === 'server_tool_use') {
      const { id, name, input } = block;
      this.open.set(index, { id, name, given: input, json: '' });
    } else {
      this.open.set(index, null);
      yield* this.say([...this.tools.result(block), filled(block.text) ?? '']);
    }
  }

  /** Each in a block of its own. */
  private *say(blocks: (Block | string)[]): Generator<Frame> {
    for (const block of blocks) {
      this.answer.endText();
      yield* typeof block === 'string' ? this.answer.text(block) : this.answer.block(block);
    }
  }

  private *takeCall({ id, name, input }: Record<string, unknown>, index: unknown): Generator<Frame> {
    // It has its name here or nowhere.
    if (filled(name) === undefined) throw failure('garbled', 'a tool call without a name');
    const call = this.calls;
    this.calls += 1;
    const isGiven = isObject(input) ? Object.keys(input).length > 0 : filled(input) !== undefined;
    this.open.set(index, { call, given: isGiven ? tidyJson(writeJson(input)) : '' });
    yield* this.answer.calls([{ index: call, id, name }], false);
  }

  private *takeDelta(delta: Record<string, unknown>, index: unknown): Generator<Frame> {
    yield* this.answer.start(this.usage);
    switch (delta.type) {
      case 'thinking_delta':
        yield* this.takeThinking(filled(delta.thinking) ?? filled(delta.text));
        return;
      case 'signature_delta':
        this.signature = filled(delta.signature);
        this.seal();
        return;
      case 'input_json_delta':
        yield* this.takeInput(this.open.get(index), filled(delta.partial_json));
        return;
      default:
        // Also the words of a delta that nobody knows.
        yield* this.answer.text(filled(delta.text) ?? '');
    }
  }

  private *takeThinking(thinking: string | undefined): Generator<Frame> {
    if (thinking === undefined) return;
    yield* this.answer.thinking(thinking);
    this.seal();
  }

  private seal(): void {
    if (this.signature !== undefined) this.answer.seal(sealFor(this.target, 'signature', this.signature));
  }

  private *takeInput(
    block: CallBlock | ServerCall | null | undefined,
    json: string | undefined,
  ): Generator<Frame> {
    if (!block || json === undefined) return;
    if (!('call' in block)) {
      block.json += json;
      return;
    }
    block.given = '';
    yield* this.answer.calls([{ index: block.call, arguments: json }], false);
  }

  private *takeStop(index: unknown): Generator<Frame> {
    const block = this.open.get(index);
    this.open.delete(index);
    if (!block) this.answer.endText();
    else if ('call' in block) yield* this.takeInput(block, filled(block.given));
    else yield* this.say(this.tools.call(block));
  }

  /** @param final whether the answer was written when its tokens were counted. */
  private takeUsage(usage: unknown, final = true): void {
    const { output_tokens, ...input } = countsOf(usage);
    this.usage = { ...this.usage, ...input, ...(final && output_tokens ? { output_tokens } : {}) };
  }

  private takeEnd(delta: Record<string, unknown>): void {
    const reason = filled(delta.stop_reason);
    if (reason !== undefined) refuseFailure(reason);
    this.reason = reason ?? this.reason;
    this.stopSequence = filled(delta.stop_sequence) ?? this.stopSequence;
  }

  private *finish(): Generator<Frame> {
    if (!this.answer.started) throw failure('empty', 'the answer was empty');
    for (const index of [...this.open.keys()]) yield* this.takeStop(index);
    const { reason, stopSequence, usage } = this;
    yield* this.answer.finish({ reason, stopSequence, usage });
    this.over = true;
  }
}
