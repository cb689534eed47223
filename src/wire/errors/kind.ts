import type { FailureKind } from '../../core/failure.ts';
import { allOf, type ErrorShape } from './error-shape.ts';
import { isMoney } from './money.ts';
import { isAbove, isPerMinute, rateIn } from './per-minute.ts';
import { isAnswerTooLong, isTooLong } from './too-long.ts';

/** Words of error types and codes → the status they stand for, first match wins. */
const STATUS_WORDS: readonly [pattern: RegExp, status: number][] = [
  [/rate_?limit|slow_down|too_many_(?:requests|tokens)|RESOURCE_EXHAUSTED|throttl|quota_exceeded/i, 429],
  [/overloaded|over capacity/i, 529],
  [/insufficient_quota|credit_balance|billing|payment|insufficient[ _](?:balance|credits?)/i, 402],
  [/authentication|invalid_api_key|UNAUTHENTICATED|Unauthorized/i, 401],
  [/permission|PERMISSION_DENIED|AccessDenied/i, 403],
  [/model_not_found|not_found|NOT_FOUND|NotFound(?:Error|Exception)|unexpected endpoint/i, 404],
  [/request_too_large/i, 413],
  [/conflict_error/i, 409],
  [/timeout_error|DEADLINE_EXCEEDED/i, 504],
  [/UNAVAILABLE|service_unavailable/i, 503],
  [/invalid_request|INVALID_ARGUMENT|BadRequest|ValidationException|context_length_exceeded/i, 400],
];

/** The status that words stand for; undefined where they stand for none. */
export function statusOf(words: string): number | undefined {
  return STATUS_WORDS.find(([pattern]) => pattern.test(words))?.[1];
}

/** Google, for a plan that has none of a model: no waiting helps. */
const NO_QUOTA = /\blimit: 0\b(?!\.\d)/;
/** Money is gone, or a limit that does not come back within the minute. */
const EXHAUSTED =
  /insufficient[ _]quota|exceeded your current quota|billing|quota (?:has been )?exhausted|usage limit/i;
const OVERLOADED =
  /overloaded|over[ _-]?capacity|at capacity|capacity exceeded|insufficient_system_resource|engine is busy|server busy|pending requests exceeded|high[_ ]traffic|queue_exceeded|负载|访问量过大/i;
const NO_MODEL =
  /model_not_found|model[^.]{0,80}(?:does not exist|not found|not available|is not supported|unknown|decommissioned)|unknown model|invalid model|no such model|no models? loaded|model not exist/i;
/** What answers there does not know the path: it is another API, or the address is wrong. */
const NO_PATH =
  /unexpected endpoint|invalid url|cannot post|file not found|no route|unknown (?:url|endpoint|path|route)|page not found|no static resource/i;
const BAD_KEY =
  /invalid[ _]?(?:x-)?api[ _-]?key|incorrect api key|api key not valid|api key (?:is )?invalid|authentication[ _](?:fail|error)/i;
const UNSUPPORTED =
  /unsupported|not[ _]supported|does not support|doesn't support|not support|extra inputs|unrecognized request argument|unknown (?:parameter|field|variant|argument)|not implemented|only support text/i;
/** What a model is not let read or say is about this request, not about the credential. */
const FILTERED =
  /moderation|flagged|content[ _]?(?:filter|policy|management)|inappropriate content|data_?inspection/i;
/**
 * The model wrote what its own server could not read, which it may well do better the next time: Groq's codes for it,
 * Ollama's and llama.cpp's parsers of calls.
 */
const FUMBLED =
  /tool_use_failed|json_validate_failed|output_parse_failed|failed to call a function|error parsing tool call|failed to parse (?:tool call|input at pos)|XML syntax error on line|tool call validation failed/i;

/** The model's chat template takes no such conversation, whatever the status: llama.cpp, vLLM and Ollama pass its words on. */
const TEMPLATE =
  /jinja exception|raise_exception|chat[ _]template|requires --jinja|conversation roles must alternate/i;

/** What a refusal is, by its status and by what it says. */
export function kindOf(status: number, shape: ErrorShape): FailureKind {
  // Addresses lead to "billing" whatever happened.
  const text = allOf(shape).replace(/https?:\/\/\S+/g, '');
  const clientSide = status >= 400 && status < 500;
  if (status < 400) return 'garbled';
  if ((clientSide || status === 500) && FUMBLED.test(text)) return 'fumbled';
  const rate = rateIn(status, text);
  if (rate !== undefined) return isAbove(rate) ? 'too_long' : 'rate_limited';
  if ((clientSide || status === 500) && TEMPLATE.test(text)) return 'unsupported';
  if ((clientSide || status === 500) && status !== 429 && isTooLong(text)) return 'too_long';
  if (status === 413) return 'too_long';
  if (status === 402) return 'exhausted';
  // MiniMax says it with 500 as well (MiniMax-AI/MiniMax-M2#62).
  if ((clientSide || status === 500) && isMoney(text)) return 'exhausted';
  if (clientSide && NO_QUOTA.test(text)) return 'exhausted';
  if (clientSide && EXHAUSTED.test(text)) {
    // Google words its limits per minute the same way, but says when to come back.
    return shape.retryMs !== undefined || isPerMinute(text) ? 'rate_limited' : 'exhausted';
  }
  // OpenAI, as 429 and formerly as 503: it is the pace that it minds, not its own state.
  if (/\bslow_down\b/.test(shape.words)) return 'rate_limited';
  if (status === 429) return OVERLOADED.test(text) ? 'overloaded' : 'rate_limited';
  if (status === 529 || status === 498) return 'overloaded';
  // Bedrock: the model failed.
  if (status >= 500 || status === 424) {
    if (status === 501) return 'unsupported';
    return OVERLOADED.test(text) ? 'overloaded' : 'server_error';
  }
  return clientKind(status, text, shape);
}

/** Whether it says that waiting for the limit helps: Google names a time to come back also where it does not. */
export function isWorthWaiting({ message }: ErrorShape): boolean {
  return !NO_QUOTA.test(message);
}

function clientKind(status: number, text: string, { message }: ErrorShape): FailureKind {
  if (status === 401 || BAD_KEY.test(text)) return 'unauthorized';
  if (status === 403) return FILTERED.test(text) ? 'rejected' : 'forbidden';
  if (isAnswerTooLong(text) || /no endpoints found that support/i.test(text)) return 'unsupported';
  if ((status === 404 || status === 400) && NO_PATH.test(message)) return 'misdirected';
  if (status === 404 || (NO_MODEL.test(text) && !/parameter/i.test(text))) return 'no_such_model';
  if (status === 405) return 'unsupported';
  if (status === 408 || status === 409 || status === 425) return 'transient';
  return UNSUPPORTED.test(text) ? 'unsupported' : 'rejected';
}
