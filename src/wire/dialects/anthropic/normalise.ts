import { expand } from '../../../core/collect.ts';
import { type Composer, compose } from '../../../core/compose.ts';
import { AttemptError } from '../../../core/failure.ts';
import type { Frame } from '../../../core/frame.ts';
import type { StopReason, Usage } from '../../../core/messages.ts';
import { mark, toolIds } from '../../../core/provenance.ts';
import type { Transducer } from '../../../core/transducer.ts';
import type { Packet, Target } from '../../../core/upstream.ts';
import { decodeNative } from './decode.ts';

/** What is read of an event; a server that only imitates the API may leave out or misspell any of it. */
interface Loose {
  type?: string;
  message?: { usage?: Partial<Usage> };
  index?: number;
  content_block?: {
    type?: string;
    text?: string;
    thinking?: string;
    id?: string;
    name?: string;
    input?: unknown;
  };
  delta?: {
    type?: string;
    text?: string;
    thinking?: string;
    partial_json?: string;
    stop_reason?: string | null;
    stop_sequence?: string | null;
  };
  usage?: Partial<Usage>;
}

/**
 * The stream of a server that imitates the Messages API, written anew in strict grammar: the model's name is the one asked
 * for, thinking is marked with who wrote it, tool ids are unique, content given in `content_block_start` becomes deltas
 * (clients discard it there, measured), and usage is whole numbers. A stream that stops without `message_stop` but with a
 * stop reason is whole; one without either was cut.
 */
export function decodeCompatible(target: Target): Transducer<Packet, Frame> {
  const events = decodeNative();
  const composer = compose({
    id: target.answerId,
    model: target.asked,
    signature: mark({ provider: target.provider }),
  });
  const id = toolIds(target.answerId);
  const state: State = { usage: {}, stopReason: undefined, stopSequence: null, calls: 0, over: false };

  function* normalise(frames: Iterable<Frame>): Generator<Frame> {
    for (const frame of frames) {
      if (frame.name === 'message') {
        yield* normalise(expand(frame.event as never));
        continue;
      }
      yield* read(frame.event as unknown as Loose, composer, id, state);
    }
  }

  return {
    *push(packet) {
      yield* normalise(events.push(packet));
    },
    *end() {
      if (state.over) return;
      if (state.stopReason === undefined) yield* normalise(events.end());
      yield* finish(composer, state);
    },
  };
}

interface State {
  usage: Partial<Usage>;
  /** Undefined before `message_delta`. */
  stopReason: string | null | undefined;
  stopSequence: string | null;
  /** Tool calls so far. */
  calls: number;
  over: boolean;
}

function* read(
  event: Loose,
  composer: Composer,
  id: ReturnType<typeof toolIds>,
  state: State,
): Generator<Frame> {
  if (state.over) return;
  switch (event.type) {
    case 'message_start':
      state.usage = { ...event.message?.usage };
      yield* composer.start(state.usage);
      return;
    case 'content_block_start':
      yield* start(event.content_block ?? {}, composer, id, state);
      return;
    case 'content_block_delta':
      yield* delta(event.delta ?? {}, composer);
      return;
    case 'message_delta':
      state.usage = { ...state.usage, ...event.usage };
      state.stopReason = event.delta?.stop_reason ?? null;
      state.stopSequence = event.delta?.stop_sequence ?? null;
      return;
    case 'message_stop':
      yield* finish(composer, state);
      return;
    case 'ping':
      yield* composer.open === null ? [] : composer.pulse();
  }
}

function* start(
  block: NonNullable<Loose['content_block']>,
  composer: Composer,
  id: ReturnType<typeof toolIds>,
  state: State,
): Generator<Frame> {
  if (block.type === 'text') yield* composer.text(block.text ?? '');
  if (block.type === 'thinking') yield* composer.thinking(block.thinking ?? '');
  if (block.type !== 'tool_use') return;
  state.calls += 1;
  yield* composer.toolUse(id(block.id), block.name ?? '');
  const { input } = block;
  const given = typeof input === 'object' && input !== null && Object.keys(input).length > 0;
  if (given) yield* composer.toolInput(JSON.stringify(input));
}

function* delta(value: NonNullable<Loose['delta']>, composer: Composer): Generator<Frame> {
  if (value.type === 'text_delta') yield* composer.text(value.text ?? '');
  if (value.type === 'thinking_delta') yield* composer.thinking(value.thinking ?? '');
  if (value.type === 'input_json_delta' && composer.open === 'tool_use') {
    yield* composer.toolInput(value.partial_json ?? '');
  }
}

const KNOWN = new Set<string>([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
]);

function* finish(composer: Composer, state: State): Generator<Frame> {
  state.over = true;
  const { stopReason: said, usage, stopSequence, calls } = state;
  if (said === undefined) {
    throw new AttemptError({ kind: 'cut', message: 'the stream ended before the answer did' });
  }
  const known: StopReason = said !== null && KNOWN.has(said) ? (said as StopReason) : 'end_turn';
  const reason =
    calls > 0 && known === 'end_turn' ? 'tool_use' : known === 'tool_use' && calls === 0 ? 'end_turn' : known;
  yield* composer.finish(reason, usage, stopSequence ?? undefined);
}
