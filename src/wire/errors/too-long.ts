import { roomIn, sizesIn } from './sizes.ts';

/** Wordings for "does not fit the model's context": every provider has its own, and gateways repeat them. */
const TOO_LONG: readonly RegExp[] = [
  // Codes: OpenAI and those like it, llama.cpp, Vertex, Copilot; Z.ai's number for it
  /context[_ ]length[_ ]exceeded|exceed_context_size|context_window_exceeded|model_max_prompt_tokens|ContextWindowExceeded/i,
  /^(?:\w+ )*1261\b/,
  /context (?:length|window|size|limit)/i,
  /(?:prompt|input|context|conversation|request)[ _](?:body )?(?:is )?too[ _](?:long|large)/i,
  /(?:input|prompt|request)[^.]{0,40}(?:too (?:long|large)|longer than|exceed(?:s|ed)?)[^.]{0,60}(?:token|context|length)/i,
  /reduce the length|maximum (?:allowed )?(?:prompt|input) length|model token limit|token limit exceeded/i,
  /token(?: count|s)[^.]{0,40}(?:exceeds?|only supports)|token length too long|exceeds the maximum number of tokens|too many (?:input |total )?(?:tokens|text bytes)/i,
  // TabbyAPI, TensorRT-LLM, by the setting's name
  /(?:longer|greater|larger) than (?:the )?max_seq_len|exceed (?:the )?max_num_tokens/i,
  // By their size in bytes or characters; Text Generation Inference
  /payload (?:size exceeds|too large)|(?:content|entity) too large|(?:messages|input)\[?\d*[\].\w]*.?: string too long/i,
  /.inputs. (?:tokens \+|must have less than)/i,
  // Qwen; llama.cpp and LM Studio, from its log; Z.ai and Qwen in Chinese
  /range of input length|n_keep.{1,20}n_ctx|(?:prompt|输入|上下文).{0,8}(?:超长|过长|超过|超出)/i,
];

/** The same words about a limit in time: waiting helps. */
const PER_TIME = /per[ -]?(?:minute|min|hour|day)\b|rate[ _-]?limit|please wait/i;

/**
 * True when a refusal says that the request does not fit the model. Not so when the prompt alone would fit: then the
 * output limit is too high, and a client that compacts its conversation gains nothing.
 */
export function isTooLong(text: string): boolean {
  if (PER_TIME.test(text) || !TOO_LONG.some((pattern) => pattern.test(text))) return false;
  return !isAnswerTooLong(text);
}

/** The output limit alone is what the model cannot give. */
const ANSWER =
  /at most \d+ (?:completion|output) tokens|max_?(?:completion_|output_|new_)?tokens[^.]{0,40} (?:too (?:large|high)|less than or equal|illegal)|range of max_tokens|maximum (?:allowed )?(?:number of )?(?:output )?tokens (?:you )?requested|maximum allowed number of output tokens/i;

/** True when it is the output limit that the model cannot give, by itself or beside this prompt. */
export function isAnswerTooLong(text: string): boolean {
  const sizes = sizesIn(text);
  return sizes.prompt === undefined ? ANSWER.test(text) : roomIn(sizes) !== undefined;
}

/** The tokens such a refusal names: the model's, and the request's where it is known. */
export function tokensIn(message: string): { asked?: number; limit: number } | undefined {
  const { asked, limit } = sizesIn(message);
  if (limit === undefined) return undefined;
  return asked === undefined || asked <= limit ? { limit } : { asked, limit };
}
