/** More than all that may be asked for in a minute, and more than is left of it: the one is too long, the other a limit. */
import { describe, expect, test } from 'bun:test';
import { code, explained } from '../support/refusals.ts';

const limit = (message: string) => code(message, 'rate_limit_exceeded', 'tokens');
const groq = (numbers: string) =>
  limit(
    `Request too large for model \`x\` in organization \`org_01abcdef\` on tokens per minute (TPM): ${numbers}, please reduce your message size and try again.`,
  );

describe('a request that never passes is too long, and less by what is too much it would', () => {
  test.each<[who: string, status: number, body: object, asked: number, most: number]>([
    ['Groq', 413, groq('Limit 6000, Requested 12000'), 12_000, 6000],
    ['Groq, with what was used', 429, groq('Limit 6000, Used 100, Requested 12000'), 12_000, 6000],
    [
      'OpenAI',
      429,
      limit(
        'Request too large for gpt-x on tokens per min (TPM): Limit 30,000, Requested 45,012. The input or output tokens must be reduced in order to run successfully.',
      ),
      45_012,
      30_000,
    ],
  ])('%s', (_who, status, body, asked, most) => {
    const { kind, tokens, amend } = explained(status, body);
    expect([kind, tokens, amend]).toEqual([
      'too_long',
      { asked, limit: most },
      { overTokens: asked - most, minuteTokens: most },
    ]);
  });

  test('also without numbers', () => {
    const { kind, tokens, amend } = explained(413, limit('Request too large on tokens per minute'));
    expect([kind, tokens, amend]).toEqual(['too_long', undefined, undefined]);
  });
});

describe('a request that passes a moment later is not', () => {
  test.each([
    [413, groq('Limit 6000, Used 5900, Requested 1800')],
    [413, groq('Limit 6000, Requested 6000')],
    [429, limit('Rate limit reached on tokens per minute (TPM): Limit 6000, Used 5900, Requested 800.')],
  ])('as %d', (status, body) => {
    const { kind, tokens, amend } = explained(status, body);
    expect([kind, tokens, amend]).toEqual(['rate_limited', undefined, undefined]);
  });
});
