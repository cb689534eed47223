/** What a client of a soak saw in the end, and whether it may see that. Pure. */
import { saying, toolInput } from './soak-words.ts';

/** An exchange that ended by itself. */
export interface Seen {
  number: number;
  streamed: boolean;
  status: number;
  /** The body, as far as it came. */
  text: string;
  /** Whether the connection broke before the body ended. */
  isReset: boolean;
}

/**
 * - `whole`: the answer, every word of it
 * - `refused`: an error status with an error that says why
 * - `ended early`: a stream that says that something is missing
 * - `reset`: a connection that broke after the head
 * The rest must not be.
 * - `never`: no end in time
 * - `no answer`: the connection broke before the head
 * - `no end`: a body that ends cleanly before the answer does
 * - `cut short`: an answer that pretends to be whole
 * - `wrong words`: words that nobody said in answer to this
 * - `wrong call`: a finished tool call whose input is not the one that was sent
 * - `unreadable`: not what the Messages API answers
 */
export type End = Fair | Foul;
export type Fair = 'whole' | 'refused' | 'ended early' | 'reset';
export type Foul =
  | 'never'
  | 'no answer'
  | 'no end'
  | 'cut short'
  | 'wrong words'
  | 'wrong call'
  | 'unreadable';

const FAIR: ReadonlySet<string> = new Set<Fair>(['whole', 'refused', 'ended early', 'reset']);

export function isFair(end: End): boolean {
  return FAIR.has(end);
}

interface Event {
  type?: string;
  index?: number;
  error?: { type?: string; message?: string };
  content_block?: { type: string };
  delta?: { text?: string; partial_json?: string; stop_reason?: string };
}

interface Message extends Event {
  content?: { type: string; text?: string; input?: unknown }[];
  stop_reason?: string;
}

export function judge(seen: Seen): End {
  if (seen.status !== 200) return judgeRefusal(seen);
  if (seen.streamed) return judgeStream(seen);
  return seen.isReset ? 'reset' : judgeMessage(seen);
}

/** What shows best why it must not be so: the first event that cannot be read, or the end of what came. */
export function excerptOf({ streamed, text }: Seen): string {
  const unreadable = streamed
    ? text.split('\n\n').find((unit) => unit !== '' && eventOf(unit) === null)
    : undefined;
  return (unreadable ?? text).slice(-600);
}

function judgeRefusal({ text, isReset }: Seen): End {
  if (isReset) return 'reset';
  const body = parsed(text) as Event | null;
  return body?.type === 'error' && body.error?.message !== undefined ? 'refused' : 'unreadable';
}

function judgeMessage({ number, text }: Seen): End {
  const message = parsed(text) as Message | null;
  if (message?.type !== 'message' || message.content === undefined) return 'unreadable';
  const words = message.content.map((block) => block.text ?? '').join('');
  if (words !== saying(number)) return saying(number).startsWith(words) ? 'cut short' : 'wrong words';
  const inputs = message.content.flatMap(({ type, input }) => (type === 'tool_use' ? [input] : []));
  return inputs.every((input) => isInputOf(number, input)) ? 'whole' : 'wrong call';
}

function judgeStream({ number, text, isReset }: Seen): End {
  const units = text.split('\n\n');
  const rest = units.pop() ?? '';
  const events = units.map(eventOf);
  if (events.includes(null) || (rest !== '' && !isReset)) return 'unreadable';
  const read = events.filter((event) => event !== null);
  const words = read.map(({ delta }) => delta?.text ?? '').join('');
  if (!saying(number).startsWith(words)) return 'wrong words';
  if (!finishedInputs(read).every((input) => isInputOf(number, input))) return 'wrong call';
  const last = read.at(-1)?.type;
  if (last === 'message_stop') return judgeStop(read, words === saying(number));
  if (last === 'error') return 'ended early';
  return isReset ? 'reset' : 'no end';
}

/** An end for lack of tokens says that something is missing. */
function judgeStop(events: Event[], isAll: boolean): End {
  const reason = events.findLast(({ type }) => type === 'message_delta')?.delta?.stop_reason;
  if (reason === 'max_tokens') return 'ended early';
  return isAll ? 'whole' : 'cut short';
}

/** The inputs of the tool calls that would run: their blocks were ended. */
function finishedInputs(events: Event[]): unknown[] {
  return events
    .filter(({ type, content_block: block }) => type === 'content_block_start' && block?.type === 'tool_use')
    .filter(({ index }) =>
      events.some((other) => other.type === 'content_block_stop' && other.index === index),
    )
    .map(({ index }) =>
      parsed(
        events
          .filter((other) => other.index === index)
          .map(({ delta }) => delta?.partial_json ?? '')
          .join(''),
      ),
    );
}

function isInputOf(number: number, input: unknown): boolean {
  return Bun.deepEquals(input, toolInput(number));
}

/** Null for an event whose data no client could read. What a ping carries is read by none. */
function eventOf(unit: string): Event | null {
  if (unit.startsWith('event: ping\n')) return { type: 'ping' };
  const data = unit
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length))
    .join('\n');
  return parsed(data) as Event | null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
