import { AttemptError, type Failure } from '../../src/core/failure.ts';
import type { Frame } from '../../src/core/frame.ts';
import type {
  Block,
  Json,
  KnownBlock,
  Message,
  MessagesRequest,
  StreamEvent,
} from '../../src/core/messages.ts';
import { pipe } from '../../src/core/transducer.ts';
import type { Framing, Inbound, Target } from '../../src/core/upstream.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { sse } from '../../src/wire/framing/sse.ts';

const encoder = new TextEncoder();

export const REQUEST: MessagesRequest = {
  model: 'claude-test-1',
  max_tokens: 1000,
  stream: true,
  messages: [{ role: 'user', content: 'hello' }],
};

export function inboundOf(request: MessagesRequest): Inbound {
  return {
    id: 'r1',
    headers: new Headers(),
    search: '',
    bytes: encoder.encode(JSON.stringify(request)),
    model: request.model,
    stream: request.stream === true,
    modelSpan: [0, 0],
    request,
  };
}

export function targetOf(overrides: Partial<Target> = {}, request: MessagesRequest = REQUEST): Target {
  return {
    model: 'backup-model',
    asked: request.model,
    stream: request.stream === true,
    native: false,
    provider: 'acme',
    quirks: {},
    answerId: 'msg_test0001',
    inbound: inboundOf(request),
    ...overrides,
  };
}

/** What goes upstream for `request`. */
export function encoded(request: MessagesRequest, overrides: Partial<Target> = {}) {
  const { body, headers } = openaiChat.encode(inboundOf(request), targetOf(overrides, request));
  if (typeof body !== 'string') throw new Error('the body is not text');
  return { body: JSON.parse(body), text: body, headers };
}

/** What came of a stream: the frames until it ended or failed. */
export interface Run {
  frames: Frame[];
  failure: Failure | undefined;
}

export function events(run: Run): StreamEvent[] {
  return run.frames.map((frame) => frame.event);
}

/** Decodes `chunks`, as the attempt does: what came before a failure has been passed on. */
export function run(chunks: Iterable<Uint8Array>, target: Target = targetOf(), framing: Framing = sse): Run {
  const decoder = pipe(framing(), openaiChat.decode(target));
  const frames: Frame[] = [];
  try {
    for (const chunk of chunks) for (const frame of decoder.push(chunk)) frames.push(frame);
    for (const frame of decoder.end()) frames.push(frame);
    return { frames, failure: undefined };
  } catch (error) {
    if (!(error instanceof AttemptError)) throw error;
    return { frames, failure: error.failure };
  }
}

export function runText(text: string, target?: Target, framing?: Framing): Run {
  return run([encoder.encode(text)], target, framing);
}

/** `objects` as a stream with `[DONE]`. */
export function sseOf(objects: readonly unknown[], { done = true } = {}): string {
  const lines = objects.map(
    (object) => `data: ${typeof object === 'string' ? object : JSON.stringify(object)}\n\n`,
  );
  return lines.join('') + (done ? 'data: [DONE]\n\n' : '');
}

/** `message` as the body of a server that answers whole: thoughts, words and calls, each in one piece. */
export function completionOf(
  { content, stop_reason, stop_sequence, usage }: Message,
  more: object = {},
): string {
  const of = <T extends KnownBlock['type']>(type: T) =>
    content.filter((block): block is Extract<KnownBlock, { type: T }> => block.type === type);
  const calls = of('tool_use').map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: rawOf(input) },
  }));
  const message = {
    role: 'assistant',
    reasoning_content: of('thinking')
      .map(({ thinking }) => thinking)
      .join(''),
    content: of('text')
      .map(({ text }) => text)
      .join(''),
    ...more,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  const finish = { finish_reason: FINISHES[stop_reason ?? ''] ?? 'stop', stop_reason: stop_sequence };
  const prompt = [usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens];
  return JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message, ...finish }],
    usage: {
      prompt_tokens: prompt.reduce<number>((sum, count) => sum + (count ?? 0), 0),
      completion_tokens: usage.output_tokens,
      prompt_tokens_details: {
        cached_tokens: usage.cache_read_input_tokens,
        cache_write_tokens: usage.cache_creation_input_tokens,
      },
    },
  });
}

/** `message` as a whole body can say it: all thoughts, all words, all calls. */
export function inOrder(message: Message): Message {
  const { content } = message;
  const joined = (type: 'thinking' | 'text'): Block[] => {
    const blocks = content.filter((block) => block.type === type) as Record<string, string>[];
    const words = blocks.map((block) => block[type]).join('');
    return words === '' ? [] : [{ ...blocks[0], [type]: words } as unknown as Block];
  };
  const rest = content.filter(({ type }) => type !== 'thinking' && type !== 'text');
  return { ...message, content: [...joined('thinking'), ...joined('text'), ...rest] };
}

const FINISHES: Record<string, string> = {
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'model_length',
  refusal: 'content_filter',
};

/** The arguments as they came: what is not JSON is kept in a mark of the client's. */
function rawOf(input: Json): string {
  const { __unparsedToolInput: unparsed } = input as { __unparsedToolInput?: { raw: string } };
  return unparsed?.raw ?? JSON.stringify(input);
}

/** Bytes of `text` in pieces of `size`. */
export function* pieces(text: string, size: number): Generator<Uint8Array> {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The same stream as other servers and networks would deliver it. */
export const FORMS: readonly [name: string, form: (text: string) => Iterable<Uint8Array>][] = [
  ['whole', (text) => pieces(text, text.length * 4)],
  ...[1, 2, 3, 7].map((size): [string, (text: string) => Iterable<Uint8Array>] => [
    `in pieces of ${size} bytes`,
    (text) => pieces(text, size),
  ]),
  ['with CRLF', (text) => pieces(text.replaceAll('\n', '\r\n'), 5)],
  ['with CR', (text) => pieces(text.replaceAll('\n', '\r'), 5)],
  ['with a byte order mark', (text) => pieces(`\uFEFF${text}`, 2)],
  ['with comments', (text) => pieces(text.replaceAll('\n\n', '\n\n: still here\n\n'), 64)],
  ['with comments inside events', (text) => pieces(text.replace(/^(?=data)/gm, ':\n: still here\n'), 64)],
  ['with data of several lines', (text) => pieces(text.replace(/^data: ?(.+)$/gm, spread), 64)],
  ['without a space after data:', (text) => pieces(text.replaceAll('data: ', 'data:'), 64)],
  ['with id and retry lines', (text) => pieces(text.replaceAll('data: ', 'id: 7\nretry: 10\ndata: '), 64)],
];

/** A line of data on as many lines as its JSON may have, indented; what is not JSON stays. */
function spread(line: string, data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 1).replace(/^/gm, 'data: ');
  } catch {
    return line;
  }
}
