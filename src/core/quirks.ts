import type { JsonObject, ToolParam } from './messages.ts';
import type { Effort, ModelFacts } from './model-facts.ts';

/** How a model is told to think. */
export type ThinkingStyle = 'adaptive' | 'enabled' | 'default' | 'none';

/**
 * Where an upstream differs from its dialect: data of the preset, never a branch on a name. What no preset sets is learnt from
 * a refusal, see `Amendment`.
 */
export interface Quirks {
  /** openai-chat: the field that limits the answer. Default `max_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** openai-chat: the role of the system prompt. Default `system`. */
  systemRole?: 'system' | 'developer';
  /** openai-chat: whether `stream_options.include_usage` is understood. Default true. */
  streamUsage?: boolean;
  /** openai-chat: the efforts that may be asked of this model, weakest first. Default: none. */
  efforts?: (model: string, facts: ModelFacts) => readonly Effort[];
  /** openai-chat: where the effort stands: in a field of its own, or in `reasoning.effort` (OpenRouter). Default the first. */
  effortIn?: 'reasoning_effort' | 'reasoning';
  /**
   * openai-chat: what turns on thinking that may be off by default, when the client wants it. An effort that stands in the
   * same field takes its place. Default: nothing.
   */
  thinkingOn?: (model: string, facts: ModelFacts) => JsonObject | undefined;
  /**
   * openai-chat: what turns off thinking that is on by default, when the client wants none; no effort goes beside it. Where
   * there is nothing, the least of `efforts` is asked for. Default: nothing.
   */
  thinkingOff?: (model: string, facts: ModelFacts) => JsonObject | undefined;
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
   * anthropic, other than Anthropic itself: the efforts that `output_config.effort` may be of this model that thinks, weakest
   * first. Default: none; a budget is as large as the effort asks for then.
   */
  outputEfforts?: (model: string, facts: ModelFacts) => readonly Effort[];
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
  /**
   * openai-chat: whether one message of the history may hold several calls; otherwise each has one of its own, with its
   * result behind it (the chat template of Llama 3). Default true.
   */
  parallelHistory?: boolean;
  /** openai-chat: shape of tool ids the upstream accepts. Default: up to 64 of `[a-zA-Z0-9_-]`. */
  toolId?: 'default' | 'alphanumeric-9';
  /** openai-chat: content of an assistant message that only calls tools. Default `null`. */
  emptyContent?: null | '';
  /** At most this many stop sequences for this model. Default: 4 in openai-chat, otherwise any number. */
  maxStops?: (model: string) => number;
  /** anthropic: whether thinking in the history goes along where its writer is asked. Default true. */
  thinkingHistory?: boolean;
  /**
   * anthropic: whether calls and results are paired before Anthropic itself sees them, where nothing else tells that its
   * history has to be written anew. Default false.
   */
  pairedHistory?: boolean;
  /** Whether models of which that is not known see images; those that do not get a note in their place. Default true. */
  vision?: boolean;
  /**
   * anthropic, other than Anthropic itself: whether a conversation may end with the beginning of the answer; otherwise words
   * of the user's ask for the rest. Default: what is known of a Claude model of that name, else true.
   */
  prefill?: boolean;
  /**
   * anthropic, other than Anthropic itself: whether images may be given by their address; otherwise a note names it. Default
   * false: it is refused by Ollama, and with it the whole conversation.
   */
  imageUrls?: boolean;
  /**
   * Whether PDFs are understood, by every model or by those that see; otherwise they are replaced by a note. Default false.
   */
  files?: boolean | 'seeing';
}
