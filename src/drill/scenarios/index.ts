import type { Scenario } from '../scenario.ts';
import { backups } from './backups.ts';
import { connecting } from './connecting.ts';
import { inTheAnswer } from './in-the-answer.ts';
import { noAnswer } from './no-answer.ts';
import { nothingWrong } from './nothing-wrong.ts';
import { overTime } from './over-time.ts';
import { refusals } from './refusals.ts';
import { waiting } from './waiting.ts';
import { whole } from './whole.ts';

/** Every scenario, in the order in which a drill plays them. */
export const SCENARIOS: readonly Scenario[] = [
  ...connecting.filter(({ phase }) => phase === 'known before'),
  ...connecting.filter(({ phase }) => phase !== 'known before'),
  ...refusals,
  ...noAnswer,
  ...waiting,
  ...inTheAnswer,
  ...whole,
  ...backups,
  ...overTime,
  ...nothingWrong,
];
