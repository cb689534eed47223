import type { BreakerSettings } from './breaker.ts';
import type { Failure, Ms } from './failure.ts';
import type { Frame } from './frame.ts';
import type { MessagesRequest } from './messages.ts';
import type { ModelFacts } from './model-facts.ts';
import type { Quirks } from './quirks.ts';
import type { Transducer } from './transducer.ts';

/** A request as it came in, read once; every attempt starts from it and nothing changes it. */
export interface Inbound {
  /** Ours, unique per request: `x-ccproxy-request-id`. */
  readonly id: string;
  readonly headers: Headers;
  /** The query string with its `?`, or empty. */
  readonly search: string;
  readonly bytes: Uint8Array;
  /** The model the client asked for, found without parsing the body. */
  readonly model: string;
  /** Whether the client wants a stream; an absent `stream` means no. */
  readonly stream: boolean;
  /** Where the model's JSON string stands in `bytes`, quotes included: [from, to). */
  readonly modelSpan: readonly [from: number, to: number];
  /** Where the value of `messages` stands; absent where the body has none, or nobody has looked. */
  readonly messagesSpan?: readonly [from: number, to: number];
  /**
   * The parsed body; parsed on first use. Nothing is known of its shape before it was checked, as it is for every upstream but
   * Anthropic.
   * @throws Error in words for the client, when it is no JSON after all
   */
  readonly request: MessagesRequest;
}

/** One delimited unit of a response body: an SSE event, or a whole JSON body (then `name` is `''`). */
export interface Packet {
  /** The value of the `event:` field, or `''`. */
  readonly name: string;
  /** The `data:` lines joined with a newline, or the whole body. Decoded on first use. */
  readonly data: string;
  /** Whether `data` is a JSON object; told without decoding it where that can be. */
  readonly isObject: boolean;
  /** The unit exactly as it came, its terminating blank line included. */
  readonly bytes: Uint8Array;
}

/** Cuts a response body into packets. A new one for every response. */
export type Framing = () => Transducer<Uint8Array, Packet>;

/** What a dialect is told about the upstream it writes for. */
export interface Target {
  /** The model name the upstream is asked for. */
  model: string;
  /** The model name the client asked for: what answers carry. */
  asked: string;
  /** Whether the client wants a stream. */
  stream: boolean;
  /** Anthropic itself: the client's own bytes, headers and credential go there unchanged. */
  native: boolean;
  /** Marks thinking with who wrote it: the preset's name, or the upstream's own where that says more. */
  provider: string;
  /** By how much estimates of its input tokens are multiplied, from what it counted before; absent: 1. */
  tokenFactor?: number;
  /** At most this many output tokens, or undefined. */
  maxTokens?: number;
  /** As they are for `model`. */
  quirks: Quirks;
  /** What is known of `model`; absent: nothing. */
  facts?: ModelFacts;
  /** A unique id for the answer, `msg_` included, and the source of tool-call ids where the upstream sends none. */
  answerId: string;
  /**
   * The request that is answered, for dialects whose answer needs it back: shortened tool names become the client's
   * again, and an upstream that counts no tokens gets an estimate.
   */
  inbound?: Inbound;
}

/** A request ready to be sent, but for its credential. */
export interface Encoded {
  body: Uint8Array | string;
  headers: Headers;
}

/**
 * A wire language. Pure: no I/O, no clock. `encode` and `decode` are made anew for every attempt from the pristine
 * inbound request.
 */
export interface Dialect {
  readonly name: string;
  /** The path below the base URL that answers requests, e.g. `/messages`. */
  readonly path: string;
  /** What every request in this dialect carries, whatever it asks for. */
  readonly headers: Readonly<Record<string, string>>;
  encode(inbound: Inbound, target: Target): Encoded;
  /**
   * How an upstream is asked for the input tokens of a request, where the dialect has a way: `encode` for `path` below the
   * base URL. It may have none all the same.
   */
  readonly count?: { readonly path: string; encode(inbound: Inbound, target: Target): Encoded };
  /**
   * Packets → frames. It throws AttemptError for an error inside the stream, for data that is not the dialect's, and
   * from `end()` when the stream ended before the answer did.
   */
  decode(target: Target): Transducer<Packet, Frame>;
  /**
   * What an error answer means. `body` is text; HTML and empty are fine.
   * @param from whose answer it is: Anthropic's own is taken at its word, anybody else's may be worded like any API's
   */
  explain(status: number, headers: Headers, body: string, from: Pick<Target, 'native'>): Failure;
}

/** Adds the credential to `headers` and returns them; null when there is none to send (the upstream is skipped). */
export type Auth = (headers: Headers, inbound: Pick<Inbound, 'headers'>) => Headers | null;

export interface Timeouts {
  /** To a connected socket. */
  connectMs: Ms;
  /** To the first event of a stream. */
  firstEventMs: Ms;
  /** Between two reads of a stream. */
  idleMs: Ms;
  /** To the whole of a non-streaming answer. */
  responseMs: Ms;
}

/**
 * How an upstream is probed, cheapest first. What a success shows: see `Proof`.
 * - `connect`: a connection is opened and closed (for https with its TLS handshake)
 * - `head`: `HEAD` of its address, without a credential; any answer below 500 shows that something is there
 * - `models`: `GET` of its list of models, or what else its provider has that asks for the credential and costs nothing
 * - `count_tokens`: Anthropic's free count of a word
 * - `message`: an answer of one token; the only one that costs
 */
export type ProbeMethod = 'connect' | 'head' | 'models' | 'count_tokens' | 'message';

/** How and when an upstream is probed. */
export interface ProbeSettings {
  enabled: boolean;
  method: ProbeMethod;
  /** `models`: what is asked for below the base, e.g. `/models`. */
  path: string;
  /** Between two probes while requests come; longer while none do. */
  intervalMs: Ms;
  /** To its answer. */
  timeoutMs: Ms;
}

/** One configured place that can answer. */
export interface Upstream {
  /** Unique in the chain. */
  readonly name: string;
  readonly provider: string;
  /** By what the thoughts that it writes are known as its own; default: `provider`. */
  readonly writer?: string;
  readonly dialect: Dialect;
  readonly auth: Auth;
  /** Whose credential it takes: the client's own, or only ccproxy's. */
  readonly takesClientCredential: boolean;
  /** True for Anthropic itself. */
  readonly native: boolean;
  /** Address up to and including the version, without a slash at the end: `https://api.groq.com/openai/v1`. */
  readonly base: string;
  /** The upstream's model for the one asked for. */
  model(asked: string): string;
  /** What is known of one of the upstream's models, the user's settings before the data; absent: nothing. Cheap. */
  facts?(model: string): ModelFacts;
  readonly maxTokens?: number;
  readonly quirks: Quirks;
  readonly timeouts: Timeouts;
  readonly breaker: BreakerSettings;
  readonly probe: ProbeSettings;
  /** At most so many requests at once; absent: no limit. ≥ 1. */
  readonly concurrency?: number;
  /** Headers added to every request, from the configuration. */
  readonly extraHeaders: Readonly<Record<string, string>>;
}

/** The upstreams in the order in which they are asked. */
export type Chain = readonly Upstream[];
