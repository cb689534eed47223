import { filled, isObject, parseJson } from '../../history/json.ts';

/** What an error object says, whichever of the known shapes it has. Empty strings where it says nothing. */
export interface ErrorShape {
  message: string;
  /** Type, code and status words, joined: `rate_limit_error insufficient_quota RESOURCE_EXHAUSTED`. */
  words: string;
  /** The HTTP status it names, which inside a stream is the only one there is. */
  status?: number;
  /** Seconds to wait, where Google's RetryInfo says so. */
  retrySeconds?: number;
  /** The request's tokens and the model's, where llama.cpp says so in fields of their own. */
  tokens?: { asked: number; limit: number };
}

const NOTHING: ErrorShape = { message: '', words: '' };

/** An error answer's body. Text that is no JSON says nothing: pages and messages of proxies are nobody's business. */
export function readBody(body: string): ErrorShape {
  const text = body.trim();
  const value = parseJson(text);
  return value === undefined ? { ...NOTHING, message: titleOf(text) } : readShape(value);
}

/**
 * Shapes: OpenAI `{error:{message,type,code}}` · `{error:"…"}` · `{message}` (Mistral, Bedrock with `__type`) · `{detail}`
 * (FastAPI: text, or a list of `{loc,msg}`) · `{errors:[…]}` (Cloudflare) · `[{error:{…}}]` (Gemini) · OpenRouter's
 * `metadata.raw` is not read: it may quote the request.
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
  if (retry !== undefined) shape.retrySeconds = retry;
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

function retryInfo(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined;
  for (const detail of details.filter(isObject)) {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(filled(detail.retryDelay) ?? '');
    if (seconds !== null) return Number(seconds[1]);
  }
  return undefined;
}

function titleOf(page: string): string {
  if (!page.startsWith('<')) return '';
  return /<title[^>]*>([^<]{1,120})/i.exec(page)?.[1]?.trim() ?? 'an HTML page';
}
