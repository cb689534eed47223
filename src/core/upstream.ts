import type { BreakerSettings } from './breaker.ts';
import type { Failure, Ms } from './failure.ts';
import type { Frame } from './frame.ts';
import type { JsonObject, MessagesRequest, ToolParam } from './messages.ts';
import type { ModelFacts } from './model-facts.ts';
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

/** How a model is told to think. */
export type ThinkingStyle = 'adaptive' | 'enabled' | 'default' | 'none';

/** Where an upstream differs from its dialect: data of the preset, never a branch on a name. */
export interface Quirks {
  /** openai-chat: the field that limits the answer. Default `max_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** openai-chat: the role of the system prompt. Default `system`. */
  systemRole?: 'system' | 'developer';
  /** openai-chat: whether `stream_options.include_usage` is understood. Default true. */
  streamUsage?: boolean;
  /**
   * openai-chat: whether `reasoning_effort` may be sent for this model; which efforts it takes is said by what is known of
   * it. Default: never.
   */
  reasoningEffort?: (model: string) => boolean;
  /**
   * openai-chat: whether assistant messages must carry back `reasoning_content` (DeepSeek's thinking mode, Kimi).
   * Default: never.
   */
  reasoningHistory?: (model: string) => boolean;
  /**
   * anthropic, other than Anthropic itself: how a model is told to think. `adaptive`: it decides how much · `enabled`: within
   * a budget · `default`: nothing is said, and it does as it does by itself · `none`: the same, and it is not told to stop
   * thinking either. Default: what a Claude model of that name takes, `enabled` for all others.
   */
  thinking?: (model: string) => ThinkingStyle;
  /**
   * anthropic, other than Anthropic itself: betas that it takes, without their dates, such as `interleaved-thinking`. Each
   * that the client asks for goes along with the fields that it enables; all others stay behind with theirs. Default: none.
   */
  betas?: readonly string[];
  /** anthropic, other than Anthropic itself: whether `cache_control` is understood. Default false. */
  cacheMarks?: boolean;
  /**
   * openai-chat: whether the answer's `reasoning_details`, which hold what a model has signed or encrypted for itself, are
   * kept and carried back (OpenRouter). Default false.
   */
  reasoningDetails?: boolean;
  /** openai-chat: whether an answer may begin with its thinking as `<think>…</think>`. Default false. */
  thinkTags?: boolean;
  /** openai-chat: what turns off thinking that is on by default, when the client wants none. Default: nothing. */
  thinkingOff?: (model: string) => JsonObject | undefined;
  /**
   * openai-chat: whether a JSON schema for the answer is understood for this model, with tools or without; otherwise it is
   * put into words. Default: always.
   */
  jsonSchema?: (model: string, withTools: boolean) => boolean;
  /** Whether sampling parameters must be left out for this model. Default: what is known of it, else never. */
  fixedSampling?: (model: string) => boolean;
  /**
   * Whether `tool_choice` can name a tool; otherwise `anyToolChoice` stands in its place and the rest is said in
   * words. Default true.
   */
  namedToolChoice?: boolean;
  /**
   * `tool_choice` value for "call some tool" of openai-chat; `auto` where there is none, in either dialect, and words say it.
   * Default `required`.
   */
  anyToolChoice?: string;
  /** Whether it can be said that there is to be one call at a time. Default true. */
  parallelToolCalls?: boolean;
  /** openai-chat: the upstream's own web search in the place of Anthropic's. Default: it has none. */
  webSearch?: (tool: ToolParam) => JsonObject;
  /** At most so many characters in the description of a tool or of one of its fields; what is longer is cut. Default: any. */
  maxDescription?: number;
  /**
   * Whether tools' schemas are reduced to what every server reads: one type, properties, lists, enums, descriptions.
   * Default false.
   */
  plainSchemas?: boolean;
  /** Whether tools' schemas may have a `pattern`. Default true. */
  patterns?: boolean;
  /** openai-chat: shape of tool ids the upstream accepts. Default: up to 64 of `[a-zA-Z0-9_-]`. */
  toolId?: 'default' | 'alphanumeric-9';
  /** openai-chat: content of an assistant message that only calls tools. Default `null`. */
  emptyContent?: null | '';
  /** openai-chat: at most this many stop sequences for this model. Default 4. */
  maxStops?: (model: string) => number;
  /** anthropic: whether thinking in the history goes along where its writer is asked. Default true. */
  thinkingHistory?: boolean;
  /** Whether models of which that is not known see images; those that do not get a note in their place. Default true. */
  vision?: boolean;
  /**
   * Whether PDFs are understood, by every model or by those that see; otherwise they are replaced by a note. Default false.
   */
  files?: boolean | 'seeing';
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

export type { JsonObject };
