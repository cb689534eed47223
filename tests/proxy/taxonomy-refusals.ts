/** Refusals over money and limits, in each provider's own words, and what they are. */
import type { FailureKind, Ms } from '../../src/core/failure.ts';
import { NOON } from '../support/manual-clock.ts';

const SECOND: Ms = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** Their clock is far from ours: every instant they name is theirs. */
export const THEIRS = NOON + 7 * HOUR;

/** A failure's kind and wait; the wait is part of every row, whether there is one or not. */
export type Meaning = [kind: FailureKind, waitMs?: Ms];

export type Refusal = [
  who: string,
  /** `anthropic`: Anthropic itself, and whoever speaks its API. */
  dialect: 'anthropic' | 'openai-chat',
  status: number,
  headers: Record<string, string>,
  body: object,
  meaning: Meaning,
];

export const native = (type: string, message: string, details?: object) => ({
  type: 'error',
  error: { type, message, ...(details === undefined ? {} : { details }) },
});
const openai = (message: string, code: string | number | null = null) => ({
  error: { message, type: code, code },
});
const google = (message: string, retryDelay?: string) => ({
  error: {
    code: 429,
    message,
    status: 'RESOURCE_EXHAUSTED',
    details:
      retryDelay === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }],
  },
});

const epoch = (at: Ms) => String(at / 1000);

const LIMITS = 'You have reached your specified workspace API usage limits.';

export const MONEY: readonly Refusal[] = [
  [
    'Anthropic, out of credit',
    'anthropic',
    400,
    {},
    native('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    ['exhausted'],
  ],
  [
    'Anthropic, a limit of its own',
    'anthropic',
    400,
    {},
    native('invalid_request_error', LIMITS),
    ['exhausted'],
  ],
  [
    'Anthropic, with a date',
    'anthropic',
    400,
    {},
    native('invalid_request_error', `${LIMITS} You will regain access on 2026-01-12 at 00:00 UTC.`),
    ['exhausted', 6 * DAY + 5 * HOUR],
  ],
  [
    'Anthropic, with a date gone by',
    'anthropic',
    400,
    {},
    native('invalid_request_error', `${LIMITS} You will regain access on 2026-01-01 at 00:00 UTC.`),
    ['exhausted'],
  ],
  [
    'Anthropic, a limit per month',
    'anthropic',
    429,
    {},
    native('rate_limit_error', 'no', { error_code: 'enforced_spend_limit_reached' }),
    ['exhausted'],
  ],
  ['Anthropic, billing', 'anthropic', 402, {}, native('billing_error', 'no'), ['exhausted']],
  ['Anthropic, billing as 403', 'anthropic', 403, {}, native('billing_error', 'no'), ['exhausted']],
  [
    'DeepSeek as Anthropic',
    'anthropic',
    402,
    {},
    openai('Insufficient Balance', 'invalid_request_error'),
    ['exhausted'],
  ],
  [
    'Z.ai as Anthropic',
    'anthropic',
    429,
    {},
    openai('Insufficient balance or no resource package. Please recharge.', '1113'),
    ['exhausted'],
  ],
  ['DeepSeek', 'openai-chat', 402, {}, openai('Insufficient Balance'), ['exhausted']],
  [
    'OpenAI, no quota',
    'openai-chat',
    429,
    {},
    openai(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
    ),
    ['exhausted'],
  ],
  ['OpenAI, no credit', 'openai-chat', 429, {}, openai('no', 'credit_balance_exhausted'), ['exhausted']],
  [
    'OpenAI, a hard limit',
    'openai-chat',
    400,
    {},
    openai('Billing hard limit has been reached', 'billing_hard_limit_reached'),
    ['exhausted'],
  ],
  [
    'OpenRouter',
    'openai-chat',
    402,
    {},
    openai('Insufficient credits. Add more using https://example.test/credits', 402),
    ['exhausted'],
  ],
  [
    'OpenRouter, too few',
    'openai-chat',
    402,
    {},
    openai('This request requires more credits, or fewer max_tokens.', 402),
    ['exhausted'],
  ],
  [
    'OpenRouter, a limit of the key',
    'openai-chat',
    403,
    {},
    openai('Key limit exceeded (total limit).', 403),
    ['exhausted'],
  ],
  [
    'Google, none at all',
    'openai-chat',
    429,
    {},
    google(
      'Quota exceeded for metric: free_tier_requests, limit: 0, model: gemini-pro. Please retry in 46.2s.',
      '46s',
    ),
    ['exhausted'],
  ],
  ['no words, with a wait', 'openai-chat', 402, { 'retry-after': '3600' }, {}, ['exhausted', HOUR]],
];

const WORDS = native('rate_limit_error', "This request would exceed your account's rate limit.");
const bucket = (name: string, left: string, inMs: Ms) => ({
  [`anthropic-ratelimit-${name}-remaining`]: left,
  [`anthropic-ratelimit-${name}-reset`]: new Date(THEIRS + inMs).toISOString(),
});
const unified = (fields: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]),
  );
const TPM =
  'Rate limit reached on tokens per minute (TPM): Limit 6000, Used 5900, Requested 800. Please try again in 7.66s.';

export const LIMITED: readonly Refusal[] = [
  ['nothing said', 'anthropic', 429, {}, WORDS, ['rate_limited']],
  ['seconds', 'anthropic', 429, { 'retry-after': '7' }, WORDS, ['rate_limited', 7 * SECOND]],
  [
    'a date',
    'anthropic',
    429,
    { 'retry-after': new Date(THEIRS + 60_000).toUTCString() },
    WORDS,
    ['rate_limited', 60_000],
  ],
  [
    'a bucket',
    'anthropic',
    429,
    { 'retry-after': '2', ...bucket('input-tokens', '0', 9_000), ...bucket('requests', '40', 50_000) },
    WORDS,
    ['rate_limited', 9_000],
  ],
  ['a year', 'anthropic', 429, { 'retry-after': '31536000' }, WORDS, ['rate_limited']],
  [
    'a subscription',
    'anthropic',
    429,
    unified({ status: 'rejected', reset: epoch(THEIRS + 3 * HOUR) }),
    WORDS,
    ['exhausted', 3 * HOUR],
  ],
  [
    'a subscription, by its window',
    'anthropic',
    429,
    {
      'retry-after': '7999',
      ...unified({
        status: 'rejected',
        '5h-status': 'allowed',
        '5h-reset': epoch(THEIRS + HOUR),
        '7d_opus-status': 'rejected',
        '7d_opus-reset': epoch(THEIRS + 3 * DAY),
      }),
    },
    WORDS,
    ['model_exhausted', 3 * DAY],
  ],
  [
    "a subscription, for a model's own window",
    'anthropic',
    429,
    unified({ status: 'rejected', reset: epoch(THEIRS + DAY), 'representative-claim': 'seven_day_sonnet' }),
    WORDS,
    ['model_exhausted', DAY],
  ],
  [
    'a subscription, for all models, though one has a window of its own',
    'anthropic',
    429,
    unified({
      status: 'rejected',
      reset: epoch(THEIRS + DAY),
      'representative-claim': 'seven_day',
      '7d_opus-status': 'rejected',
    }),
    WORDS,
    ['exhausted', DAY],
  ],
  [
    'a subscription that may not go on for money',
    'anthropic',
    429,
    unified({
      status: 'rejected',
      reset: epoch(THEIRS + DAY),
      'representative-claim': 'seven_day_overage_included',
    }),
    WORDS,
    ['exhausted', DAY],
  ],
  [
    'a subscription, by its window alone',
    'anthropic',
    429,
    unified({ '5h-status': 'rejected', '5h-reset': epoch(THEIRS + HOUR) }),
    WORDS,
    ['exhausted', HOUR],
  ],
  [
    'a subscription that serves',
    'anthropic',
    429,
    unified({ status: 'allowed_warning', reset: epoch(THEIRS + 3 * HOUR) }),
    WORDS,
    ['rate_limited'],
  ],
  [
    'OpenAI',
    'openai-chat',
    429,
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' },
    openai('Rate limit reached', 'rate_limit_exceeded'),
    ['rate_limited', 360_000],
  ],
  ['OpenAI, its pace', 'openai-chat', 429, {}, openai('Slow down', 'slow_down'), ['rate_limited']],
  [
    'Groq',
    'openai-chat',
    429,
    { 'retry-after': '8' },
    openai(TPM, 'rate_limit_exceeded'),
    ['rate_limited', 8_000],
  ],
  ['Groq, words alone', 'openai-chat', 429, {}, openai(TPM, 'rate_limit_exceeded'), ['rate_limited', 7_660]],
  [
    'Groq, a day',
    'openai-chat',
    429,
    { 'retry-after': '8', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2m59.56s' },
    openai('Rate limit reached', 'rate_limit_exceeded'),
    ['rate_limited', 179_560],
  ],
  [
    'OpenRouter',
    'openai-chat',
    429,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(THEIRS + 90_000) },
    openai('Rate limit exceeded: free-models-per-min.', 429),
    ['rate_limited', 90_000],
  ],
  [
    'Google',
    'openai-chat',
    429,
    {},
    google('You exceeded your current quota. Please retry in 1m2.5s.', '46s'),
    ['rate_limited', 62_500],
  ],
  ['an overload as 429', 'openai-chat', 429, {}, openai('The model is at capacity'), ['overloaded']],
  [
    'an overload with a wait',
    'anthropic',
    529,
    { 'retry-after': '11' },
    native('overloaded_error', 'Overloaded'),
    ['overloaded', 11_000],
  ],
];
