import Anthropic from '@anthropic-ai/sdk';
import type { Frame } from '../../src/core/frame.ts';

/** What the official SDK accumulates from `frames`, without what it adds for its own callers. */
export async function sdkMessage(frames: readonly Frame[]): Promise<unknown> {
  const body = new Blob(frames.map((frame) => frame.bytes as Uint8Array<ArrayBuffer>));
  const client = new Anthropic({
    apiKey: 'none',
    maxRetries: 0,
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  });
  const stream = client.messages.stream({
    model: 'any',
    max_tokens: 10,
    messages: [{ role: 'user', content: 'any' }],
  });
  return plain(await stream.finalMessage());
}

/** Own enumerable fields that have a value; `parsed_output` is the SDK's. */
function plain(message: object): unknown {
  const { parsed_output: _, ...rest } = JSON.parse(JSON.stringify(message)) as Record<string, unknown>;
  return rest;
}
