import { calls, hiddenThinkingThenText, text } from '../answers.ts';
import type { Fault } from '../faults.ts';
import { expectAsked, expectLawful } from '../laws.ts';
import type { Scenario } from '../scenario.ts';
import { SAID, spoiled } from './spoiled.ts';

/** Upstreams that are slow, or silent before they have said anything. */
export const waiting: readonly Scenario[] = [
  spoiled({
    name: 'silence-120-s',
    phase: 'waiting',
    title: 'It answers after two minutes',
    clock: 'simulated',
    fault: { kind: 'slow', waitMs: 120_000, before: 'head' },
    // Whoever has set longer times has it waited for.
    expected: { requests: 1, or: SAID, begun: SAID },
    also({ primary, stage, turns, expect }) {
      const isPatient =
        Math.min(primary.upstream.timeouts.firstEventMs, stage.configuration.settings.failover.budgetMs) >
        120_000;
      expect(isPatient || turns.at(-1)?.result !== SAID, 'it was waited for');
    },
  }),
  {
    name: 'thinks-for-8-minutes',
    phase: 'waiting',
    title: 'It thinks for eight minutes without showing it',
    clock: 'simulated',
    backups: 0,
    async play(scene) {
      const { primary } = scene;
      if (!primary.upstream.native) return scene.remark('only Anthropic thinks without showing it');
      if (primary.upstream.timeouts.idleMs < 90_000)
        return scene.remark('its idle limit is shorter than by default');
      const fault = {
        kind: 'stall',
        after: { after: 'content_block_start' },
        forMs: 480_000,
        pingMs: 10_000,
      } as const;
      await primary.play({ answer: hiddenThinkingThenText(SAID), fault });
      const turn = await scene.turn();
      scene.expect(turn.result === SAID, `the answer is ${JSON.stringify(turn.result)}: ${turn.error}`);
      expectLawful(scene, turn);
      expectAsked(scene, primary, 1);
    },
  },
  spoiled({
    name: 'stall-before-content',
    phase: 'waiting',
    title: 'It begins, and falls silent before the first word',
    clock: 'simulated',
    fault: { kind: 'stall', after: 1 },
    expected: { requests: 2 },
  }),
  spoiled({
    name: 'pings-before-content',
    phase: 'waiting',
    title: 'It begins, and sends nothing but pings',
    clock: 'simulated',
    fault: { kind: 'stall', after: 1, pingMs: 10_000 },
    // Anthropic may be thinking without showing it: it is let through.
    expected: { requests: 2 },
  }),
  spoiled({
    name: 'silent-body',
    phase: 'waiting',
    title: 'Its head comes at once, and its body not at all',
    clock: 'simulated',
    fault: { kind: 'stall', after: 0 },
    expected: { requests: 1 },
  }),
  patient('20-s-to-the-first-word', 'Its first word comes after twenty seconds', [
    { kind: 'slow', waitMs: 20_000, before: 'body' },
  ]),
  patient('slow-drip', 'It says a piece every ten seconds', [{ kind: 'drip', gapMs: 10_000 }]),
  patient('pause', 'It pauses for half a minute in the middle', [
    { kind: 'stall', after: { after: 'It was about' }, forMs: 30_000 },
  ]),
  {
    name: 'slow-call',
    phase: 'waiting',
    backups: 0,
    title: 'It writes a tool call for minutes',
    clock: 'simulated',
    async play(scene) {
      const { primary } = scene;
      const input = { command: 'echo '.repeat(40) };
      const { firstEventMs, idleMs } = primary.upstream.timeouts;
      const gapMs = Math.min(20_000, firstEventMs / 3, idleMs / 3);
      await primary.play([
        { answer: calls([['Bash', input]]), fault: { kind: 'drip', gapMs } },
        { answer: text(SAID) },
      ]);
      const turn = await scene.turn();
      scene.expect(turn.result === SAID, `the answer is ${JSON.stringify(turn.result)}: ${turn.error}`);
      scene.expect(turn.tools.length === 1, `${turn.tools.length} tools ran`);
      expectLawful(scene, turn);
    },
  },
];

/** One that is slow and well: to leave it would be a loss, unless the user hedges. */
function patient(name: string, title: string, fault: readonly Fault[]): Scenario {
  return {
    name,
    phase: 'waiting',
    backups: 0,
    title,
    clock: 'simulated',
    async play(scene) {
      const { primary, stage } = scene;
      await primary.play({ answer: text(SAID), fault });
      const turn = await scene.turn();
      const { hedgeMs } = stage.configuration.settings.failover;
      const { firstEventMs, idleMs } = primary.upstream.timeouts;
      const isAllowed = hedgeMs === null && Math.min(firstEventMs, idleMs) > 35_000;
      if (isAllowed) scene.expect(turn.result === SAID, `it was not waited for: ${turn.result}`);
      scene.expect(turn.isFinished, `the turn did not finish: ${turn.error}`);
      expectLawful(scene, turn);
      expectAsked(scene, primary, 1);
    },
  };
}
