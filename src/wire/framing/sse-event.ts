import { isObject, parseJson } from '../../core/json.ts';
import { isPlainObject } from '../../core/plain-object.ts';
import type { Packet } from '../../core/upstream.ts';
import { ByteFinder, hasAt } from './bytes.ts';

export const LF = 10;
export const CR = 13;
const SPACE = 32;
const COLON = 58;

const ascii = new TextEncoder();
const EVENT = ascii.encode('event');
const DATA = ascii.encode('data');
const DELTA = 'content_block_delta';
const DATA_START = ascii.encode('data: ');
const BLANK = Uint8Array.of(LF, LF);
const DELTA_LINE = ascii.encode(`event: ${DELTA}\n`);

/** A byte order mark belongs to the body, not to an event's data: one inside `data` is kept. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Calls `visit` with the span of every line, line ends excluded. CR LF gives an empty line in between. */
function eachLine(bytes: Uint8Array, start: number, visit: (from: number, to: number) => void): void {
  const lf = new ByteFinder(bytes, LF);
  const cr = new ByteFinder(bytes, CR);
  for (let from = start; from < bytes.length; ) {
    const to = Math.min(lf.from(from), cr.from(from));
    visit(from, to);
    from = to + 1;
  }
}

/** Where the value of `field` starts, when the line is of that field; otherwise -1. A line without a colon is all name. */
function valueAt(field: Uint8Array, bytes: Uint8Array, from: number, to: number): number {
  const end = from + field.length;
  if (end > to || !hasAt(bytes, from, field)) return -1;
  if (end === to) return end;
  if (bytes[end] !== COLON) return -1;
  return bytes[end + 1] === SPACE ? end + 2 : end + 1;
}

/**
 * The event name of one block of lines, `''` when it has data but no name, and undefined when the block is no event:
 * nothing but comments, blank lines, `id`, `retry` and unknown fields.
 */
export function eventName(block: Uint8Array, start: number): string | undefined {
  if (hasAt(block, start, DELTA_LINE) && hasAt(block, start + DELTA_LINE.length, DATA)) {
    // A second `event` line after the data would win, so this must be the block's last line.
    if (block.indexOf(LF, start + DELTA_LINE.length) >= block.length - 2 && block.indexOf(CR) === -1)
      return DELTA;
  }
  let name = '';
  let data = false;
  eachLine(block, start, (from, to) => {
    const value = valueAt(EVENT, block, from, to);
    if (value !== -1) name = decoder.decode(block.subarray(value, to));
    else data ||= valueAt(DATA, block, from, to) !== -1;
  });
  return data || name !== '' ? name : undefined;
}

function dataOf(bytes: Uint8Array, start: number): string {
  let data: string | undefined;
  eachLine(bytes, start, (from, to) => {
    const value = valueAt(DATA, bytes, from, to);
    if (value === -1) return;
    const text = decoder.decode(bytes.subarray(value, to));
    data = data === undefined ? text : `${data}\n${text}`;
  });
  return data ?? '';
}

/** One server-sent event; its data is decoded when it is first asked for. */
export class EventPacket implements Packet {
  private decoded: string | undefined;

  constructor(
    readonly name: string,
    readonly bytes: Uint8Array,
    /** Where in `bytes` the lines begin: after a byte order mark. */
    private readonly start: number,
  ) {}

  get data(): string {
    this.decoded ??= dataOf(this.bytes, this.start);
    return this.decoded;
  }

  get isObject(): boolean {
    const { bytes, start } = this;
    const from = start + DELTA_LINE.length;
    // Nearly all events are deltas of one line.
    if (
      hasAt(bytes, start, DELTA_LINE) &&
      hasAt(bytes, from, DATA_START) &&
      hasAt(bytes, bytes.length - 2, BLANK)
    ) {
      if (isPlainObject(bytes, from + DATA_START.length, bytes.length - 2)) return true;
    }
    return isObject(parseJson(this.data));
  }
}
