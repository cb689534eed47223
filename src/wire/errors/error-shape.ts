import type { Ms } from '../../core/failure.ts';
import { durationIn } from '../../core/retry-after.ts';
import { filled, isObject, parseJson } from '../history/json.ts';

/** What an error object says, whichever of the known shapes it has. Empty strings where it says nothing. */
export interface ErrorShape {
  message: string;
  /** Type, code and status words, joined: `rate_limit_error insufficient_quota RESOURCE_EXHAUSTED`. */
  words: string;
  /** The HTTP status it names, which inside a stream is the only one there is. */
  status?: number;
  /** How long to wait, where Google's RetryInfo says so. */
  retryMs?: Ms;
  /** Headers that OpenRouter puts into the body: the limit that was reached. */
  limits?: Headers;
  /** A page for people instead. */
  isPage?: true;
  /** The request's tokens and the model's, where llama.cpp says so in fields of their own. */
  tokens?: { asked: number; limit: number };
}

const NOTHING: ErrorShape = { message: '', words: '' };

/** An error answer's body. Text that is no JSON says nothing: pages and messages of proxies are nobody's business. */
export function readBody(body: string): ErrorShape {
  const text = body.trim();
  const value = parseJson(text);
  if (value !== undefined) return readShape(value);
  return text.startsWith('<') ? { ...NOTHING, message: titleOf(text), isPage: true } : NOTHING;
}

/**
 * Shapes: OpenAI `{error:{message,type,code}}` · `{error:"…"}` · `{message}` (Mistral, Bedrock with `__type`) · `{detail}`
 * (FastAPI: text, or a list of `{loc,msg}`) · `{errors:[…]}` (Cloudflare) · `[{error:{…}}]` (Gemini) · of OpenRouter's
 * `metadata` only the limits are read: its `raw` may quote the request.
 */
export function readShape(value: unknown): ErrorShape {
  if (typeof value === 'string') return { ...NOTHING, message: value };
  if (Array.isArray(value)) return value.length === 0 ? NOTHING : readShape(value[0]);
  if (!isObject(value)) return NOTHING;
  if (isObject(value.error)) return withOuter(readShape(value.error), value);
  if (typeof value.error === 'string') {
    return { ...readShape({ ...value, error: undefined }), message: filled(value.message) ?? value.error };
  }
  if (Array.isArray(value.errors) && value.errors.length > 0) return readShape(value.errors[0]);
  const shape: ErrorShape = {
    message: filled(value.message) ?? filled(value.msg) ?? detailOf(value.detail),
    words: [value.type, value.code, value.status, value.__type].filter((word) => filled(word)).join(' '),
  };
  const status = statusIn(value.code) ?? statusIn(value.status) ?? statusIn(value.status_code);
  if (status !== undefined) shape.status = status;
  const retry = retryInfo(value.details);
  if (retry !== undefined) shape.retryMs = retry;
  const limits = limitsIn(value.metadata);
  if (limits !== undefined) shape.limits = limits;
  const { n_prompt_tokens: asked, n_ctx: limit } = value;
  if (typeof asked === 'number' && typeof limit === 'number') shape.tokens = { asked, limit };
  return shape;
}

function withOuter(inner: ErrorShape, outer: Record<string, unknown>): ErrorShape {
  const status = inner.status ?? statusIn(outer.code) ?? statusIn(outer.status);
  return status === undefined ? inner : { ...inner, status };
}

/** FastAPI's list says where and what; its `input` quotes the request and is left out. */
function detailOf(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (isObject(detail)) return filled(detail.message) ?? filled(detail.msg) ?? '';
  if (!Array.isArray(detail)) return '';
  return detail
    .filter(isObject)
    .map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join('.') : ''}: ${filled(msg) ?? ''}`)
    .join('; ');
}

function statusIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= 400 && number <= 599 ? number : undefined;
}

function retryInfo(details: unknown): Ms | undefined {
  if (!Array.isArray(details)) return undefined;
  const delay = details.filter(isObject).map(({ retryDelay }) => filled(retryDelay));
  return durationIn(delay.find((text) => text !== undefined) ?? '');
}

function limitsIn(metadata: unknown): Headers | undefined {
  if (!isObject(metadata) || !isObject(metadata.headers)) return undefined;
  const limits = new Headers();
  for (const [name, value] of Object.entries(metadata.headers)) {
    const isLimit = /^(?:x-ratelimit-[\w-]+|retry-after)$/i.test(name);
    if (isLimit && /^[\w.-]+$/.test(String(value))) limits.set(name, String(value));
  }
  return limits;
}

function titleOf(page: string): string {
  return /<title[^>]*>([^<]{1,120})/i.exec(page)?.[1]?.trim() ?? 'an HTML page';
}
