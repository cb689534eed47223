import { isObject } from '../../core/json.ts';

/** So many problems are told at once; nobody reads more. */
const MOST = 5;

/** What the API says of a field that is missing. */
const REQUIRED = 'Field required';

/**
 * What is wrong with a request, in the words of the API: where, and what is allowed there. Such as
 * `messages.0.content.1.text.text: Input should be a valid string` (simonw/llm-anthropic#23).
 */
export class Complaints {
  private readonly found: string[] = [];

  /** Nothing more need be looked at. */
  get isFull(): boolean {
    return this.found.length > MOST;
  }

  /** All of it in one line; null when nothing is wrong. */
  get text(): string | null {
    if (this.found.length === 0) return null;
    return `${this.found.slice(0, MOST).join('; ')}${this.isFull ? '; and more' : ''}`;
  }

  /** @returns false, so that a check can say what is wrong and answer in one. */
  say(path: string, allowed: string): false {
    if (!this.isFull) this.found.push(`${path}: ${allowed}`);
    return false;
  }

  /** Says what should stand at `path`, or only that something should. */
  sayNot(value: unknown, path: string, kind: string): false {
    return this.say(path, value === undefined ? REQUIRED : `Input should be ${kind}`);
  }

  isString(value: unknown, path: string): value is string {
    return typeof value === 'string' || this.sayNot(value, path, 'a valid string');
  }

  isDictionary(value: unknown, path: string): value is Record<string, unknown> {
    return isObject(value) || this.sayNot(value, path, 'a valid dictionary');
  }

  isList(value: unknown, path: string): value is unknown[] {
    return Array.isArray(value) || this.sayNot(value, path, 'a valid list');
  }

  isBoolean(value: unknown, path: string): value is boolean {
    return typeof value === 'boolean' || this.sayNot(value, path, 'a valid boolean');
  }

  /** A whole number that every language can hold. */
  isInteger(value: unknown, path: string): value is number {
    return Number.isSafeInteger(value) || this.sayNot(value, path, 'a valid integer');
  }
}

/** Nothing is said there. Clients write null for what they leave out. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
