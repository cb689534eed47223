import type { Ms, Outcome } from '../core/failure.ts';
import type { MessagesRequest } from '../core/messages.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Inbound, Target, Upstream } from '../core/upstream.ts';
import { written } from '../core/written.ts';
import { attempt } from './attempt.ts';

/** The cheapest model that every chain has an equivalent of. */
const MODEL = 'claude-haiku-4-5';
const QUESTION: MessagesRequest = {
  model: MODEL,
  max_tokens: 1,
  messages: [{ role: 'user', content: 'hi' }],
};

/** The question's words, to be counted. */
export function countRequest({ model }: Upstream): string {
  return JSON.stringify({ model: model(MODEL), messages: QUESTION.messages });
}

/** Has the upstream answer a word with a token, through everything that a client's request goes through. */
export async function askShortly(
  upstream: Upstream,
  runtime: Runtime,
  timeoutMs: Ms,
  signal: AbortSignal,
): Promise<Outcome> {
  const inbound = inboundOf(runtime.id('req_'));
  const target = targetOf(upstream, runtime.id('msg_'), inbound);
  const contentBy = runtime.clock.now() + timeoutMs;
  const { frames, leave } = attempt({ upstream, inbound, target, runtime, contentBy });
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    for (;;) {
      const step = await frames.next();
      if (step.done) return step.value;
    }
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function targetOf({ model, native, provider, quirks }: Upstream, answerId: string, inbound: Inbound): Target {
  const asked = MODEL;
  return {
    model: model(asked),
    asked,
    stream: false,
    native,
    provider,
    quirks,
    maxTokens: 1,
    answerId,
    inbound,
  };
}

/** The question as if a client had asked it, one without a credential. */
function inboundOf(id: string): Inbound {
  const headers = new Headers({ 'content-type': 'application/json' });
  return written({ id, headers, search: '' }, QUESTION);
}
