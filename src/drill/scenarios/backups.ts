import { text } from '../answers.ts';
import type { Fault } from '../faults.ts';
import { expectFinished, expectOwnRefusal } from '../laws.ts';
import type { Recorded } from '../recorded.ts';
import type { Scenario } from '../scenario.ts';
import { lastWord, type Scene } from '../scene.ts';
import { replies } from '../script.ts';
import { down } from './down.ts';
import { SAID } from './spoiled.ts';

/** Backups that fail as well, or cannot take what Anthropic can. */
export const backups: readonly Scenario[] = [
  second('backup-401', 'Its backup does not accept its key', { kind: 'status', status: 401 }),
  second('backup-403', 'Its backup may not do this', { kind: 'status', status: 403 }),
  second('backup-404', 'Its backup has not that model', { kind: 'status', status: 404 }),
  second('backup-400', 'Its backup does not understand the request', { kind: 'status', status: 400 }),
  second('backup-429', 'Its backup is at its limit', { kind: 'status', status: 429 }),
  second('backup-page', 'Its backup shows a page', { kind: 'html' }),
  second('backup-cut', 'Its backup breaks off in the middle of a sentence', {
    kind: 'reset',
    after: { after: 'It was about' },
  }),
  {
    name: 'backup-no-prefill',
    phase: 'backups',
    title: 'It breaks off, and its backups refuse a conversation that ends with their own words',
    clock: 'real',
    async play(scene) {
      const { primary } = scene;
      await primary.play({
        answer: text(SAID),
        fault: [{ kind: 'reset', after: { after: 'It was about' } }, ...UNHURRIED],
      });
      for (const backup of scene.backups) {
        const lines = replies(lastWord(backup));
        await backup.play((request) =>
          endsWithAssistant(request)
            ? { fault: { kind: 'status', status: 400, message: 'prefill is not supported' } }
            : lines(request),
        );
      }
      expectFinished(scene, await scene.turn(), { begun: SAID });
    },
  },
  {
    name: 'all-too-long',
    phase: 'backups',
    title: 'It is down, and the conversation fits no backup',
    clock: 'real',
    async play(scene) {
      await scene.primary.play({ fault: { kind: 'status', status: 400, message: TOO_LONG } });
      for (const backup of scene.backups)
        await backup.play({ fault: { kind: 'status', status: 400, message: TOO_LONG } });
      const turn = await scene.turn();
      const error = turn.exchanges.at(-1)?.error;
      scene.expect(turn.exchanges.length === 1, `the client had to ask ${turn.exchanges.length} times`);
      // The wording on which the client makes the conversation shorter.
      scene.expect(
        error?.type === 'invalid_request_error' &&
          /^prompt is too long: \d+ tokens > \d+ maximum/.test(error.message),
        `the client reads ${JSON.stringify(error)}`,
      );
    },
  },
  {
    name: 'all-down',
    phase: 'backups',
    title: 'Everything is down',
    clock: 'real',
    async play(scene) {
      await everything(scene, true);
      const turn = await scene.turn({ retries: 0 });
      scene.expect(!turn.isFinished, 'somebody answered');
      expectOwnRefusal(scene, turn.exchanges.at(-1));
    },
  },
  {
    name: 'all-silent',
    phase: 'backups',
    title: 'Everything takes the request, and nothing answers',
    clock: 'simulated',
    async play(scene) {
      const { stage, primary } = scene;
      for (const actor of [primary, ...scene.backups]) await actor.play({ fault: { kind: 'black-hole' } });
      const turn = await scene.turn({ retries: 0 });
      const [exchange] = turn.exchanges;
      expectOwnRefusal(scene, exchange);
      const { budgetMs } = stage.configuration.settings.failover;
      const tookMs = exchange === undefined ? 0 : exchange.endedAt - exchange.startedAt;
      scene.expect(tookMs <= budgetMs + 1_000, `the client waited ${tookMs} ms, longer than the budget`);
    },
  },
  {
    name: 'all-down-for-a-minute',
    phase: 'backups',
    title: 'Everything is down, and a minute later nothing is',
    clock: 'simulated',
    async play(scene) {
      await everything(scene, true);
      const { stage, primary } = scene;
      stage.clock.after(60_000, () => void everything(scene, false));
      const turn = await scene.turn();
      expectFinished(scene, turn, { by: [primary, ...scene.backups], requests: 11 });
    },
  },
];

const TOO_LONG = 'prompt is too long: 210000 tokens > 200000 maximum';

async function everything(scene: Scene, isDown: boolean): Promise<void> {
  const out = down(scene);
  for (const actor of [scene.primary, ...scene.backups])
    await actor.play(isDown ? out : lastWord(actor), isDown ? out : {});
}

function endsWithAssistant(request: Recorded): boolean {
  const { messages } = JSON.parse(request.text()) as { messages?: { role: string }[] };
  return messages?.at(-1)?.role === 'assistant';
}

/** The first upstream is down and the first backup fails, so that the second has to answer. */
function second(name: string, title: string, fault: Fault): Scenario {
  return {
    name,
    phase: 'backups',
    title,
    clock: 'real',
    backups: 2,
    async play(scene) {
      const [first, ...others] = scene.backups;
      await scene.primary.play(down(scene));
      await first?.play({ answer: text(SAID), fault: [fault, ...UNHURRIED] });
      expectFinished(scene, await scene.turn(), { by: others, begun: SAID });
    },
  };
}

const UNHURRIED: readonly Fault[] = [
  { kind: 'drip', gapMs: 2 },
  { kind: 'late-end', waitMs: 20 },
];
