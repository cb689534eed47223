/** Wordings for "does not fit the model's context": OpenAI, Groq, vLLM, llama.cpp, Gemini, OpenRouter, Mistral, Anthropic. */
const TOO_LONG =
  /context_length_exceeded|exceed_context_size|maximum context length|context (?:length|window|size|limit)|(?:prompt|input) is too long|too many tokens|(?:input|prompt|request)[^.]{0,40}(?:too (?:long|large)|exceeds?)[^.]{0,60}(?:token|context|length)|reduce the length|token count[^.]{0,40}exceeds|exceeds the available context/i;

/** Where a wording names both numbers: asked first, or limit first. */
const NUMBERS: readonly [pattern: RegExp, limitFirst: boolean][] = [
  // OpenAI, OpenRouter, vLLM: maximum context length is 8192 tokens. However, you requested (about) 9000 tokens
  [/maximum (?:context|input|model) ?(?:length|window)?[^\d]{0,20}(\d+)[^\d]{0,120}?(\d+)/i, true],
  // Gemini: input token count (1200000) exceeds the maximum number of tokens allowed (1048576)
  [/token count[^\d]{0,8}(\d+)[^\d]{1,90}(\d+)/i, false],
  // llama.cpp: the request exceeds the available context size (…) request (9000 tokens) exceeds … (8192 tokens)
  [/request \((\d+) tokens\)[^\d]{1,60}(\d+)/i, false],
  // Anthropic, and everybody who copies it: prompt is too long: 210000 tokens > 200000 maximum
  [/(\d+)(?: tokens)?\s*>\s*(\d+)/i, false],
  // Groq, for a request above the tokens of a minute: Limit 6000, Requested 80000
  [/limit (\d+), requested (\d+)/i, true],
  // Mistral: Prompt contains 40000 tokens … too large for model with 32768 maximum context length
  [/contains (\d+) tokens.{1,80}?model with (\d+)/i, false],
];

/** Where a wording tells the prompt from the answer that is asked for. OpenAI and vLLM; the newer vLLM. */
const PROMPT = /\((\d+) in the messages, \d+ in the completion\)|request has (\d+) input tokens/i;

/**
 * True when a refusal says that the request does not fit the model. Not so when the prompt alone would fit: then the
 * output limit is too high, and a client that compacts its conversation gains nothing.
 */
export function isTooLong(text: string): boolean {
  return TOO_LONG.test(text) && !isAnswerTooLong(text);
}

/** True when it is the output limit that the model cannot give. */
export function isAnswerTooLong(text: string): boolean {
  const prompt = PROMPT.exec(text);
  if (prompt === null)
    return /at most \d+ completion tokens|max_(?:completion_)?tokens[^.]{0,40} (?:too (?:large|high)|less than or equal)/i.test(
      text,
    );
  const limit = /maximum context length[^\d]{0,20}(\d+)/i.exec(text);
  return limit !== null && Number(prompt[1] ?? prompt[2]) < Number(limit[1]);
}

/** The tokens such a refusal names; undefined when it names none, or numbers that make no sense. */
export function tokensIn(message: string): { asked: number; limit: number } | undefined {
  const plain = message.replace(/(\d),(?=\d{3}\b)/g, '$1');
  for (const [pattern, limitFirst] of NUMBERS) {
    const match = pattern.exec(plain);
    if (match === null) continue;
    const [first, second] = [Number(match[1]), Number(match[2])];
    const tokens = limitFirst ? { asked: second, limit: first } : { asked: first, limit: second };
    if (tokens.limit > 0 && tokens.asked > tokens.limit) return tokens;
  }
  return undefined;
}
