/** Answers of an upstream of any length, each as the bytes that would be read, in both dialects that are translated. */

export type DialectOfStream = 'openai-chat' | 'anthropic-compatible';
export type KindOfDelta = 'text' | 'thinking' | 'arguments';

/** One answer: what begins it, one delta, what ends it. Deltas of two calls come in turn where `calls` is two. */
export interface Shape {
  dialect: DialectOfStream;
  kind: KindOfDelta;
  /** What each delta says. */
  words: string;
  calls?: 1 | 2;
}

const encoder = new TextEncoder();
/** So many bytes are read at once from a fast upstream. */
const READ_BYTES = 16_384;

/** An answer of `deltas` deltas, in reads of about 16 KB: no more of it is in memory than one read. */
export function* manyDeltas(shape: Shape, deltas: number): Generator<Uint8Array> {
  const { begin, delta, end } = parts(shape);
  const pair = encoder.encode(delta(0) + delta((shape.calls ?? 1) - 1));
  const pairs = Math.ceil(READ_BYTES / pair.length);
  const read = new Uint8Array(pairs * pair.length);
  for (let at = 0; at < pairs; at += 1) read.set(pair, at * pair.length);
  yield encoder.encode(begin);
  let left = Math.ceil(deltas / 2);
  for (; left >= pairs; left -= pairs) yield read;
  yield read.subarray(0, left * pair.length);
  yield encoder.encode(end);
}

/** An answer of one delta of so many bytes, in reads of `readBytes`. */
export function* longLine(
  shape: Omit<Shape, 'words'>,
  bytes: number,
  readBytes: number,
): Generator<Uint8Array> {
  const { begin, delta, end } = parts({ ...shape, words: 'x'.repeat(bytes) });
  const body = encoder.encode(begin + delta(0) + end);
  for (let at = 0; at < body.length; at += readBytes) yield body.subarray(at, at + readBytes);
}

interface Parts {
  begin: string;
  /** A delta of the first or the second call. */
  delta(call: number): string;
  end: string;
}

function parts(shape: Shape): Parts {
  return shape.dialect === 'openai-chat' ? chat(shape) : messages(shape);
}

const CALLS = [0, 1] as const;

function chat({ kind, words, calls = 1 }: Shape): Parts {
  const common = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'bench',
  };
  const event = (delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ ...common, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const call = (index: number, args: string, more: object = {}) =>
    event({
      tool_calls: [
        { index, ...more, function: { name: 'id' in more ? 'Write' : undefined, arguments: args } },
      ],
    });
  const done = 'data: [DONE]\n\n';
  if (kind === 'arguments') {
    const all = CALLS.slice(0, calls);
    return {
      begin: all
        .map((index) => call(index, '{"content":"', { id: `call_bench000${index}`, type: 'function' }))
        .join(''),
      delta: (index) => call(index, words),
      end: `${all.map((index) => call(index, '"}')).join('')}${event({}, 'tool_calls')}${done}`,
    };
  }
  return {
    begin: event({ role: 'assistant', content: '' }),
    delta: () => event(kind === 'text' ? { content: words } : { reasoning_content: words }),
    end: `${event({ content: 'Done.' })}${event({}, 'stop')}${done}`,
  };
}

function messages({ kind, words, calls = 1 }: Shape): Parts {
  const event = (value: { type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
  const open = (index: number, content_block: object) =>
    event({ type: 'content_block_start', index, content_block } as never);
  const add = (index: number, delta: object) => event({ type: 'content_block_delta', index, delta } as never);
  const close = (index: number) => event({ type: 'content_block_stop', index } as never);
  const input = (index: number, json: string) => add(index, { type: 'input_json_delta', partial_json: json });
  const begin = event({
    type: 'message_start',
    message: {
      id: 'msg_bench',
      role: 'assistant',
      content: [],
      usage: { input_tokens: 100, output_tokens: 1 },
    },
  } as never);
  const end = (stop_reason: string) =>
    event({ type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 100 } } as never) +
    event({ type: 'message_stop' });
  if (kind === 'arguments') {
    const all = CALLS.slice(0, calls);
    const tool = (index: number) => ({
      type: 'tool_use',
      id: `toolu_bench000${index}`,
      name: 'Write',
      input: {},
    });
    return {
      begin: begin + all.map((index) => open(index, tool(index)) + input(index, '{"content":"')).join(''),
      delta: (index) => input(index, words),
      end: all.map((index) => input(index, '"}') + close(index)).join('') + end('tool_use'),
    };
  }
  const isText = kind === 'text';
  return {
    begin:
      begin +
      open(0, isText ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' }),
    delta: () =>
      add(0, isText ? { type: 'text_delta', text: words } : { type: 'thinking_delta', thinking: words }),
    end:
      close(0) +
      open(1, { type: 'text', text: '' }) +
      add(1, { type: 'text_delta', text: 'Done.' }) +
      close(1) +
      end('end_turn'),
  };
}
