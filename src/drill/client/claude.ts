import type { Ms } from '../../core/failure.ts';
import { type Block, isBlock, isThinking, type JsonObject, type MessageParam } from '../../core/messages.ts';
import type { Clock } from '../../core/runtime.ts';
import { nextStep } from './reactions.ts';
import { type Reading, type ReadingNews, read } from './reading.ts';
import { bodyOf, HEADERS } from './request.ts';

/**
 * What carries a request to the proxy: a connection, or nothing but a call. Rejects where there is no answer, and ends what
 * is under way when the signal aborts.
 */
export type Carry = (request: { headers: Headers; body: string; signal: AbortSignal }) => Promise<Response>;

/** One request of a client, and what it has of the answer. */
export interface Exchange extends Reading {
  stream: boolean;
  startedAt: Ms;
}

/** A tool that the client ran. */
export interface ToolRun {
  name: string;
  input: JsonObject;
}

/** A user's turn: from a prompt to the last word of the answer, however many requests that takes. */
export interface Turn {
  exchanges: readonly Exchange[];
  /** The answer is there; otherwise the user reads `error`. */
  isFinished: boolean;
  /** The text of the last message, as the user has it in the end. */
  result: string;
  /** What stays in the conversation of every message of the assistant, in order. */
  kept: readonly (readonly Block[])[];
  tools: readonly ToolRun[];
  error: string | null;
}

export interface ClaudeOptions {
  clock: Clock;
  carry: Carry;
  /** Of its session; also its name in what is written down. */
  session: string;
  model?: string;
  /** Default 32,000, as the real client. */
  maxTokens?: number;
  /** More headers for every request. */
  headers?: Readonly<Record<string, string>>;
  /** Whether the first request of a turn asks for a stream; default true. */
  stream?: boolean;
  /** Of a turn; what goes on for longer is given up. Default 24. */
  mostRequests?: number;
  /** How often a refused request is repeated; the real client's number is 10. */
  retries?: number;
  /** Silence after which it gives up; default 300 s, as the real client. */
  silenceMs?: Ms;
  news?: ClaudeNews;
  /** Aborts when the user leaves. */
  gone?: AbortSignal;
}

/** For somebody who watches it. */
export interface ClaudeNews extends ReadingNews {
  asks?(stream: boolean): void;
  ended?(exchange: Exchange): void;
  tool?(run: ToolRun): void;
}

/**
 * Plays Claude Code: asks, reads, runs tools, and tries again where, how and how often 2.1.197 was measured to, without its
 * jitter (`tests/e2e/played-client.test.ts` compares them). 2.1.328 asks again in more places: what this client bears, that one
 * does. The conversation goes on from turn to turn.
 */
export interface Claude {
  turn(prompt: string): Promise<Turn>;
}

/** A turn of more requests than this goes in a circle, unless it is said otherwise. */
const MOST_REQUESTS = 24;
/** The real client gives up a request that is silent for so long (measured). */
const SILENCE_MS: Ms = 300_000;

/** What it asks for unless it is told otherwise. */
export const MODEL = 'claude-opus-4-8';

export function createClaude(options: ClaudeOptions): Claude {
  const { clock, carry, session, model = MODEL, maxTokens = 32_000, news = {} } = options;
  const headers = new Headers({ ...HEADERS, 'x-claude-code-session-id': session, ...options.headers });
  const messages: MessageParam[] = [];

  async function exchange(stream: boolean): Promise<Exchange> {
    const startedAt = clock.now();
    news.asks?.(stream);
    const body = bodyOf({ model, maxTokens, messages, stream, session });
    const patience = patienceOf(clock, options.silenceMs ?? SILENCE_MS);
    const signal =
      options.gone === undefined ? patience.signal : AbortSignal.any([patience.signal, options.gone]);
    const reading = await read(carry({ headers: new Headers(headers), body, signal }), clock, signal, {
      ...news,
      event(frame) {
        if (frame.name !== 'ping') patience.heard();
        news.event?.(frame);
      },
    });
    patience.stop();
    const made = { ...reading, stream, startedAt };
    news.ended?.(made);
    return made;
  }

  async function turn(prompt: string): Promise<Turn> {
    const exchanges: Exchange[] = [];
    const kept: Block[][] = [];
    const tools: ToolRun[] = [];
    messages.push({ role: 'user', content: [{ type: 'text', text: prompt }] });
    let stream = options.stream ?? true;
    for (;;) {
      const answer = await exchange(stream);
      exchanges.push(answer);
      if (options.gone?.aborted) return left(exchanges);
      const step = nextStep(exchanges, { retries: options.retries ?? 10 });
      const isOver = exchanges.length >= (options.mostRequests ?? MOST_REQUESTS) && step.go !== 'finish';
      const blocks = step.go === 'again' || step.go === 'fail' ? [] : keptOf(answer.blocks);
      if (blocks.length > 0) {
        kept.push(blocks);
        messages.push({ role: 'assistant', content: blocks });
      }
      if (isOver || step.go === 'fail') {
        const error = isOver ? 'the turn goes in a circle' : step.go === 'fail' ? step.error : null;
        return { exchanges, isFinished: false, result: textOf(kept.at(-1)), kept, tools, error };
      }
      if (step.go === 'finish')
        return { exchanges, isFinished: true, result: textOf(kept.at(-1)), kept, tools, error: null };
      if (step.go === 'again') {
        stream = step.stream;
        if (step.waitMs > 0) await wait(step.waitMs, clock);
        continue;
      }
      stream = true;
      messages.push({
        role: 'user',
        content: step.go === 'tools' ? run(blocks, tools) : [step.go === 'resume' ? RESUME : NUDGE],
      });
    }
  }

  /** Runs the calls among `blocks`: their results. */
  function run(blocks: readonly Block[], tools: ToolRun[]): Block[] {
    return blocks.flatMap((block): Block[] => {
      if (!isBlock(block, 'tool_use')) return [];
      const { id, name, input } = block;
      const ran = { name, input: input as JsonObject };
      tools.push(ran);
      news.tool?.(ran);
      return [{ type: 'tool_result', tool_use_id: id, content: `${name} has run` }];
    });
  }

  return { turn };
}

/** What stays of an answer: thoughts without anything else are dropped (measured). */
function keptOf(blocks: readonly Block[]): Block[] {
  return blocks.every(({ type }) => isThinking(type)) ? [] : [...blocks];
}

/** The error of a turn whose user has left. */
export const LEFT = 'the user left';

/** What comes of such a turn. */
function left(exchanges: readonly Exchange[]): Turn {
  return { exchanges, isFinished: false, result: '', kept: [], tools: [], error: LEFT };
}

/** Aborts after a silence that no ping has broken: pings are no sign of life to the client (measured). */
function patienceOf(clock: Clock, silenceMs: Ms): { signal: AbortSignal; heard(): void; stop(): void } {
  const gone = new AbortController();
  const start = () => clock.after(silenceMs, () => gone.abort());
  let timer = start();
  return {
    signal: gone.signal,
    heard() {
      timer.cancel();
      timer = start();
    },
    stop: () => timer.cancel(),
  };
}

/** The user's words where there was nothing to see. */
const NUDGE: Block = { type: 'text', text: 'There was nothing to see. Say something that can be seen.' };

/** The user's words by which it goes on from an answer that ran out of tokens. */
const RESUME: Block = { type: 'text', text: 'The limit was reached. Go on from where it stopped.' };

function textOf(blocks: readonly Block[] = []): string {
  return blocks.map((block) => (isBlock(block, 'text') ? block.text : '')).join('');
}

function wait(ms: Ms, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
