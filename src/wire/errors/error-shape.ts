import type { Ms } from '../../core/failure.ts';
import { filled, isObject, parseJson } from '../../core/json.ts';
import { durationIn } from '../../core/retry-after.ts';
import { badResp } from './base-resp.ts';
import { excerpt, titleIn } from './excerpt.ts';

/** What an error object says, whichever of the known shapes it has. Empty strings where it says nothing. */
export interface ErrorShape {
  message: string;
  /** Type, code and status words, joined: `rate_limit_error insufficient_quota RESOURCE_EXHAUSTED`. */
  words: string;
  /** What else is told, for reading only: it may quote the request. */
  behind: string;
  /** The HTTP status it names, which inside a stream is the only one there is. */
  status?: number;
  /** How long to wait, where it has a field for that. */
  retryMs?: Ms;
  /** Headers that OpenRouter puts into the body: the limit that was reached. */
  limits?: Headers;
  /** A page for people instead. */
  isPage?: true;
  /** The request's tokens and the model's, where llama.cpp says so in fields of their own. */
  tokens?: { asked: number; limit: number };
}

/** All that it says, for patterns to look into. */
export function allOf({ words, message, behind }: ErrorShape): string {
  return `${words} ${message} ${behind}`;
}

const NOTHING: ErrorShape = { message: '', words: '', behind: '' };

/** Errors inside errors are read so deep. */
const DEEPEST = 10;

/** Whether an answer says by itself that it went wrong. */
export function saysItFailed(answer: Record<string, unknown>): boolean {
  return saysError(answer.error) || badResp(answer) !== undefined;
}

/** Whether an `error` field says that there is one: some servers fill it in everywhere, with `""`, `false`, `{}` or `[]`. */
export function saysError(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== '' && error !== false;
}

/** An error answer's body. Text that is no JSON says nothing: pages and messages of proxies are nobody's business. */
export function readBody(body: string): ErrorShape {
  const text = body.trim();
  const value = parseJson(text);
  if (value !== undefined) return readShape(value);
  return text.startsWith('<') ? { ...NOTHING, message: titleIn(text), isPage: true } : NOTHING;
}

/**
 * Shapes: OpenAI `{error:{message,type,code}}` · `{error:"…"}` · `{message}` (Mistral, Bedrock with `__type`) · `{detail}`
 * (FastAPI: text, an error of its own, or a list of `{loc,msg}`) · `{errors:[…]}` (Cloudflare) · `[{error:{…}}]` (Gemini) ·
 * `{base_resp:{…}}` (MiniMax) · any of these inside another, also as text (gateways).
 */
export function readShape(value: unknown, depth = 0): ErrorShape {
  if (depth > DEEPEST) return NOTHING;
  if (typeof value === 'string') return readText(value, depth);
  if (Array.isArray(value)) return readShape(value[0], depth + 1);
  if (!isObject(value)) return NOTHING;
  const bad = badResp(value);
  if (bad !== undefined) return { ...NOTHING, ...bad };
  const inner = [value.error, value.errors, value.message, value.detail].find(isNested);
  if (inner !== undefined) return withOuter(readShape(inner, depth + 1), value);
  if (typeof value.error === 'string') {
    const { message, error, ...rest } = value;
    // The shorter one is a title: "Unauthorized".
    return readShape({ ...rest, message: filled(message) ?? error, title: error }, depth + 1);
  }
  return readFields(value, depth);
}

/** An error inside of one; FastAPI's list under `detail` has a reading of its own. */
function isNested(value: unknown, at: number): boolean {
  return isObject(value) || (at < 2 && Array.isArray(value) && value.length > 0);
}

/** Words, or an error as JSON that was put into words. */
function readText(text: string, depth: number): ErrorShape {
  const inner = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
  const shape = inner === undefined ? NOTHING : readShape(inner, depth + 1);
  // A gateway that was given a page puts it into its own error.
  if (/^\s*<(?:!doctype|html)/i.test(text)) return { ...NOTHING, message: titleIn(text) };
  return shape.message === '' && shape.words === '' ? { ...NOTHING, message: excerpt(text) } : shape;
}

function readFields(value: Record<string, unknown>, depth: number): ErrorShape {
  const said =
    filled(value.message) ??
    filled(value.msg) ??
    filled(value.Message) ??
    filled(value.error_description) ??
    (detailOf(value.detail) || filled(value.title));
  const inner = readText(said ?? '', depth);
  // Anthropic tells of a spend limit in the details alone.
  const code = isObject(value.details) ? value.details.error_code : undefined;
  const words = [inner.words, value.type, value.code, value.status, value.__type, code].filter((word) =>
    filled(word),
  );
  const shape: ErrorShape = {
    ...inner,
    words: excerpt(words.join(' ')),
    behind: excerpt([inner.behind, ...behind(value, depth)].filter((text) => text !== '').join(' ')),
  };
  const status =
    statusIn(value.code) ??
    statusIn(value.status) ??
    statusIn(value.status_code) ??
    statusIn(value.statusCode);
  if (status !== undefined) shape.status = status;
  const retry = retryInfo(value.details) ?? retryField(value) ?? retryField(value.metadata);
  if (retry !== undefined) shape.retryMs = retry;
  const limits = limitsIn(value.metadata);
  if (limits !== undefined) shape.limits = limits;
  const { n_prompt_tokens: asked, n_ctx: limit } = value;
  if (typeof asked === 'number' && typeof limit === 'number') shape.tokens = { asked, limit };
  return shape;
}

/** The parameter that is at fault, and the error that a gateway was given: OpenRouter's `raw`, others' `details`. */
function behind({ param, metadata, details }: Record<string, unknown>, depth: number): string[] {
  const raw = isObject(metadata) ? metadata.raw : undefined;
  const told = [raw, typeof details === 'string' ? details : undefined].map((value) =>
    readShape(value, depth + 1),
  );
  return [filled(param) ?? '', ...told.flatMap(({ words, message, behind: more }) => [words, message, more])];
}

function withOuter(inner: ErrorShape, outer: Record<string, unknown>): ErrorShape {
  const status =
    inner.status ?? statusIn(outer.code) ?? statusIn(outer.status) ?? statusIn(outer.status_code);
  const retryMs = inner.retryMs ?? retryField(outer);
  return {
    ...inner,
    ...(inner.message === '' ? { message: excerpt(filled(outer.message) ?? '') } : {}),
    ...(status === undefined ? {} : { status }),
    ...(retryMs === undefined ? {} : { retryMs }),
  };
}

/** FastAPI's list says where and what; its `input` quotes the request and is left out. */
function detailOf(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail)) return '';
  return detail
    .slice(0, 20)
    .filter(isObject)
    .map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join('.') : ''}: ${filled(msg) ?? ''}`)
    .join('; ');
}

function statusIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= 400 && number <= 599 ? number : undefined;
}

/** Google's RetryInfo: `retryDelay` as text ("34.4s"), or in parts. */
function retryInfo(details: unknown): Ms | undefined {
  if (!Array.isArray(details)) return undefined;
  const delay = details.filter(isObject).map(({ retryDelay }) => retryDelay);
  const said = delay.find((value) => value !== undefined);
  if (isObject(said)) return 1000 * (Number(said.seconds ?? 0) + Number(said.nanos ?? 0) / 1e9);
  return durationIn(filled(said) ?? '');
}

/** Fields that say it in seconds; some servers put a unit into the name. */
const RETRY_FIELDS: readonly [name: string, each: Ms][] = [
  ['retry_after_ms', 1],
  ['retryAfterMs', 1],
  ['retry_after_seconds', 1000],
  ['retry_after', 1000],
  ['retryAfter', 1000],
];

function retryField(value: unknown): Ms | undefined {
  if (!isObject(value)) return undefined;
  for (const [name, each] of RETRY_FIELDS) {
    const said = value[name];
    if (typeof said === 'number') return said * each;
    if (typeof said === 'string' && said.trim() !== '')
      return Number.isNaN(Number(said)) ? durationIn(said) : Number(said) * each;
  }
  return undefined;
}

function limitsIn(metadata: unknown): Headers | undefined {
  if (!isObject(metadata) || !isObject(metadata.headers)) return undefined;
  const limits = new Headers();
  for (const [name, value] of Object.entries(metadata.headers)) {
    const isLimit = /^(?:x-ratelimit-[\w-]+|retry-after(?:-ms)?)$/i.test(name);
    if (isLimit && /^[\w.-]+$/.test(String(value))) limits.set(name, String(value));
  }
  return limits;
}
