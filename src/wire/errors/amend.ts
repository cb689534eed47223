import type { Amendment } from '../../core/failure.ts';
import { isRefusedSchema } from './refused-schema.ts';
import { roomIn, sizesIn, ungrouped } from './sizes.ts';

/** A refusal that names images: of a model that only reads, or of a server that does not pass them on. */
const IMAGES = /\bimages?\b|image_url|\bvision\b|multi-?modal|\bmmproj\b/i;
/** The same of documents. */
const FILES = /\bfiles?\b|input_file|\bpdfs?\b|\bdocuments?\b/i;
const REFUSED =
  /not support|unsupported|n't support|cannot|only supported|not (?:enabled|available|allowed|accept)|no endpoints found|text[- ]only|only (?:supports? )?text|unknown variant|invalid (?:content type|value)|at most \d+ images?/i;
/**
 * Whoever says this sees none at all, with or without a word for images: cc-switch#5025 · vLLM (vllm-project/vllm#23402), and where
 * it is started so · Ollama, of a model whose eyes are missing (valentinfrlch/ha-llmvision#691).
 */
const BLIND =
  /only supports? text\b|not a multi-?modal|missing data required for image|not have (?:any )?vision|no image processor|at most 0 images?|\bmodel\b.{0,80} cannot process images|image urls? are not allowed for this model/i;
/** It takes images, but not one of these, or not so many: a picture that nobody can read would end the session. */
const BAD_IMAGE =
  /(?:could not|unable to|failed to|cannot|can't) (?:process|decode|load|read|fetch|download|identify|parse)\b.{0,30}\bimage|invalid[ _]image|unsupported[ _]image|image.{0,40}(?:exceeds?|too (?:large|big|many)|could not be (?:loaded|processed|decoded))|too many images|at most \d+ images?/i;
/** What of an image is refused, where not all of them are. */
const OF_AN_IMAGE =
  /\bimage (?:format|type|size|dimension|url|file)s?\b|\bimage\/\w+|\b(?:media|mime)[ _]?type/i;
/** The kind of part is refused, and named, among those that are taken. */
const FILE_PART =
  /(?:invalid (?:value|content type)|unknown variant):? ['"`](?:input_)?(?:file|document)['"`]/i;
const BAD_FILE =
  /(?:could not|unable to|failed to|cannot) (?:process|read|parse|open)\b.{0,30}\b(?:pdf|document|file)/i;

/** The largest answer a model gives, as its refusal of a larger one names it. */
const LARGEST: readonly RegExp[] = [
  /max(?:_completion|_output|_new)?_tokens[^.]{0,80}?(?:less than or equal to|at most|<=|≤|maximum(?: value)?(?: of| is)?|max(?:imum)? allowed(?: value)?(?: is)?)[^\d]{0,20}(\d+)/i,
  /(?:at most|up to|maximum of) (\d+) (?:completion|output) tokens/i,
  // DeepSeek, Qwen: the valid range of max_tokens is [1, 8192] · Z.ai: The max_tokens parameter is illegal.：限制数值范围[1,131072]
  /max_tokens.{0,60}\[\d+, ?(\d+)\]/i,
  // Anthropic and Bedrock: max_tokens: 64000 > 8192, which is the maximum · exceeds the model limit of 8192
  /max_tokens: \d+ > (\d+)/i,
  /maximum tokens you requested exceeds the model limit of (\d+)/i,
  // Fireworks: Requests with max_tokens > 4096 must have stream=true
  /max_tokens > (\d+) must have/i,
  // Gemini: the supported range is from 1 (inclusive) to 65537 (exclusive)
  /maxOutputTokens.{0,80}\(inclusive\) to (\d+) \(exclusive\)/i,
];

/** A tool's description that is longer than a server reads: OpenAI's limit, and that of those who copied it, is 1024. */
const DESCRIPTION =
  /(?:(?:tools?|functions?)\b.{0,60}description|description of (?:the )?(?:tool|function)\b)[^\d]{0,80}?(?:max(?:imum)?(?: allowed)?(?: length)?|at most|up to|longer than|exceeds?|limit)[^\d]{0,30}(\d{2,6})/i;

const OTHER_FIELD = /max_tokens.{0,80}max_completion_tokens/is;

const UNKNOWN =
  /not support|unsupported|n't support|\bunknown(?!_error)|unrecognized|unexpected|not permitted|not allowed|extra inputs|extra fields|extra_forbidden|only the default|only \S+ is allowed|unavailable|may not|cannot (?:both )?be|not (?:one of|valid|available|enabled)|does not match|no endpoints found|must be (?:one of|['"[])|should be (?:one of|['"[])|expected (?:one of|['"`])|one of the (?:strings|allowed)|requires? reasoning to be|\binvalid\b|\bincorrect\b/i;

/** What a server may not know, or not for this model, and the request without it. The first that is named counts. */
const WITHOUT: readonly [named: RegExp, amendment: Amendment][] = [
  // DeepSeek, Kimi: the two exclude each other, and it is the choice that can be asked for in words.
  [/tool_?choice|forces? tool use/i, { anyToolChoice: 'auto', namedToolChoice: false }],
  [/stream_options/i, { streamUsage: false }],
  [/parallel_tool_calls|parallel tool[- ]call|disable_parallel_tool_use/i, { parallelToolCalls: false }],
  // OpenRouter, Fireworks: of a model that always thinks.
  [
    /reasoning is mandatory|requires? reasoning to be enabled|reasoning\b.{0,30}cannot be (?:disabled|turned off)/i,
    { thinkingOff: () => undefined },
  ],
  // Ollama: invalid reasoning value · think value "none" is not supported for this model
  [/reasoning[ _]effort|(?:reasoning|think) value/i, { efforts: () => [], thinkingOff: () => undefined }],
  [/\b(?:temperature|top_p|top_k)\b/i, { fixedSampling: () => true }],
  [/['"`]stop['"`]|\bstop_sequences?\b|\bstop: /i, { maxStops: () => 0 }],
  // Anthropic, of a model that has none: This model does not support the effort parameter
  [/\beffort parameter|output_config\.effort/i, { outputEfforts: () => [] }],
  [/output_config/i, { jsonSchema: () => false, betas: [], outputEfforts: () => [] }],
  [
    /response_format|json_schema\b|structured[ _]outputs?|output_format/i,
    { jsonSchema: () => false, betas: [] },
  ],
  [/anthropic-beta|context_management|\bstrict\b/i, { betas: [] }],
  [/cache_control/i, { cacheMarks: false }],
  [/\bdeveloper\b|message role|role information|\brole: input should be/i, { systemRole: 'system' }],
  [/max_completion_tokens/i, { maxTokensField: 'max_tokens' }],
  // vLLM: chat_template is not supported for Mistral tokenizers
  [
    /chat_template(?:_kwargs)?\b|enable_thinking/i,
    { thinkingOn: () => undefined, thinkingOff: () => undefined },
  ],
  [
    /['"`]reasoning['"`]|\breasoning\.(?:effort|enabled)\b|\breasoning: |supplied: reasoning\b/i,
    { efforts: () => [], thinkingOn: () => undefined, thinkingOff: () => undefined },
  ],
  [/['"`]adaptive['"`]|adaptive thinking/i, { thinking: () => 'enabled' }],
  [/thinking\.type\.enabled/i, { thinking: () => 'adaptive' }],
  [
    /\bthinking\b/i,
    {
      thinking: () => 'none',
      efforts: () => [],
      thinkingOn: () => undefined,
      thinkingOff: () => undefined,
    },
  ],
];

/**
 * What a refusal says the request would be taken with: without its images or a parameter, with a smaller answer, with
 * shorter descriptions or plainer schemas of tools, with the limit in its other field. Undefined when it says nothing of the
 * kind.
 * @param text all that it says: message, codes, and the parameter that it names
 */
export function amendmentIn(text: string): Amendment | undefined {
  if (OTHER_FIELD.test(text) && /unsupported|not supported|instead/i.test(text)) {
    return { maxTokensField: 'max_completion_tokens' };
  }
  const plain = ungrouped(text);
  const maxDescription = Number(DESCRIPTION.exec(plain)?.[1]);
  if (maxDescription > 0) return { maxDescription };
  const maxTokens = largestIn(plain);
  if (maxTokens !== undefined) return { maxTokens };
  return ofHistory(text) ?? ofParameter(text) ?? ofMedia(text);
}

/**
 * The conversation may not end with the beginning of the answer: Anthropic, Bedrock, llama.cpp, Mistral, DeepSeek, Perplexity,
 * Gemini, vLLM.
 */
const PREFILL =
  /prefill.{0,60}(?:not support|unsupported|incompatible|not allowed)|not support.{0,30}prefill|\bends? with a user (?:message|role)|assistant messages at the end|expected last role|last message.{0,30}(?:must|should|has to) (?:be|have).{0,12}\buser\b|last message is from the assistant/i;

/** What a conversation has to be like. */
function ofHistory(text: string): Amendment | undefined {
  if (/only supports? single tool[- ]?calls? at once/i.test(text)) return { parallelHistory: false };
  if (PREFILL.test(text)) return { prefill: false };
  if (/tool.?call.?id.{0,80}(?:length of 9|9 characters)/i.test(text)) return { toolId: 'alphanumeric-9' };
  if (/reasoning_content/i.test(text)) {
    const isMissing = /missing|required|must be (?:passed|provided|included|sent)/i.test(text);
    if (isMissing || UNKNOWN.test(text)) return { reasoningHistory: () => isMissing };
  }
  return isSignatureRefused(text) ? { thinkingHistory: false } : undefined;
}

/** Whether it is the thinking of the history that is not taken: somebody else's, or changed on its way. */
export function isSignatureRefused(text: string): boolean {
  return (
    /invalid .{0,4}(?:signature|data).{0,4} in .{0,4}(?:redacted_)?thinking|thinking\.signature|redacted_thinking\.data/i.test(
      text,
    ) || /thinking.{0,4} (?:or .{0,30} )?blocks? .{0,80}cannot be modified/i.test(text)
  );
}

function ofParameter(text: string): Amendment | undefined {
  if (isRefusedSchema(text)) return { plainSchemas: true };
  return UNKNOWN.test(text) ? WITHOUT.find(([named]) => named.test(text))?.[1] : undefined;
}

function ofMedia(text: string): Amendment | undefined {
  if (FILE_PART.test(text)) return { files: false };
  if (BLIND.test(text)) return { vision: false };
  const isRefused = REFUSED.test(text);
  const isOfImages = isRefused && IMAGES.test(text);
  if (BAD_IMAGE.test(text) || (isOfImages && OF_AN_IMAGE.test(text))) return { images: false };
  if (isOfImages) return { vision: false };
  if (BAD_FILE.test(text)) return { documents: false };
  return isRefused && FILES.test(text) ? { files: false } : undefined;
}

function largestIn(text: string): number | undefined {
  const sizes = sizesIn(text);
  if (sizes.prompt !== undefined) return roomIn(sizes);
  for (const pattern of LARGEST) {
    const largest = Number(pattern.exec(text)?.[1]);
    if (largest > 0) return pattern.source.includes('exclusive') ? largest - 1 : largest;
  }
  return undefined;
}
