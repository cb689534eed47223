import type { Frame } from '../../../core/frame.ts';
import { filled, isObject } from '../../../core/json.ts';
import type { Json, JsonObject } from '../../../core/messages.ts';
import type { Target } from '../../../core/upstream.ts';
import type { AnswerWriter } from '../../answer/writer.ts';
import { sealFor } from '../../history/seal.ts';
import type { ChatDelta } from './api.ts';
import { reasoningOf, textOf } from './delta.ts';

/** Fields that hold what can be read; everything else of a detail goes back as it came. */
export const READABLE = ['text', 'summary'] as const;

/**
 * Writes the `reasoning_details` of an answer as thinking. One detail comes in many fragments: its text piece by piece, its
 * signature last and alone, so that fragments are told apart by type, index and id (agno-agi/agno#5802).
 */
export interface DetailsReader {
  take(delta: ChatDelta): Generator<Frame>;
  /** What has no text to be carried with. */
  end(): Generator<Frame>;
}

/** Which detail a fragment belongs to. */
export function detailKey(detail: Record<string, unknown>): string {
  return JSON.stringify([
    detail.type ?? null,
    detail.index ?? null,
    detail.data === undefined ? null : detail.id,
  ]);
}

/** A detail as it goes with a block of thinking: base64, because clients and proxies take a signature for that. */
function packed(detail: JsonObject): string {
  return Buffer.from(JSON.stringify(detail)).toString('base64');
}

export function detailsReader(answer: AnswerWriter, target: Target): DetailsReader {
  let key = '';
  let fields: JsonObject = {};
  let isSaid = false;

  const seal = () => sealFor(target, 'details', packed(fields));

  /** The detail so far, where nothing of it could be read. */
  function* close(): Generator<Frame> {
    if (key !== '' && !isSaid && hasState(fields))
      yield* answer.block({ type: 'redacted_thinking', data: seal() });
    key = '';
    fields = {};
    isSaid = false;
  }

  function* takeDetail(detail: Record<string, unknown>): Generator<Frame> {
    const next = detailKey(detail);
    if (next !== key) {
      yield* close();
      yield* answer.newThinking();
      key = next;
    }
    const text = READABLE.map((name) => filled(detail[name]) ?? '').join('');
    const changed = merge(fields, detail);
    if (text !== '') {
      const begins = !isSaid;
      yield* answer.thinking(text);
      isSaid = true;
      if (begins || changed) answer.seal(seal());
    } else if (changed && isSaid && !answer.seal(seal())) {
      // The block is closed already: a signature that comes late goes alone.
      isSaid = false;
    }
  }

  return {
    *take(delta) {
      const details = Array.isArray(delta.reasoning_details)
        ? delta.reasoning_details.filter((detail) => isObject(detail))
        : [];
      // Where the details hold no text, it may stand beside them.
      const isReadable = details.some((detail) =>
        READABLE.some((name) => filled(detail[name]) !== undefined),
      );
      if (!isReadable) yield* answer.thinking(reasoningOf({ ...delta, reasoning_details: undefined }));
      for (const detail of details) yield* takeDetail(detail);
      // What was thought stands before what came of it.
      if (textOf(delta) !== '' || hasCalls(delta)) yield* close();
    },
    end: close,
  };
}

function hasCalls({ tool_calls: calls }: ChatDelta): boolean {
  return Array.isArray(calls) && calls.length > 0;
}

/** Adds what a fragment says that can not be read; true when that is news. */
function merge(fields: JsonObject, detail: Record<string, unknown>): boolean {
  let changed = false;
  for (const [name, value] of Object.entries(detail)) {
    const isReadable = (READABLE as readonly string[]).includes(name);
    if (isReadable || value == null || value === '' || fields[name] === value) continue;
    fields[name] = value as Json;
    changed = true;
  }
  return changed;
}

/** Whether there is more than a label: something that the writer signed or encrypted. */
function hasState({ signature, data }: JsonObject): boolean {
  return filled(signature) !== undefined || filled(data) !== undefined;
}
