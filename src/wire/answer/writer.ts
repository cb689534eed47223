import { type Composer, compose } from '../../core/compose.ts';
import { estimateTokens } from '../../core/estimate.ts';
import { type Frame, progress } from '../../core/frame.ts';
import type { Block, Usage } from '../../core/messages.ts';
import { mark, toolIds } from '../../core/provenance.ts';
import type { Target } from '../../core/upstream.ts';
import { type CallWriter, callWriter } from './call-writer.ts';
import { stopReason } from './finish.ts';
import { spareMembers } from './spare.ts';
import { toolCalls } from './tool-calls.ts';

/** Characters per token of ordinary text: good enough where nobody counted. */
const CHARS_PER_TOKEN = 4;

/** How an answer ended, as far as its upstream said so. */
export interface Ending {
  /** The upstream's stop or finish reason; undefined when it gave none. */
  reason: string | undefined;
  /** The stop string that was hit. */
  stopSequence?: string | undefined;
  /** The model refused in a field of its own (OpenAI's `refusal`). */
  refused?: boolean;
  /** Counts of the upstream; what it left out keeps the value of the start or is estimated. */
  usage: Partial<Usage>;
}

/**
 * Writes one answer in the strict grammar from what an upstream says in whatever order: thinking, text, and tool calls,
 * which are held until the answer ends or they grow long. White space before the first word is dropped, because alone it
 * would be a block that clients do not take; ids are made valid and unique; what is missing from the usage is estimated.
 */
export class AnswerWriter {
  private readonly composer: Composer;
  private readonly tools = toolCalls();
  private readonly writer: CallWriter;
  private isStarted = false;
  private hasText = false;
  /** A tool that the server ran itself found something. */
  private hasResult = false;
  private hasThinking = false;
  private chars = 0;
  private isTextOver = false;
  /** White space that no text has followed yet. */
  private blank = '';
  /** What came while a call was being sent: text and blocks. */
  private late: (string | Block)[] = [];

  /** @param nameOf the client's name for a tool the upstream calls. */
  constructor(
    private readonly target: Target,
    nameOf: (name: string) => string,
  ) {
    const { answerId, asked, provider } = target;
    this.composer = compose({ id: answerId, model: asked, signature: mark({ provider }) });
    this.writer = callWriter({
      composer: this.composer,
      tools: this.tools,
      nameOf,
      idOf: toolIds(answerId),
      spareOf: (name) => spareMembers(target.inbound?.request, name),
      waiting: () => this.takeLate(),
    });
  }

  /** The upstream has begun to answer. */
  get started(): boolean {
    return this.isStarted;
  }

  /** Opens the message, with an estimate for tokens that nobody has counted; does nothing when it is open. */
  start(usage: Partial<Usage>): Frame[] {
    if (this.isStarted) return [];
    this.isStarted = true;
    const { inbound, tokenFactor = 1 } = this.target;
    const asked = inbound === undefined ? 0 : Math.ceil(estimateTokens(inbound.request) * tokenFactor);
    return this.composer.start({ input_tokens: asked, ...usage, output_tokens: 0 });
  }

  *thinking(thinking: string): Generator<Frame> {
    if (thinking === '') return;
    this.chars += thinking.length;
    this.blank = '';
    // A thought in the middle of a call has no place in the grammar, and is of no use to anybody.
    if (this.writer.busy) return;
    this.hasThinking = true;
    yield* this.composer.thinking(thinking);
  }

  /** A thinking block of its own begins: signatures belong to one block and are worth nothing on two. */
  newThinking(): Frame[] {
    return this.composer.open === 'thinking' ? this.composer.close() : [];
  }

  /** The text that is being written has ended: other text is a block of its own. */
  endText(): void {
    this.isTextOver = true;
  }

  /** The open thinking block gets `signature` instead of the usual mark; false when none is open. */
  seal(signature: string): boolean {
    const isOpen = this.composer.open === 'thinking';
    if (isOpen) this.composer.seal(signature);
    return isOpen;
  }

  *text(text: string): Generator<Frame> {
    if (text === '') return;
    this.chars += text.length;
    if (this.writer.busy) this.wait(text);
    else yield* this.write(text);
  }

  /** A whole block: of a tool that the server ran itself, or a thought that only its writer can read. */
  *block(block: Block): Generator<Frame> {
    if (this.writer.busy) this.late.push(block);
    else yield* this.writeBlock(block);
  }

  /**
   * Adds to calls. While what came is held, a ping says that the upstream is alive: held calls would look like silence. No
   * empty delta: a client may count that as content.
   * @param whole whether each entry is a whole call.
   */
  *calls(entries: unknown, whole: boolean): Generator<Frame> {
    const before = this.callsSize;
    this.tools.add(entries, whole);
    let held = !whole && this.callsSize > before;
    for (const frame of this.writer.send()) {
      held = false;
      yield frame;
    }
    if (held) yield progress();
  }

  pulse(): Frame[] {
    return this.composer.pulse();
  }

  /** @throws AttemptError for an answer that is none, or that ended inside a call. */
  *finish({ reason, refused, stopSequence, usage }: Ending): Generator<Frame> {
    yield* this.writer.finish(reason);
    const { hasThinking } = this;
    const hasText = this.hasText || this.hasResult;
    const hasTool = this.writer.sent > 0;
    const stop = stopReason({ reason, hasText, hasTool, hasThinking, refused: refused === true });
    const counted = { output_tokens: estimate(this.chars + this.tools.size), ...usage };
    const hit = stop === 'end_turn' || stop === 'stop_sequence' ? stopSequence : undefined;
    yield* this.composer.finish(hit === undefined ? stop : 'stop_sequence', counted, hit);
  }

  /** Grows with every piece of a call. */
  private get callsSize(): number {
    return this.tools.size + this.tools.calls.length;
  }

  private wait(text: string): void {
    const last = this.late.at(-1);
    if (typeof last === 'string') this.late[this.late.length - 1] = last + text;
    else this.late.push(text);
  }

  private *takeLate(): Generator<Frame> {
    const { late } = this;
    this.late = [];
    for (const one of late) yield* typeof one === 'string' ? this.write(one) : this.writeBlock(one);
  }

  private *writeBlock(block: Block): Generator<Frame> {
    this.blank = '';
    const { content } = block as { content?: unknown };
    this.hasThinking ||= block.type === 'redacted_thinking';
    this.hasResult ||= Array.isArray(content) && content.length > 0;
    yield* this.composer.whole(block);
  }

  private *write(text: string): Generator<Frame> {
    if (this.composer.open === 'text' && !this.isTextOver) {
      yield* this.composer.text(text);
      return;
    }
    if (text.trim() === '') {
      this.blank += text;
      return;
    }
    this.hasText = true;
    this.isTextOver = false;
    yield* this.composer.close();
    yield* this.composer.text(this.blank + text);
    this.blank = '';
  }
}

/** Tokens of `chars` characters, at least one. */
function estimate(chars: number): number {
  return Math.max(1, Math.ceil(chars / CHARS_PER_TOKEN));
}
