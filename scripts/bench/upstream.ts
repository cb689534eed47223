/**
 * The scripted upstream: answers every request at once with an answer that it has made beforehand, as Anthropic would or
 * as an OpenAI-compatible API would, streamed or whole. Runs as a process of its own: `--port N --deltas N`.
 */
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    deltas: { type: 'string', default: '300' },
    burst: { type: 'string', default: '1' },
  },
});
const deltas = Number(values.deltas);
const burst = Number(values.burst);
const words = Array.from({ length: deltas }, (_, index) => `word${index} `);
const encoder = new TextEncoder();

interface Answers {
  whole: Uint8Array;
  /** One entry per write. */
  writes: Uint8Array[];
}

function inBursts(events: string[]): Uint8Array[] {
  return Array.from({ length: Math.ceil(events.length / burst) }, (_, index) =>
    encoder.encode(events.slice(index * burst, (index + 1) * burst).join('')),
  );
}

function anthropic(): Answers {
  const message = (content: object[], stopReason: string | null) => ({
    id: 'msg_01Bench',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage: { input_tokens: 19000, output_tokens: deltas },
  });
  const events = [
    { type: 'message_start', message: message([], null) },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...words.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: deltas },
    },
    { type: 'message_stop' },
  ];
  return {
    whole: encoder.encode(JSON.stringify(message([{ type: 'text', text: words.join('') }], 'end_turn'))),
    writes: inBursts(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)),
  };
}

function openai(): Answers {
  const usage = { prompt_tokens: 19000, completion_tokens: deltas, total_tokens: 19000 + deltas };
  const common = { id: 'chatcmpl-bench', created: 1_700_000_000, model: 'bench' };
  const chunk = (delta: object, finish: string | null) => ({
    ...common,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const events = [
    chunk({ role: 'assistant', content: '' }, null),
    ...words.map((content) => chunk({ content }, null)),
    chunk({}, 'stop'),
    { ...common, object: 'chat.completion.chunk', choices: [], usage },
  ].map((event) => JSON.stringify(event));
  const whole = {
    ...common,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }],
    usage,
  };
  return {
    whole: encoder.encode(JSON.stringify(whole)),
    writes: inBursts([...events, '[DONE]'].map((event) => `data: ${event}\n\n`)),
  };
}

function answer({ whole, writes }: Answers, streamed: boolean): Response {
  if (!streamed) return new Response(whole, { headers: { 'content-type': 'application/json' } });
  const remaining = writes.values();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resume) => setImmediate(resume)); // or several writes would leave as one
      const next = remaining.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

const answers = { '/v1/messages': anthropic(), '/v1/chat/completions': openai() };
const STREAMED = /"stream": ?true/;

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  idleTimeout: 0,
  reusePort: false,
  async fetch(request) {
    const body = await request.text();
    const { pathname } = new URL(request.url);
    const known = Object.entries(answers).find(([path]) => path === pathname);
    if (!known || request.method !== 'POST')
      return new Response('{}', { headers: { 'content-type': 'application/json' } });
    return answer(known[1], STREAMED.test(body));
  },
});
console.log(`listening on ${server.url}`);
