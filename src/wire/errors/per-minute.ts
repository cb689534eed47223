import { ungrouped } from './sizes.ts';

const PER_MINUTE = /per ?min(?:ute)?\b|tokens per|requests per/i;
const NUMBERS = /limit:? (?<limit>\d{1,9})(?:, used:? \d+)?, requested:? (?<asked>\d{1,9})/i;

/** Whether a refusal speaks of what may be asked for in a minute. */
export function isPerMinute(text: string): boolean {
  return PER_MINUTE.test(text);
}

/** What one request asks for of the tokens of a minute, with its answer, and all that there are. */
export interface Rate {
  asked: number;
  limit: number;
}

/**
 * What a refusal says of a request and the tokens of a minute, as Groq does with 413 and 429, OpenAI with 429; undefined where
 * it is about something else, or names no numbers.
 */
export function rateIn(status: number, text: string): Rate | undefined {
  if ((status !== 413 && status !== 429) || !isPerMinute(text)) return undefined;
  const { limit, asked } = NUMBERS.exec(ungrouped(text))?.groups ?? {};
  return limit === undefined || asked === undefined
    ? undefined
    : { limit: Number(limit), asked: Number(asked) };
}

/** Whether no waiting helps: it is more than there is in any minute. */
export function isAbove({ asked, limit }: Rate): boolean {
  return asked > limit;
}
