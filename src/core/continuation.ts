import { AttemptError } from './failure.ts';
import type { Follower } from './follow.ts';
import { type Frame, frameOf } from './frame.ts';
import type { Joint } from './joint.ts';
import { type Block, type Delta, isThinking, type StreamEvent, type Usage } from './messages.ts';
import { mark } from './provenance.ts';
import type { Seam } from './seam.ts';
import type { Transducer } from './transducer.ts';

/** Thrown where a second answer does not go on from the first. Nothing of it has been let through then. */
export class Misfit extends Error {}

/** The answer that is gone on with. */
export interface CutAnswer {
  /** As the client has it; told of every frame that is added. */
  told: Follower;
  /** Finds where the text goes on; null where no text was said so far. */
  seam: Seam | null;
  /** Its open text block has nothing in it. */
  isEmpty: boolean;
}

/** What becomes of the block that the second upstream is writing. */
type Fate =
  /** A block of its own. */
  | 'own'
  /** Text that goes on in our block, or begins one when it has something new. */
  | 'joined'
  /** Text of which it is not known yet where it begins to be new. */
  | 'held'
  | 'dropped';

/**
 * A second answer, written so that it goes on inside the first: no second `message_start`, blocks counted on, no thoughts in
 * the middle of a text, nothing repeated, the tokens of both.
 * `push` throws Misfit when it does not go on from there, AttemptError when it begins twice itself.
 */
export function continuation({ told, seam, isEmpty }: CutAnswer): Transducer<Frame, Frame> {
  const cutBlock = told.open?.index;
  const tokensBefore = told.deltas;
  let joins = told.open?.type === 'text';
  let undecided = seam;
  let held = '';
  /** It has said no word. */
  let isSilent = true;
  let fate: Fate = 'dropped';
  let isStarted = false;
  let hasSpoken = false;

  function say(event: StreamEvent): Frame {
    const frame = frameOf(event);
    told.see(frame);
    hasSpoken = true;
    return frame;
  }

  function delta(value: Delta): Frame {
    return say({ type: 'content_block_delta', index: told.open?.index ?? 0, delta: value });
  }

  function* close(): Generator<Frame> {
    const { open } = told;
    if (open === null) return;
    // Nobody vouches for thoughts that were broken off: they must not go back to whoever began them.
    if (open.type === 'thinking' && open.index === cutBlock && !open.signed)
      yield delta({ type: 'signature_delta', signature: mark({ provider: 'ccproxy' }) });
    yield say({ type: 'content_block_stop', index: open.index });
  }

  function* open(block: Block): Generator<Frame> {
    yield* close();
    yield say({ type: 'content_block_start', index: told.finished.length, content_block: block });
  }

  function* text(words: string): Generator<Frame> {
    if (words === '') return;
    if (told.open?.type !== 'text') yield* open({ type: 'text', text: '' });
    joins = false;
    yield delta({ type: 'text_delta', text: words });
  }

  function* judge(joint: Joint): Generator<Frame> {
    if (joint === null) return;
    if ('misfit' in joint) throw new Misfit(joint.misfit);
    undecided = null;
    if (fate === 'held') fate = 'joined';
    if (joint.isApart) yield* close();
    yield* text(held.slice(joint.skip));
    held = '';
  }

  function* start(block: Block): Generator<Frame> {
    fate = fateOf(block);
    if (fate === 'held' && held !== '') yield* part();
    if (fate !== 'own') return;
    if (undecided !== null) yield* judge(undecided.end());
    refuseEmpty();
    joins = false;
    yield* open(block);
  }

  /** Another text, while it is not known where the first one begins to be new. */
  function* part(): Generator<Frame> {
    const next = undecided?.next() ?? null;
    // What was two blocks there becomes one here, but not one word.
    if (next === null) return yield* hold('\n\n');
    undecided = next;
    held = '';
  }

  /** An empty text is sent back by its client and refused. */
  function refuseEmpty(): void {
    if (joins && isEmpty) throw new Misfit('it has no text for the block that was begun');
  }

  function fateOf({ type }: Block): Fate {
    if (isThinking(type)) return undecided !== null || joins ? 'dropped' : 'own';
    if (type !== 'text') return 'own';
    if (undecided !== null) return 'held';
    return joins ? 'joined' : 'own';
  }

  function* add(value: Delta): Generator<Frame> {
    if (fate === 'own') yield delta(value);
    else if (fate !== 'dropped' && value.type === 'text_delta') {
      if (undecided === null) yield* text(value.text);
      else yield* hold(value.text);
    }
  }

  function* hold(words: string): Generator<Frame> {
    held += words;
    isSilent &&= words.trim() === '';
    yield* judge(undecided?.push(words) ?? null);
  }

  function* stop(): Generator<Frame> {
    if (fate === 'own' || (fate === 'joined' && !joins && told.open?.type === 'text')) yield* close();
    if (fate === 'joined' && !joins) fate = 'dropped';
  }

  function* finish(event: Extract<StreamEvent, { type: 'message_delta' }>): Generator<Frame> {
    if (undecided !== null) {
      if (isSilent) throw new Misfit('it says nothing');
      yield* judge(undecided.end());
    }
    refuseEmpty();
    yield* close();
    yield say({ ...event, usage: withTokens(event.usage, tokensBefore) });
  }

  function* take(frame: Frame): Generator<Frame> {
    switch (frame.name) {
      case 'message_start':
        if (isStarted) throw new AttemptError({ kind: 'garbled', message: 'the answer began twice' });
        isStarted = true;
        return;
      case 'content_block_start':
        return yield* start((frame.event as { content_block: Block }).content_block);
      case 'content_block_delta':
        return yield* add((frame.event as { delta: Delta }).delta);
      case 'content_block_stop':
        return yield* stop();
      case 'message_delta':
        return yield* finish(frame.event as Extract<StreamEvent, { type: 'message_delta' }>);
      case 'message_stop':
        return yield say({ type: 'message_stop' });
      default:
        // Before it has spoken the client is kept awake by signs that count.
        if (hasSpoken) yield frame;
    }
  }

  return { push: take, end: () => [] };
}

/** The first answer has said what was read. Of what it wrote no more is known than its deltas; the second one's is added. */
function withTokens(usage: Partial<Usage> | undefined, before: number): Partial<Usage> {
  const {
    input_tokens: _input,
    cache_creation_input_tokens: _written,
    cache_read_input_tokens: _read,
    output_tokens: own,
    ...rest
  } = usage ?? {};
  return { ...rest, output_tokens: before + (Number.isInteger(own) ? (own ?? 0) : 0) };
}
