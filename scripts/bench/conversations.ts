/**
 * The load of an outage, a process of its own: conversations side by side, each with its own session, one request after
 * the other with a pause between. Prints what it measured as one line of JSON. `conversations.ts '{"url":…}'`
 */
import { requestBody } from './request-body.ts';
import { seeded } from './seeded.ts';

export interface Conversations {
  url: string;
  /** What the names of the sessions begin with. */
  name: string;
  conversations: number;
  /** Of each conversation. */
  requests: number;
  /** Of each conversation, sent first and not counted. */
  warmUp: number;
  /** Between two requests of a conversation, on average; milliseconds. */
  pauseMs: number;
  seed: number;
}

/** Requests of a turn: the tools that it calls are answered, and each answer is a request. */
const TURN = 5;

/** One entry per request. */
export interface Answered {
  /** Milliseconds from sending it to the last byte of its answer. */
  took: number;
  /** Upstreams that were asked for it. */
  attempts: number;
}

async function exchange(url: string, session: string, body: Uint8Array<ArrayBuffer>): Promise<Answered> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'claude-cli/2.1.0 (external, cli)',
      'x-api-key': 'sk-test',
      'x-claude-code-session-id': session,
      'anthropic-version': '2023-06-01',
    },
    body,
    proxy: false,
    timeout: false,
  });
  const text = await response.text();
  if (response.status !== 200 || !text.includes('message_stop'))
    throw new Error(`${url} answered ${response.status}: ${text.slice(-500)}`);
  const attempts = Number(response.headers.get('x-ccproxy-attempts'));
  return { took: performance.now() - startedAt, attempts };
}

async function converse(all: Conversations): Promise<Answered[]> {
  const begins = new Uint8Array(requestBody(true, 'begins a turn'));
  const goesOn = new Uint8Array(requestBody(true));
  const random = seeded(all.seed);
  const one = async (index: number) => {
    const answers: Answered[] = [];
    for (let number = 0; number < all.warmUp + all.requests; number += 1) {
      await Bun.sleep(2 * all.pauseMs * random.next());
      const body = (number + index) % TURN === 0 ? begins : goesOn;
      const answered = await exchange(all.url, `${all.name}-${index}`, body);
      if (number >= all.warmUp) answers.push(answered);
    }
    return answers;
  };
  const answers = await Promise.all(Array.from({ length: all.conversations }, (_, index) => one(index)));
  return answers.flat();
}

if (import.meta.main) console.log(JSON.stringify(await converse(JSON.parse(process.argv[2] ?? '{}'))));
