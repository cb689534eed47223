import { isRemote } from '../../core/remote.ts';
import { text } from '../answers.ts';
import { type Exchange, MODEL } from '../client/claude.ts';
import { expectAsked, expectFinished, expectLawful, expectState } from '../laws.ts';
import type { Scenario } from '../scenario.ts';
import { type Scene, wordsOf } from '../scene.ts';
import { onSchedule } from '../script.ts';
import { down } from './down.ts';

/** Outages from their beginning to the way home, and what they cost meanwhile. */
export const overTime: readonly Scenario[] = [
  {
    name: 'flap',
    phase: 'over time',
    title: 'It is down for a minute, and then well: a request every four seconds',
    clock: 'simulated',
    async play(scene) {
      const { primary } = scene;
      await primary.play(
        onSchedule([
          [60_000, down(scene)],
          [0, { answer: text(wordsOf(primary)) }],
        ]),
      );
      await untilHome(scene, { downMs: 60_000 });
    },
  },
  {
    name: 'outage',
    phase: 'over time',
    title: 'It is down for ten minutes, for probes as well',
    clock: 'simulated',
    async play(scene) {
      const { primary } = scene;
      const well = { answer: text(wordsOf(primary)) };
      await primary.play(
        onSchedule([
          [600_000, down(scene)],
          [0, well],
        ]),
        onSchedule([
          [600_000, down(scene)],
          [0, {}],
        ]),
      );
      await untilHome(scene, { downMs: 600_000 });
    },
  },
  {
    name: 'flapping',
    phase: 'over time',
    title: 'It is down and well in turns, every half minute, for five minutes',
    clock: 'simulated',
    async play(scene) {
      const { primary } = scene;
      const well = { answer: text(wordsOf(primary)) };
      const out = down(scene);
      const turns = Array.from({ length: 10 }, (_, at) => [30_000, at % 2 === 0 ? out : well] as const);
      await primary.play(onSchedule([...turns, [0, well]]));
      await untilHome(scene, { downMs: 300_000 });
    },
  },
  {
    name: 'limit',
    phase: 'over time',
    title: 'A limit is reached for a minute: it is not asked before that, and is at once afterwards',
    clock: 'simulated',
    async play(scene) {
      const { primary, stage } = scene;
      await primary.play([
        { fault: { kind: 'status', status: 429, headers: { 'retry-after': '60' } } },
        { answer: text(wordsOf(primary)) },
      ]);
      const { failover } = stage.configuration.settings;
      if (primary.upstream.native && !failover.triggers(429))
        return scene.remark('failover.triggers leaves out 429');
      for (let turn = 0; turn < 10; turn += 1) {
        expectFinished(scene, await scene.turn({ session: `s${turn}` }), { requests: 1 });
        await stage.pass(5_000);
      }
      expectAsked(scene, primary, 1);
      await expectState(scene, primary, 'cooldown');
      await stage.pass(15_000);
      expectFinished(scene, await scene.turn(), { by: [primary], requests: 1 });
    },
  },
  {
    name: 'offline',
    phase: 'over time',
    title: 'Our own network is gone for two minutes, and nobody is blamed',
    clock: 'simulated',
    async play(scene) {
      const { stage, primary } = scene;
      const remote = stage.actors.filter(({ upstream }) => isRemote(upstream));
      const hosts = new Set(remote.map(({ upstream }) => new URL(upstream.base).host));
      if (hosts.size < 2) return scene.remark('fewer than two upstreams are out there');
      for (const actor of remote) stage.cutOff(actor, 'ENETUNREACH');
      stage.clock.after(120_000, () => {
        for (const actor of remote) stage.cutOff(actor, null);
      });
      const turn = await scene.turn({ session: 'gone' });
      scene.expect(turn.isFinished, `the turn did not finish: ${turn.error}`);
      expectLawful(scene, turn);
      await stage.pass(150_000);
      for (const actor of remote) await expectState(scene, actor, 'closed');
      const back = await scene.turn({ session: 'back' });
      expectFinished(scene, back, { by: [primary], requests: 1 });
    },
  },
  {
    name: 'crowd',
    phase: 'over time',
    title: 'Thirty agents are at work when it goes down',
    clock: 'real',
    async play(scene) {
      const { primary, stage } = scene;
      await primary.play(down(scene));
      const agents = Array.from({ length: 30 }, (_, at) => scene.begin({ session: `agent-${at}` }));
      for (const turn of await stage.run(Promise.all(agents))) expectFinished(scene, turn, { requests: 1 });
    },
  },
  {
    name: 'accounts',
    phase: 'over time',
    title: 'It fails and a backup answers: who did what is told and counted',
    clock: 'real',
    async play(scene) {
      const { primary, stage } = scene;
      await primary.play(down(scene));
      const turn = await scene.turn();
      expectFinished(scene, turn, { requests: 1 });
      const [exchange] = turn.exchanges;
      const asked = stage.clients?.model ?? MODEL;
      scene.expect(!stage.isOurs || exchange?.model === asked, `the answer names ${exchange?.model}`);
      const { input_tokens: read = 0, output_tokens: written = 0 } = exchange?.usage ?? {};
      scene.expect(read > 0 && written > 0, `the answer counts ${read} and ${written} tokens`);
      if (stage.isOurs) await expectCounted(scene, exchange);
    },
  },
];

/** Who answered is told to the client, and counted. */
async function expectCounted(scene: Scene, exchange: Exchange | undefined): Promise<void> {
  const { primary, stage } = scene;
  const served = exchange?.headers.get('x-ccproxy-upstream') ?? '';
  const attempts = exchange?.headers.get('x-ccproxy-attempts');
  scene.expect(
    scene.backups.some(({ upstream }) => upstream.name === served),
    `served by "${served}"`,
  );
  scene.expect(attempts === '2', `x-ccproxy-attempts is ${attempts}`);
  const status = await stage.status();
  const countsOf = (name: string) => status.upstreams.find((one) => one.name === name)?.counts;
  const [theirs, ours] = [countsOf(primary.upstream.name), countsOf(served)];
  scene.expect(theirs?.failed === 1 && theirs.ok === 0, `counted of the first: ${JSON.stringify(theirs)}`);
  scene.expect(ours?.ok === 1 && ours.failed === 0, `counted of the backup: ${JSON.stringify(ours)}`);
}

const EVERY_MS = 4_000;
/** A user's own `return_after` and `open_max` may be long. */
const PATIENCE_MS = 40 * 60_000;
/** Requests that fail one after the other before a breaker opens, and those that try the upstream meanwhile; at most. */
function canaries({ primary }: Scene, downMs: number): number {
  const { failures, openMs } = primary.upstream.breaker;
  return 2 * failures + Math.ceil(downMs / Math.max(1_000, openMs));
}

/** A new conversation every four seconds, until it is served by the first upstream for a minute on end. */
async function untilHome(scene: Scene, { downMs }: { downMs: number }): Promise<void> {
  const { primary, stage } = scene;
  const startedAt = stage.clock.now();
  const words = wordsOf(primary);
  let homeAt: number | null = null;
  let reached = 0;
  for (let turn = 0; stage.clock.now() - startedAt < downMs + PATIENCE_MS; turn += 1) {
    const done = await scene.turn({ session: `s${turn}` });
    expectFinished(scene, done, { by: [primary, ...scene.backups], requests: 1 });
    const sinceMs = stage.clock.now() - startedAt;
    if (sinceMs <= downMs) reached = primary.asked.length;
    if (done.result !== words) homeAt = null;
    else homeAt ??= sinceMs;
    if (sinceMs > downMs && homeAt !== null && sinceMs - homeAt >= 60_000) break;
    await stage.pass(EVERY_MS);
  }
  scene.expect(homeAt !== null, `${primary.upstream.name} never served again`);
  const most = canaries(scene, downMs);
  scene.expect(
    !stage.isOurs || reached <= most,
    `${reached} requests reached it while it was down, more than ${most}`,
  );
  if (homeAt !== null) scene.remark(`home ${Math.round((homeAt - downMs) / 1000)} s after it was well`);
  scene.remark(`${reached} requests tried it, ${stage.timeline.probes.length} probes in all`);
}
