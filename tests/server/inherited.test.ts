import { describe, expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import { credentialNames } from '../../src/proxy/credential-names.ts';
import { holdOut } from '../../src/proxy/interventions.ts';
import { inherited } from '../../src/server/inherited.ts';
import { ownSubject } from '../../src/server/own-subject.ts';
import { failed, Health, MINUTE, place, subject } from '../proxy/health-story.ts';

const groq = place('groq');
const openai = place('openai');
const CREDENTIALS = credentialNames('salt');
const NAME = CREDENTIALS.own(groq);

function lines(health: Health, preferred: string | null = null): string[] {
  return inherited([openai, groq], { preferred }, CREDENTIALS, health.runtime);
}

describe('at the start it is said', () => {
  test('nothing where there is nothing to say', () => {
    expect(lines(new Health())).toEqual([]);
    const down = failed('server_error', { status: 500 });
    expect(lines(new Health().requests(subject(groq, 'm', NAME), down, down))).toEqual([]);
  });

  test.each<[FailureKind, object, string]>([
    ['exhausted', { waitMs: 299 * MINUTE }, 'groq is in cooldown for 4 h 59 min: used up'],
    ['rate_limited', { waitMs: 10 * MINUTE }, 'groq is in cooldown for 10 min: big: used up'],
    ['unauthorized', {}, 'groq is blocked, tried again in 5 min: used up'],
  ])('who is out after %s, why and how long', (kind, more, line) => {
    const failure = failed(kind, { message: 'used\nup', ...more });
    expect(lines(new Health().requests(subject(groq, 'big', NAME), failure))).toEqual([line]);
  });

  test('who is held out and who is preferred, and how to undo it', () => {
    const health = new Health();
    holdOut(ownSubject(groq, CREDENTIALS), health.runtime);
    expect(lines(health, 'openai')).toEqual([
      'openai is preferred; to undo it: ccproxy use auto',
      'groq is isolated; to undo it: ccproxy reset groq',
    ]);
  });

  test('of who is both, both', () => {
    const health = new Health();
    holdOut(ownSubject(groq, CREDENTIALS), health.runtime);
    expect(lines(health, 'groq')).toEqual([
      'groq is isolated; to undo it: ccproxy reset groq',
      'groq is preferred; to undo it: ccproxy use auto',
    ]);
  });
});
