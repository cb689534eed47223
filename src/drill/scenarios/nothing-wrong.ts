import { calls, text, thinkingThenText } from '../answers.ts';
import type { Fault } from '../faults.ts';
import { expectAsked, expectFinished } from '../laws.ts';
import type { Scenario } from '../scenario.ts';
import { wordsOf } from '../scene.ts';
import { SAID } from './spoiled.ts';

/** What is odd and harmless, and must not make anybody move. */
export const nothingWrong: readonly Scenario[] = [
  odd('well', 'Nothing is wrong', []),
  odd('gzip', 'The answer is compressed, though nobody asked for that', [{ kind: 'gzip' }]),
  odd('bytes', 'Every byte comes by itself', [{ kind: 'slices', bytes: 1 }]),
  odd('close-delimited', 'The body has no length and no chunks', [{ kind: 'close-delimited' }]),
  odd('drip', 'The answer comes in drops', [{ kind: 'drip', gapMs: 5 }]),
  odd('late-end', 'The answer is over, and the body ends later', [{ kind: 'late-end', waitMs: 100 }]),
  {
    name: 'tool-loop',
    phase: 'nothing wrong',
    backups: 0,
    title: 'It thinks, runs two tools, and says what it found',
    clock: 'real',
    async play(scene) {
      const { primary } = scene;
      const inputs = [{ file_path: '/a' }, { command: 'ls' }];
      const tools = calls([
        ['Read', { file_path: '/a' }],
        ['Bash', { command: 'ls' }],
      ]);
      const thought = thinkingThenText('Which of them?', SAID).blocks.slice(0, 1);
      await primary.play([
        { answer: { ...tools, blocks: [...thought, ...tools.blocks] } },
        { answer: text(wordsOf(primary)) },
      ]);
      const turn = await scene.turn();
      expectFinished(scene, turn, { by: [primary], tools: inputs, requests: 2 });
      scene.expect(turn.tools.length === 2, `${turn.tools.length} tools ran`);
    },
  },
  leaves('client-leaves', 'The client leaves in the middle, and nobody is blamed', {
    kind: 'drip',
    gapMs: 60_000,
  }),
  leaves('client-leaves-early', 'The client leaves before the first word, and nobody is blamed', {
    kind: 'black-hole',
  }),
];

function odd(name: string, title: string, fault: readonly Fault[]): Scenario {
  return {
    name,
    phase: 'nothing wrong',
    backups: 0,
    title,
    clock: 'real',
    async play(scene) {
      const { primary, stage } = scene;
      await primary.play({ answer: text(wordsOf(primary)), fault });
      expectFinished(scene, await scene.turn(), { by: [primary], requests: 1 });
      expectAsked(scene, primary, 1);
      scene.expect(stage.timeline.breakers.length === 0, 'a breaker moved');
    },
  };
}

/** A client that leaves frees its upstream within 100 ms. */
function leaves(name: string, title: string, fault: Fault): Scenario {
  return {
    name,
    phase: 'nothing wrong',
    backups: 0,
    title,
    clock: 'simulated',
    async play(scene) {
      const { primary, stage } = scene;
      await primary.play({ answer: text(SAID), fault });
      const gone = new AbortController();
      const turn = scene.begin({ gone: gone.signal });
      const leftAt = stage.clock.now() + LEAVES_AFTER_MS;
      stage.clock.after(LEAVES_AFTER_MS, () => gone.abort());
      await stage.run(turn);
      const { how, at } = primary.asked.at(-1)?.end ?? { how: 'running', at: 0 };
      scene.expect(how === 'left', `the upstream was not told that the client left: ${how}`);
      scene.expect(
        at - leftAt <= 100,
        `the upstream was at work for ${at - leftAt} ms after the client had left`,
      );
      scene.expect(stage.timeline.breakers.length === 0, 'a breaker moved because a client left');
    },
  };
}

/** Sooner than anybody gives up the upstream. */
const LEAVES_AFTER_MS = 800;
