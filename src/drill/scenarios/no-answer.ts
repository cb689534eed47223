import { nothing, text, thinkingOnly } from '../answers.ts';
import type { Fault } from '../faults.ts';
import type { Scenario } from '../scenario.ts';
import { SAID, spoiled } from './spoiled.ts';

/** Status 200, and no answer. */
export const noAnswer: readonly Scenario[] = [
  one('empty-body', 'Status 200 and not one byte', { kind: 'empty-body' }),
  one('page', 'Status 200 and a page for people', { kind: 'html' }),
  one('error-with-200', 'Status 200 and an error as its body', { kind: 'error-with-200' }),
  one('error-event-first', 'The stream begins with an error', { kind: 'error-event', after: 0 }),
  one('error-event-early', 'The stream begins well, then says that it is overloaded', {
    kind: 'error-event',
    after: 1,
  }),
  one('garbled-first', 'The first event is half of its JSON', { kind: 'garbled', after: 0 }),
  one('cut-first', 'The stream ends after its first event', { kind: 'cut', after: 1, clean: true }),
  one('reset-first', 'The connection is reset after the first event', { kind: 'reset', after: 1 }),
  one('bad-chunk', 'The bytes of the body are not in the form that its head says', {
    kind: 'bad-chunk',
    after: 1,
  }),
  spoiled({
    name: 'empty-answer',
    phase: 'no answer',
    title: 'A whole answer without a word',
    answer: nothing(),
    fault: [],
    expected: { requests: 1 },
  }),
  spoiled({
    name: 'thinking-alone',
    phase: 'no answer',
    title: 'It thinks, ends, and has said nothing',
    answer: thinkingOnly('What would be a good answer?'),
    fault: [],
    expected: { requests: 3 },
    asked: 2,
  }),
  spoiled({
    name: 'empty-once',
    phase: 'no answer',
    title: 'A whole text without a character',
    answer: text(''),
    fault: [],
    expected: { requests: 1 },
  }),
];

function one(name: string, title: string, fault: Fault): Scenario {
  return spoiled({
    name,
    phase: 'no answer',
    title,
    answer: text(SAID),
    fault,
    expected: { requests: 1 },
  });
}
