import type { JsonObject } from '../../core/messages.ts';
import {
  type Answer,
  answer,
  calls,
  hiddenThinkingThenText,
  searchThenText,
  text,
  thinkingThenText,
} from '../answers.ts';
import type { Fault } from '../faults.ts';
import { expectFinished } from '../laws.ts';
import type { Point } from '../plan.ts';
import type { Scenario } from '../scenario.ts';
import type { Scene } from '../scene.ts';
import { SAID } from './spoiled.ts';

/** A place in an answer, as its client sees it. */
interface Position {
  name: string;
  words: string;
  answer: Answer;
  /** In Anthropic's stream, and in that of a provider that has no ends of blocks. */
  at: { anthropic: Point; 'openai-chat': Point };
  /** What of the text may stay in the conversation. */
  begun?: string;
  /** Calls that were whole before it broke. */
  tools?: readonly JsonObject[];
  /** Everything had been said. */
  isWhole?: boolean;
  /** With `mid_stream = "continue"` another goes on inside the answer. */
  isContinued?: boolean;
}

const TOUCH: JsonObject = { command: 'touch early.txt; echo a long command; touch late.txt' };
const LIST: JsonObject = { command: 'ls early' };
const FIRST = 'The first part is here. ';

const both = (at: Point) => ({ anthropic: at, 'openai-chat': at });

const POSITIONS: readonly Position[] = [
  {
    name: 'thinking',
    isContinued: true,
    words: 'while it thinks',
    answer: thinkingThenText('What would be a good answer to that?', SAID),
    at: both({ after: 'What would' }),
    begun: SAID,
  },
  {
    name: 'thought',
    isContinued: true,
    words: 'when it has thought',
    answer: thinkingThenText('What would be a good answer to that?', SAID),
    at: { anthropic: { after: 'content_block_stop' }, 'openai-chat': { after: 'to that?' } },
    begun: SAID,
  },
  {
    name: 'unseen',
    isContinued: true,
    words: 'when it has thought without showing it',
    answer: hiddenThinkingThenText(SAID),
    at: { anthropic: { after: 'content_block_stop' }, 'openai-chat': { after: 'It was about' } },
    begun: SAID,
  },
  {
    name: 'search',
    words: 'while it asks its own search',
    answer: searchThenText('words', SAID),
    at: { anthropic: { after: 'input_json_delta' }, 'openai-chat': { after: 'It was about' } },
    begun: SAID,
  },
  {
    name: 'searched',
    words: 'in a sentence about what it found',
    answer: searchThenText('words', SAID),
    at: both({ after: 'It was about' }),
    begun: SAID,
  },
  {
    name: 'text',
    isContinued: true,
    words: 'in the middle of a sentence',
    answer: text(SAID),
    at: both({ after: 'It was about' }),
    begun: SAID,
  },
  {
    name: 'text-done',
    isContinued: true,
    words: 'between two texts',
    answer: answer([
      { type: 'text', text: FIRST },
      { type: 'text', text: SAID },
    ]),
    at: { anthropic: { after: 'content_block_stop' }, 'openai-chat': { after: 'is here. ' } },
    begun: FIRST + SAID,
  },
  {
    name: 'call',
    words: 'inside a tool call',
    answer: calls([['Bash', TOUCH]]),
    at: both({ after: 'touch early' }),
  },
  {
    name: 'call-after-text',
    words: 'inside a tool call, after a text',
    answer: calls([['Bash', TOUCH]], FIRST),
    at: both({ after: 'touch early' }),
    begun: FIRST,
  },
  {
    name: 'called',
    words: 'after a whole tool call',
    answer: calls([['Bash', LIST]]),
    at: { anthropic: { after: 'content_block_stop' }, 'openai-chat': { after: 'ls early' } },
    tools: [LIST],
  },
  {
    name: 'second-call',
    words: 'inside the second of two tool calls',
    answer: calls([
      ['Read', { file_path: '/a' }],
      ['Bash', TOUCH],
    ]),
    at: both({ after: 'touch early' }),
    tools: [{ file_path: '/a' }],
  },
  {
    name: 'last-event',
    words: 'before the very last event',
    answer: text(SAID),
    at: {
      anthropic: { after: '"stop_reason":"end_turn"' },
      'openai-chat': { after: '"finish_reason":"stop"' },
    },
    begun: SAID,
    isWhole: true,
  },
];

/** A way to break. */
interface Way {
  name: string;
  words: string;
  clock: Scenario['clock'];
  fault(after: Point): Fault;
}

const WAYS: readonly Way[] = [
  {
    name: 'reset',
    words: 'The connection is reset',
    clock: 'real',
    fault: (after) => ({ kind: 'reset', after }),
  },
  {
    name: 'fin',
    words: 'The connection is closed',
    clock: 'real',
    fault: (after) => ({ kind: 'cut', after, clean: false }),
  },
  {
    name: 'end',
    words: 'The body ends as if that were all',
    clock: 'real',
    fault: (after) => ({ kind: 'cut', after, clean: true }),
  },
  {
    name: 'error',
    words: 'An error comes',
    clock: 'real',
    fault: (after) => ({ kind: 'error-event', after }),
  },
  {
    name: 'garbled',
    words: 'An event is half of its JSON',
    clock: 'real',
    fault: (after) => ({ kind: 'garbled', after }),
  },
  {
    name: 'stall',
    words: 'It falls silent',
    clock: 'simulated',
    fault: (after) => ({ kind: 'stall', after }),
  },
  {
    name: 'pings',
    words: 'Nothing but pings comes',
    clock: 'simulated',
    fault: (after) => ({ kind: 'stall', after, pingMs: 15_000 }),
  },
];

/** Every way to break, at every place of an answer. */
export const inTheAnswer: readonly Scenario[] = POSITIONS.flatMap((position) =>
  WAYS.map((way) => broken(position, way)),
);

function broken(position: Position, way: Way): Scenario {
  return {
    name: `${way.name}-${position.name}`,
    phase: 'in the answer',
    title: `${way.words} ${position.words}`,
    clock: way.clock,
    async play(scene) {
      const { primary } = scene;
      const voice = primary.upstream.dialect.name === 'anthropic' ? 'anthropic' : 'openai-chat';
      await primary.play({ answer: position.answer, fault: [way.fault(position.at[voice]), ...UNHURRIED] });
      const turn = await scene.turn();
      const { midStream } = scene.stage.configuration.settings.failover;
      const isContinued =
        midStream === 'continue' &&
        position.isContinued &&
        scene.backups.some(({ upstream }) => !upstream.native);
      // Who wants `stop` gets an error in words, and no turn that ends by itself.
      if (midStream === 'stop' && !turn.isFinished) expectSaid(scene);
      else {
        const { begun = '', tools = [], isWhole = false } = position;
        // Another proxy may as well have let the whole of it through.
        const mayBeWhole = isWhole || (!scene.stage.isOurs && begun !== '');
        expectFinished(scene, turn, {
          begun,
          tools,
          requests: isContinued ? 1 : 3,
          ...(mayBeWhole ? { or: begun } : {}),
        });
      }
    },
  };
}

function expectSaid(scene: Scene): void {
  const last = scene.turns.at(-1)?.exchanges.at(-1);
  scene.expect(last?.end === 'error' || last?.end === 'refused', `the last answer ends as ${last?.end}`);
}

/** Slow enough that what was sent has reached the client when the rest does not come. */
const UNHURRIED: readonly Fault[] = [
  { kind: 'drip', gapMs: 2 },
  { kind: 'late-end', waitMs: 20 },
];
