import type { Ms } from '../core/failure.ts';
import { headerOf, type Incoming } from './incoming.ts';
import { anthropicVoice } from './voices/anthropic.ts';
import { openaiChatVoice } from './voices/openai-chat.ts';
import type { Voice } from './voices/voice.ts';

/**
 * How a request ended.
 * - `answered`: the whole plan was sent, the faults in it included
 * - `left`: the client went away first
 * - `stopped`: the upstream was stopped, or its port closed, first
 */
export interface Ended {
  how: 'answered' | 'left' | 'stopped';
  at: Ms;
}

/** What a request asks a model for; null for everything else (probes, lists, counts). */
export interface Ask {
  voice: Voice;
  model: string;
  stream: boolean;
}

/** One request that reached a scripted upstream. */
export interface Recorded extends Incoming {
  /** 1 for the first request of the upstream. */
  readonly number: number;
  /** 1 for the first connection of the upstream. */
  readonly connection: number;
  /** When its last byte had come. */
  readonly at: Ms;
  readonly ask: Ask | null;
  /** The value of a header by its lower-case name. */
  header(name: string): string | null;
  /** The body as text. */
  text(): string;
  /** Settled when the request is over; never rejected. */
  readonly ended: Promise<Ended>;
  /** How it ended; null while it runs. */
  readonly end: Ended | null;
}

const VOICES: Readonly<Record<string, Voice>> = {
  '/messages': anthropicVoice,
  '/chat/completions': openaiChatVoice,
};

/** A record of `incoming`, and the function that ends it; only the first call of that counts. */
export function record(
  incoming: Incoming,
  place: { number: number; connection: number; at: Ms },
): { recorded: Recorded; finish(end: Ended): void } {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  let end: Ended | null = null;
  const recorded: Recorded = {
    ...incoming,
    ...place,
    ask: askOf(incoming),
    header: (name) => headerOf(incoming.headers, name),
    text: () => new TextDecoder().decode(incoming.body),
    ended: promise,
    get end() {
      return end;
    },
  };
  const finish = (how: Ended) => {
    end ??= how;
    resolve(end);
  };
  return { recorded, finish };
}

function askOf({ method, path, body }: Incoming): Ask | null {
  const [plain = ''] = path.split('?', 1);
  const voice = Object.entries(VOICES).find(([ending]) => plain.endsWith(ending))?.[1];
  if (method !== 'POST' || voice === undefined) return null;
  const { model, stream } = fieldsOf(body);
  return { voice, model: typeof model === 'string' ? model : 'unnamed', stream: stream === true };
}

/** The fields of a JSON body; none of a body that is not a JSON object. */
function fieldsOf(body: Uint8Array): { model?: unknown; stream?: unknown } {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
