import type { Amendment } from '../../core/failure.ts';

/** A refusal that names images: of a model that only reads, or of a server that does not pass them on. */
const IMAGES = /\bimages?\b|image_url|\bvision\b|multi-?modal/i;
const REFUSED =
  /not support|unsupported|n't support|cannot|only supported|not (?:enabled|available|allowed|accept)|no endpoints found|text[- ]only|only (?:supports? )?text|unknown variant|invalid content type/i;

/** The largest answer a model gives, as its refusal of a larger one names it. */
const LARGEST: readonly RegExp[] = [
  /max(?:_completion|_output|_new)?_tokens[^.]{0,80}?(?:less than or equal to|at most|<=|≤|maximum(?: value)?(?: of| is)?|max(?:imum)? allowed(?: value)?(?: is)?)[^\d]{0,20}(\d+)/i,
  /(?:at most|up to|maximum of) (\d+) (?:completion|output) tokens/i,
];
/** OpenAI and vLLM tell the prompt from the answer where both together do not fit. */
const CONTEXT = /maximum context length (?:is|of)[^\d]{0,20}(\d+)/i;
const PROMPT = /\((\d+) in the messages, \d+ in the completion\)|request has (\d+) input tokens/i;
/** Servers count a little differently from what they say. */
const SLACK_TOKENS = 64;
/** A smaller answer is not worth having: the conversation has to be compacted. */
const LEAST_TOKENS = 256;

const OTHER_FIELD = /max_tokens.{0,80}max_completion_tokens/is;

/** Parameters that a server may not know, or not for this model, and the request without them. */
const WITHOUT: readonly [parameter: RegExp, amendment: Amendment][] = [
  [/stream_options/i, { streamUsage: false }],
  [/parallel_tool_calls/i, { parallelToolCalls: false }],
  [/reasoning_effort/i, { reasoningEffort: () => false }],
  [/\b(?:temperature|top_p)\b/i, { fixedSampling: () => true }],
];
const UNKNOWN =
  /not support|unsupported|n't support|unknown|unrecognized|unexpected|not permitted|not allowed|extra inputs|extra fields|only the default/i;

/**
 * What a refusal (4xx) says the request would be taken with: without its images or a parameter, with a smaller answer, with
 * the limit in its newer field. Undefined when it says nothing of the kind.
 */
export function amendmentIn(message: string): Amendment | undefined {
  if (OTHER_FIELD.test(message) && /unsupported|not supported|instead/i.test(message)) {
    return { maxTokensField: 'max_completion_tokens' };
  }
  const maxTokens = largestIn(message.replace(/(\d)[,_](?=\d{3}\b)/g, '$1'));
  if (maxTokens !== undefined) return { maxTokens };
  const unknown = UNKNOWN.test(message) ? WITHOUT.find(([parameter]) => parameter.test(message)) : undefined;
  if (unknown !== undefined) return unknown[1];
  return IMAGES.test(message) && REFUSED.test(message) ? { vision: false } : undefined;
}

function largestIn(message: string): number | undefined {
  for (const pattern of LARGEST) {
    const largest = Number(pattern.exec(message)?.[1]);
    if (largest > 0) return largest;
  }
  const prompt = PROMPT.exec(message);
  const room = Number(CONTEXT.exec(message)?.[1]) - Number(prompt?.[1] ?? prompt?.[2]) - SLACK_TOKENS;
  return room >= LEAST_TOKENS ? room : undefined;
}
