import { text } from '../answers.ts';
import type { Scenario } from '../scenario.ts';
import { whereTriggered } from './refusals.ts';
import { SAID, type Spoiled, spoiled } from './spoiled.ts';

/** Answers for a client that asks for no stream. */
export const whole: readonly Scenario[] = [
  whereTriggered(500, one({ name: 'whole-500', title: 'It fails', fault: { kind: 'status', status: 500 } })),
  one({ name: 'whole-reset', title: 'The connection is reset', fault: { kind: 'reset' }, asked: 2 }),
  one({
    name: 'whole-cut',
    title: 'Half of the answer comes',
    fault: { kind: 'cut', after: 2, clean: false },
  }),
  one({
    name: 'whole-cut-cleanly',
    title: 'Half of the answer comes, as if it were all',
    fault: { kind: 'cut', after: 2, clean: true },
  }),
  one({ name: 'whole-page', title: 'A page comes', fault: { kind: 'html' } }),
  one({ name: 'whole-error-with-200', title: 'An error comes with 200', fault: { kind: 'error-with-200' } }),
  one({
    name: 'whole-silence',
    title: 'Nothing comes',
    clock: 'simulated',
    fault: { kind: 'black-hole' },
  }),
  one({
    name: 'whole-stall',
    title: 'It falls silent half way',
    clock: 'simulated',
    fault: { kind: 'stall', after: 2 },
  }),
];

function one(rest: Omit<Spoiled, 'phase'>): Scenario {
  return spoiled({
    ...rest,
    title: `${rest.title}, and the client asked for no stream`,
    phase: 'whole answers',
    stream: false,
    answer: text(SAID),
    expected: { requests: 1 },
  });
}
