import { expect } from 'bun:test';
import type { Failure, FailureKind } from '../../src/core/failure.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';

/** What an error answer of a backup means: the same in both dialects, because servers of one repeat the errors of another. */
export function explained(status: number, body: unknown, headers: Record<string, string> = {}): Failure {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const [one, other] = [openaiChat, anthropic].map(({ explain }) =>
    explain(status, new Headers(headers), text, { native: false }),
  );
  if (one === undefined || other === undefined) throw new Error('nothing was explained');
  expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  return one;
}

/** OpenAI's error, and that of all who copy it. */
export const openai = (message: string, more: object = {}) => ({
  error: { message, type: 'invalid_request_error', ...more },
});

/** Anthropic's. */
export const messages = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_theirs',
});

/** Google's, by its OpenAI endpoint: a list. */
export const google = (code: number, status: string, message: string, details: object[] = []) => [
  { error: { code, message, status, details } },
];

/** Who says it, with which status and body, what that is, and the headers that matter. */
export type Row = [
  who: string,
  status: number,
  body: unknown,
  kind: FailureKind,
  headers?: Record<string, string>,
];

/** OpenAI's with a code. */
export const code = (
  message: string,
  value: string | number | null,
  type: string | null = value as string,
) => ({
  error: { message, type, param: null, code: value },
});

/** vLLM's, and that of many others. */
export const vllm = (message: string, type: string, value: number) => ({
  object: 'error',
  message,
  type,
  param: null,
  code: value,
});
