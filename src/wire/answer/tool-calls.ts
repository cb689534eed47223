import { filled, isObject, parseJson } from '../../core/json.ts';
import { tidyJson } from '../../core/tidy-json.ts';
import { writeJson } from '../../core/write-json.ts';
import { count } from './count.ts';
import { failure } from './failure.ts';
import { type JsonScan, jsonScan } from './json-scan.ts';

/** A tool call as it is put together from deltas. */
export interface PartialCall {
  id: string | undefined;
  name: string;
  /** Pieces of the arguments, joined only when they are needed. */
  readonly pieces: string[];
  /** Characters in `pieces`. */
  size: number;
  readonly scan: JsonScan;
}

/** The calls of one answer in the order in which they began. */
export interface ToolCalls {
  readonly calls: readonly PartialCall[];
  /** Characters of all arguments so far. */
  readonly size: number;
  /**
   * Takes the `tool_calls` of one delta, or of a whole message, whose entries are whole calls.
   * @throws AttemptError for arguments that go on as white space.
   */
  add(entries: unknown, whole: boolean): void;
}

/**
 * White space between two values of a call's arguments, more than any indentation: models get stuck in it and go on until
 * their tokens run out (farion1231/cc-switch#2647). Within strings it is content.
 */
const MOST_BLANK = 500;

interface Entry {
  index: number | undefined;
  id: string | undefined;
  name: string | undefined;
  args: string;
}

/**
 * Sorts deltas into calls. By the letter, `index` tells calls apart and `id` and `name` come once; in practice `index` is
 * missing (Mistral), starts at 1 (Anthropic's own endpoint) or stays 0 for several calls, ids are empty (Qwen) or repeated,
 * names come late, again or in pieces.
 */
export function toolCalls(): ToolCalls {
  const calls: PartialCall[] = [];
  const byIndex = new Map<number, PartialCall>();
  const byId = new Map<string, PartialCall>();
  let size = 0;

  function begin(entry: Entry): PartialCall {
    const call: PartialCall = { id: undefined, name: '', pieces: [], size: 0, scan: jsonScan() };
    calls.push(call);
    if (entry.index !== undefined) byIndex.set(entry.index, call);
    return call;
  }

  function find(entry: Entry): PartialCall | undefined {
    const known =
      entry.index !== undefined
        ? byIndex.get(entry.index)
        : entry.id !== undefined
          ? (byId.get(entry.id) ?? unnamed(calls.at(-1)))
          : calls.at(-1);
    return known !== undefined && beginsAnother(known, entry) ? undefined : known;
  }

  function take(entry: Entry, whole: boolean): void {
    if (entry.id === undefined && entry.name === undefined && entry.args === '') return;
    const call = (whole ? undefined : find(entry)) ?? begin(entry);
    if (entry.id !== undefined && call.id === undefined) {
      call.id = entry.id;
      byId.set(entry.id, call);
    }
    if (entry.name !== undefined) call.name = mergedName(call, entry.name);
    if (entry.args !== '') {
      call.pieces.push(entry.args);
      call.size += entry.args.length;
      size += entry.args.length;
      call.scan.push(entry.args);
      if (call.scan.blank > MOST_BLANK) throw failure('garbled', 'a tool call that goes on as white space');
    }
  }

  return {
    calls,
    get size() {
      return size;
    },
    add(entries, whole) {
      if (!Array.isArray(entries)) return;
      for (const entry of entries) if (isObject(entry)) take(entryOf(entry), whole);
    },
  };
}

/** A call that has only begun: an id alone belongs to it. */
function unnamed(call: PartialCall | undefined): PartialCall | undefined {
  return call !== undefined && call.id === undefined && call.size === 0 ? call : undefined;
}

/** Whether `entry`, which by its place belongs to `call`, is the start of the next one. */
function beginsAnother(call: PartialCall, entry: Entry): boolean {
  if (entry.id !== undefined && call.id !== undefined && entry.id !== call.id) {
    return entry.name !== undefined || call.scan.complete;
  }
  if (entry.name === undefined || entry.id !== undefined) return false;
  // A name that comes last, or once more.
  if (entry.args === '' && (call.name === '' || call.name === entry.name)) return false;
  return call.scan.complete || (call.size > 0 && entry.name !== call.name && call.name !== '');
}

/** Names come whole, whole again, growing, or in pieces; once arguments have come, a name is complete. */
function mergedName(call: PartialCall, name: string): string {
  if (call.name === '' || name.startsWith(call.name)) return name;
  return call.size > 0 ? call.name : call.name + name;
}

function entryOf(entry: Record<string, unknown>): Entry {
  const inner = isObject(entry.function) ? entry.function : entry;
  return {
    index: count(entry.index),
    id: filled(entry.id),
    name: filled(inner.name),
    args: argumentsOf(inner.arguments),
  };
}

/** Ollama and some gateways send an object where the API says string. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : tidyJson(writeJson(value));
}

/**
 * The arguments of a finished call as the JSON of an object: nothing is `{}`, and so is an empty list, for which PHP has
 * the same value; an object encoded twice is unwrapped, a placeholder `{}` before the real arguments is dropped. What is not
 * JSON stays as it is: the client tells the model.
 */
export function argumentsText(call: PartialCall): string {
  const raw = call.pieces.join('').trim();
  if (raw === '' || raw === 'null') return '{}';
  const value = parseJson(raw);
  if (isObject(value)) return raw;
  if (Array.isArray(value) && value.length === 0) return '{}';
  if (typeof value === 'string') {
    if (value.trim() === '') return '{}';
    return isObject(parseJson(value)) ? value : raw;
  }
  const rest = raw.replace(/^\{\s*\}\s*(?=\{)/, '');
  return rest !== raw && isObject(parseJson(rest)) ? rest : raw;
}

/** False for a call that was cut off: its name or the end of its arguments is missing. */
export function isWhole(call: PartialCall): boolean {
  return call.name !== '' && isObject(parseJson(argumentsText(call)));
}
