/** What a refusal says of sizes, in tokens, as far as it says it. */
export interface Sizes {
  /** Of the request, with the answer that it asks for where the server counts that, too. */
  asked?: number;
  /** Of the request alone. */
  prompt?: number;
  /** The prompt was not counted to its end: it has at least so many. */
  isAtLeast?: true;
  /** What the model takes. */
  limit?: number;
}

/** Where a wording names its numbers. The first that fits counts; those that tell the prompt from the answer come first. */
const WORDINGS: readonly RegExp[] = [
  // OpenAI, DeepSeek, vLLM, OpenRouter: maximum context length is L tokens. However, you requested (about) A tokens (P in the
  // messages, F in the functions, R in the completion) · (P of text input, R in the output) · (P in your prompt; R for the completion)
  /context length[^\d]{0,20}(?<limit>\d+)[^\d]{0,120}?(?<asked>\d+)[^\d()]{0,20}\([^()]{0,150}?(?<answer>\d+) (?:in|for) the (?:completion|output)/i,
  // vLLM since 0.12, which stops counting at the limit
  /context length[^\d]{0,20}(?<limit>\d+)[^\d]{0,60}requested (?<answer>\d+) output tokens and your prompt contains (?<least>at least )?(?<prompt>\d+) input/i,
  // vLLM before that: context length is L tokens (and|However,) your request has P input tokens
  /context length[^\d]{0,20}(?<limit>\d+)[^\d]{0,60}your request has (?<prompt>\d+) input/i,
  // SGLang: maximum context length of L tokens. You requested a total of A tokens: P tokens from the input messages and R
  /context length[^\d]{0,20}(?<limit>\d+)[^\d]{0,60}total of (?<asked>\d+)(?:\.0)? tokens: (?<prompt>\d+)/i,
  // Anthropic: input length and `max_tokens` exceed context limit: P + R > L
  /context limit[^\d]{0,12}(?<prompt>\d+) \+ (?<answer>\d+) > (?<limit>\d+)/i,
  // Text Generation Inference, Together: `inputs` tokens + `max_new_tokens` must be <= L. Given: P `inputs` tokens and R
  /must be <= (?<limit>\d+)\. Given: (?<prompt>\d+) .inputs. tokens and (?<answer>\d+)/i,
  // TabbyAPI: Request length P + R is greater than max_seq_len L
  /length (?<prompt>\d+) \+ (?<answer>\d+) is greater than[^\d]{1,30}(?<limit>\d+)/i,
  // xAI: maximum prompt length is L but the request contains A tokens
  /maximum prompt length[^\d]{0,10}(?<limit>\d+)[^\d]{0,40}(?<asked>\d+)/i,
  // Moonshot: exceeded model token limit: L (requested: A)
  /token limit: (?<limit>\d+) \(requested: (?<asked>\d+)/i,
  // OpenAI: Input tokens exceed the configured limit of L tokens. Your messages resulted in A tokens
  /configured limit of (?<limit>\d+)[^\d]{0,50}(?<asked>\d+)/i,
  // Cerebras: Current length is A while limit is L
  /current length is (?<asked>\d+)[^\d]{0,20}limit is (?<limit>\d+)/i,
  // Ollama's cloud, Fireworks: The prompt is too long: A, model maximum context length: L
  /prompt is too long: (?<asked>\d+), [^\d]{0,40}(?<limit>\d+)/i,
  // LM Studio: Trying to keep the first A tokens when context overflows. However, … with context length of only L tokens
  /keep the first (?<asked>\d+) tokens[^\d]{1,120}(?<limit>\d+)/i,
  // llama.cpp: request (A tokens) exceeds the available context size (L tokens) · its log's n_keep: A >= n_ctx: L
  /request \((?<asked>\d+) tokens\)[^\d]{1,60}(?<limit>\d+)/i,
  /n_keep: (?<asked>\d+) >= n_ctx: (?<limit>\d+)/i,
  // SGLang: The input (A tokens) is longer than the model's context length (L tokens)
  /input \((?<asked>\d+) tokens\) is longer[^\d]{1,60}(?<limit>\d+)/i,
  // Poolside and others: Input length (A) exceeds … (L)
  /input length \(?(?<asked>\d+)\)? exceeds[^\d]{1,60}(?<limit>\d+)/i,
  // Mistral: Prompt contains A tokens …, too large for model with L maximum context length
  /contains (?<asked>\d+) tokens.{1,80}?model with (?<limit>\d+)/i,
  // Others: Prompt has A tokens, but the configured context size is L · Prompt too long: A tokens exceeds max context window of L
  /prompt[^\d]{1,20}(?<asked>\d+) tokens[^\d]{1,60}(?<limit>\d+)/i,
  // Gemini: input token count (A) exceeds the maximum number of tokens allowed (L) · Copilot: token count of A exceeds … L
  /token count[^\d]{0,8}(?<asked>\d+)[^\d]{1,90}(?<limit>\d+)/i,
  // OpenAI and all who repeat it, with a total alone: maximum context length is L tokens. However, your messages resulted in A
  /maximum (?:context|input|model) ?(?:length|window)?[^\d]{0,20}(?<limit>\d+)[^\d]{0,120}?(?<asked>\d+)/i,
  // Anthropic, and everybody who copies it: prompt is too long: A tokens > L maximum
  /(?<asked>\d+)(?: tokens)? {0,2}> {0,2}(?<limit>\d+)/i,
  // vLLM, of a prompt with pictures: The prompt (total length A) is too long to fit into the model (context length L)
  /length (?<asked>\d+)\) is too long[^\d]{1,60}(?<limit>\d+)/i,
  // Text Generation Inference: must have less than L tokens. Given: A · Cohere: cannot exceed L - received A
  /(?:less than|exceed|at most) (?<limit>\d+)[^\d]{1,30}(?:given|received|got):? (?<asked>\d+)/i,
  // Whoever says it in order: A tokens exceeds … L · prompt length (A) exceeds … (L) · A is greater than … L (TensorRT-LLM,
  // watsonx, llama-cpp-python, servers made with FastAPI)
  /(?<asked>\d+)(?:\.0)?[^\d]{1,60}?(?:exceed|(?:longer|greater|larger|more) than)[^\d]{1,80}(?<limit>\d+)/i,
  // And the other way round: context length L, prompt length A · context window is L tokens, the request used A
  /context (?:length|window|size)[^\d(]{0,20}(?<limit>\d+)[^\d]{1,60}(?<asked>\d+)/i,
  // total A, max L
  /total (?<asked>\d+), max(?:imum)? (?<limit>\d+)/i,
  // The limit alone. Moonshot: exceeded model token limit: L · GitHub: Request body too large for gpt-x model. Max size: L tokens
  /model token limit: (?<limit>\d+)/i,
  /max size: (?<limit>\d+) tokens/i,
  // Qwen: Range of input length should be [1, L]
  /input length should be \[\d+, ?(?<limit>\d+)/i,
  /(?:context (?:length|window|size)|tokens allowed)(?! by)[^\d(]{0,20}(?<limit>\d+)/i,
];

/** `text` with its numbers in one piece: 128000 for 128,000 and 128_000. */
export function ungrouped(text: string): string {
  return text.replace(/(\d)[,_](?=\d{3}\b)/g, '$1');
}

/** The sizes that a wording names; none where it names none, or numbers that make no sense. */
export function sizesIn(message: string): Sizes {
  const plain = ungrouped(message);
  for (const wording of WORDINGS) {
    const groups = wording.exec(plain)?.groups;
    const sizes = groups === undefined ? undefined : sizesOf(groups);
    if (sizes !== undefined) return sizes;
  }
  return {};
}

function sizesOf(groups: Record<string, string | undefined>): Sizes | undefined {
  const [limit, answer, prompt, asked] = ['limit', 'answer', 'prompt', 'asked'].map((name) =>
    count(groups[name]),
  );
  if (limit === undefined) return undefined;
  const sum = asked ?? (prompt === undefined ? undefined : prompt + (answer ?? 0));
  const own = prompt ?? (asked === undefined || answer === undefined ? undefined : asked - answer);
  // What fits was not refused.
  if (asked !== undefined && asked <= limit) return undefined;
  return {
    limit,
    ...(sum === undefined ? {} : { asked: sum }),
    ...(own === undefined || own < 0 ? {} : { prompt: own }),
    ...(groups.least === undefined ? {} : { isAtLeast: true as const }),
  };
}

/** Longer numbers are no sizes. */
function count(digits: string | undefined): number | undefined {
  return digits === undefined || digits.length > 9 || Number(digits) === 0 ? undefined : Number(digits);
}

/** Servers count a little differently from what they say. */
const SLACK_TOKENS = 64;
/** A smaller answer is not worth having: the conversation has to be compacted. */
const LEAST_TOKENS = 256;
/** An answer that is worth having beside a prompt whose size is not known. */
const MODEST_TOKENS = 4096;

/**
 * How long an answer may be so that the request fits, where a refusal says that the two together do not; undefined where it
 * does not tell them apart, and where the request alone leaves no room worth having.
 */
export function roomIn({ prompt, limit, isAtLeast }: Sizes): number | undefined {
  if (prompt === undefined || limit === undefined) return undefined;
  const room = limit - prompt - SLACK_TOKENS;
  if (room < LEAST_TOKENS) return undefined;
  return isAtLeast === true ? Math.min(MODEST_TOKENS, Math.ceil(room / 2)) : room;
}
