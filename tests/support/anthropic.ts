import { AttemptError } from '../../src/core/failure.ts';
import type { Frame } from '../../src/core/frame.ts';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { pipe } from '../../src/core/transducer.ts';
import type { Framing, Target } from '../../src/core/upstream.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { framingFor } from '../../src/wire/framing/index.ts';
import { sse } from '../../src/wire/framing/sse.ts';
import { inboundOf, type Run, targetOf } from './openai-chat.ts';

/** What goes to a server that imitates the API. */
export function encoded(request: MessagesRequest, overrides: Partial<Target> = {}) {
  const { body, headers } = anthropic.encode(inboundOf(request), targetOf(overrides, request));
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return { body: JSON.parse(text), text, headers };
}

/** Decodes `chunks`, as the attempt does: what came before a failure has been passed on. */
export function run(chunks: Iterable<Uint8Array>, target: Target = targetOf(), framing: Framing = sse): Run {
  const decoder = pipe(framing(), anthropic.decode(target));
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

/** Decodes a body that comes whole, of a content type that may be wrong. */
export function runText(text: string, target?: Target, contentType = 'text/event-stream'): Run {
  const framing = framingFor(contentType);
  if (framing === null) throw new Error(`no framing for ${contentType}`);
  return run([new TextEncoder().encode(text)], target, framing);
}

/** `events` as a stream, each with its `event:` line. */
export function sseOf(events: readonly { type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}
