/** When it was our own network, and when something changed: what is taken back, and what is looked at sooner. */
import { describe, expect, test } from 'bun:test';
import { forgive, hasten, isolate } from '../../src/core/breaker.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import { down, failed, gone, lost, OK, SECOND, SETTINGS, Story } from './breaker-story.ts';

const limited = failed('rate_limited');

/** Its time is up; nobody has asked it yet. */
function halfOpen(kind: FailureKind): Story {
  const story = new Story();
  while (story.view.until === undefined) story.requests(failed(kind));
  story.sleep();
  return story;
}

/** How it came to stand as it does, and what there is after it was forgiven. */
describe('our own network was gone: forgiven', () => {
  const ROWS: [sentence: string, story: () => Story, changes: boolean][] = [
    ['a failure to connect', () => new Story().requests(lost), true],
    ['a failure of an answer is not', () => new Story().requests(down), false],
    ['nor both together', () => new Story().requests(failed('transient'), failed('transient'), lost), false],
    ['open by failures to connect', () => new Story().trip({}, 'unreachable'), true],
    ['its time up', () => halfOpen('unreachable'), true],
    ['open by failures of answers is not', () => new Story().trip(), false],
    ['nor what both opened', () => new Story().requests(down, lost), false],
    ['nor a cooldown', () => new Story().requests(limited), false],
    ['so is a wrong certificate', () => new Story().requests(failed('untrusted')), true],
    ['also when its time is up', () => halfOpen('untrusted'), true],
  ];
  test.each(ROWS)('%s', (_sentence, tell, changes) => {
    const story = tell();
    const before = story.state;
    story.state = forgive(story.state, story.now);
    expect(story.state !== before).toBe(changes);
    if (changes) expect(story.requests(lost).view.name).toBe('closed');
  });

  test('the canary that was under way counts no more, and the opening makes no later one longer', () => {
    const story = halfOpen('unreachable');
    const canary = story.permit();
    story.state = forgive(story.state, story.now);
    const { state } = story;
    expect(state.phase).toBe('closed');
    for (const outcome of [down, OK, limited, gone]) expect(story.settle(canary, outcome).state).toBe(state);
    expect(story.trip({}, 'unreachable').sleep()).toBe(5 * SECOND);
  });

  test('half-open with its canary under way, and held out by hand', () => {
    const trying = halfOpen('unauthorized');
    trying.permit();
    const { state } = trying;
    expect(forgive(state, trying.now)).toBe(state);
    const held = isolate(trying.state, trying.now);
    expect(forgive(held, trying.now)).toBe(held);
  });

  test('what failed to connect is no part of the share that fails either', () => {
    const story = new Story({ ...SETTINGS, failures: 100 }).requests(lost, lost, lost, lost);
    story.state = forgive(story.state, story.now);
    expect(story.requests(OK, OK, OK, down, OK, down).view.name).toBe('closed');
  });
});

describe('something changed and it is worth a look now: hastened', () => {
  const ROWS: [sentence: string, story: () => Story, changes: boolean][] = [
    ['open by failures to connect', () => new Story().trip({}, 'unreachable'), true],
    ['open by failures of answers', () => new Story().trip(), false],
    ['closed', () => new Story().requests(lost), false],
    ['its time up', () => halfOpen('unreachable'), false],
    ['in a cooldown', () => new Story().requests(limited), false],
    ['blocked for a wrong certificate', () => new Story().requests(failed('untrusted')), true],
    ['blocked for a wrong key', () => new Story().requests(failed('unauthorized')), false],
  ];
  test.each(ROWS)('%s', (_sentence, tell, changes) => {
    const story = tell();
    const before = story.state;
    story.state = hasten(story.state, story.now);
    if (changes) expect(story.view).toMatchObject({ name: 'half-open', since: story.now });
    else expect(story.state).toBe(before);
  });
});
