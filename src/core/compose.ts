import { expandBlock } from './collect.ts';
import { type Frame, frameOf } from './frame.ts';
import type { Block, Delta, Message, StopReason, StreamEvent, Usage } from './messages.ts';

/** What a composed answer says of itself. */
export interface Composition {
  /** Unique, `msg_` included: clients merge turns whose message ids are equal. */
  id: string;
  /** The model the client asked for. */
  model: string;
  /** Closes every thinking block; clients send it back. */
  signature: string;
}

/**
 * Writes one answer in the Messages grammar and cannot write another: one `message_start`, blocks 0, 1, 2… one after
 * another, each started and stopped once, no empty text block, one `message_delta`, `message_stop`. Each method returns
 * the frames it adds. What is written opens the message and closes the block before it as needed. The official SDK finds a
 * block by its position and throws at a second `message_start`, so nothing looser will do.
 */
export interface Composer {
  /** Opens the message; does nothing when it is open. */
  start(usage?: Partial<Usage>): Frame[];
  /** Adds to the open text block or opens one; does nothing for the empty string. */
  text(text: string): Frame[];
  /** Adds to the open thinking block or opens one; does nothing for the empty string. */
  thinking(thinking: string): Frame[];
  /** The open thinking block will be closed with this signature instead of the usual one. */
  seal(signature: string): void;
  toolUse(id: string, name: string): Frame[];
  /** Adds to the input of the open tool call; does nothing for the empty string. */
  toolInput(json: string): Frame[];
  /** A whole block of another type, to which nothing is added. */
  whole(block: Block): Frame[];
  /** Says nothing: an empty delta of the open text or thinking block, which clients take for life, otherwise a ping. */
  pulse(): Frame[];
  /** Ends the open block: what comes next begins another, even of the same type. */
  close(): Frame[];
  /** Closes everything. Usage fields that are left out keep their values of the start. */
  finish(stopReason: StopReason, usage: Partial<Usage>, stopSequence?: string): Frame[];
  /** Type of the block being written. */
  readonly open: 'text' | 'thinking' | 'tool_use' | null;
}

/** A composer at the start of an answer. Its methods throw when called after `finish`: that is a bug of the caller. */
export function compose({ id, model, signature }: Composition): Composer {
  let started = false;
  let finished = false;
  let open: Composer['open'] = null;
  let index = -1;
  let seal = signature;

  const delta = (value: Delta): Frame => frameOf({ type: 'content_block_delta', index, delta: value });

  function begin(usage: Partial<Usage> = {}): Frame[] {
    if (finished) throw new Error('composer: the answer is finished');
    if (started) return [];
    started = true;
    return [frameOf({ type: 'message_start', message: emptyMessage(id, model, usage) })];
  }

  function close(): Frame[] {
    if (open === null) return [];
    const frames = open === 'thinking' ? [delta({ type: 'signature_delta', signature: seal })] : [];
    open = null;
    frames.push(frameOf({ type: 'content_block_stop', index }));
    return frames;
  }

  function openBlock(type: NonNullable<Composer['open']>, block: Block): Frame[] {
    const frames = [...begin(), ...close()];
    open = type;
    index += 1;
    frames.push(frameOf({ type: 'content_block_start', index, content_block: block }));
    return frames;
  }

  return {
    get open() {
      return open;
    },
    start: begin,
    close,
    text(text) {
      if (text === '') return begin();
      const frames = open === 'text' ? begin() : openBlock('text', { type: 'text', text: '' });
      frames.push(delta({ type: 'text_delta', text }));
      return frames;
    },
    thinking(thinking) {
      if (thinking === '') return begin();
      let frames = begin();
      if (open !== 'thinking') {
        frames = [...frames, ...openBlock('thinking', { type: 'thinking', thinking: '', signature: '' })];
        seal = signature;
      }
      frames.push(delta({ type: 'thinking_delta', thinking }));
      return frames;
    },
    seal(value) {
      seal = value;
    },
    toolUse(id, name) {
      return openBlock('tool_use', { type: 'tool_use', id, name, input: {} });
    },
    toolInput(json) {
      if (open !== 'tool_use') throw new Error('composer: no tool call is open');
      return json === '' ? [] : [delta({ type: 'input_json_delta', partial_json: json })];
    },
    whole(block) {
      const frames = [...begin(), ...close()];
      index += 1;
      frames.push(...expandBlock(block, index));
      return frames;
    },
    pulse() {
      const frames = begin();
      if (open === 'text') frames.push(delta({ type: 'text_delta', text: '' }));
      else if (open === 'thinking') frames.push(delta({ type: 'thinking_delta', thinking: '' }));
      else frames.push(frameOf({ type: 'ping' }));
      return frames;
    },
    finish(stopReason, usage, stopSequence) {
      const frames = [...begin(), ...close()];
      finished = true;
      const end: StreamEvent = {
        type: 'message_delta',
        delta: { stop_reason: stopReason, stop_sequence: stopSequence ?? null },
        usage: { output_tokens: 0, ...wholeNumbers(usage) },
      };
      frames.push(frameOf(end), frameOf({ type: 'message_stop' }));
      return frames;
    },
  };
}

function emptyMessage(id: string, model: string, usage: Partial<Usage>): Message {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: 0,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 0,
      ...wholeNumbers(usage),
    },
  };
}

/** Clients add these up: a fraction, a string or NaN must not get through. */
function wholeNumbers(usage: Partial<Usage>): Partial<Usage> {
  const whole: Partial<Usage> = {};
  for (const key of Object.keys(usage) as (keyof Usage)[]) {
    const value = usage[key];
    if (typeof value === 'number' && Number.isFinite(value)) whole[key] = Math.max(0, Math.round(value));
  }
  return whole;
}
