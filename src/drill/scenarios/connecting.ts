import type { Actor } from '../cast.ts';
import { expectAsked, expectFinished, stateOf } from '../laws.ts';
import type { Scenario } from '../scenario.ts';
import { spoiled } from './spoiled.ts';

/** States in which requests pass by. */
const OUT = new Set(['open', 'blocked']);

const TITLES = {
  refused: 'Nothing listens there',
  '503': 'It answers 503 to everything',
  'black-hole': 'It takes everything and answers nothing',
} as const;

/** Failures before the first byte of an answer. */
export const connecting: readonly Scenario[] = [
  {
    name: 'refused',
    phase: 'connecting',
    title: 'Nothing listens there any more, and nobody knows it yet',
    clock: 'real',
    async play(scene) {
      await scene.primary.play('refuse');
      expectFinished(scene, await scene.turn(), { requests: 1 });
    },
  },
  spoiled({
    name: 'reset-before-head',
    phase: 'connecting',
    title: 'The connection is reset before any answer',
    fault: { kind: 'reset' },
    // Once more on a fresh connection, where a kept one may have been closed meanwhile.
    asked: 2,
    expected: { requests: 1 },
  }),
  spoiled({
    name: 'not-http',
    phase: 'connecting',
    title: 'Something else answers on that port',
    fault: { kind: 'not-http' },
    asked: 2,
    expected: { requests: 1 },
  }),
  spoiled({
    name: 'redirect',
    phase: 'connecting',
    title: 'A network that asks for a login redirects every request',
    fault: { kind: 'redirect', to: 'http://127.0.0.1:9/login' },
    expected: { requests: 1 },
  }),
  unreachable('unreachable', 'There is no way to that host', 'EHOSTUNREACH'),
  unreachable('dns', 'The name of the host cannot be resolved', 'EAI_AGAIN'),
  unreachable('certificate', 'The certificate is not that of the host', 'ERR_TLS_CERT_ALTNAME_INVALID'),
  spoiled({
    name: 'black-hole',
    phase: 'connecting',
    title: 'The request is taken and never answered',
    clock: 'simulated',
    fault: { kind: 'black-hole' },
    expected: { requests: 1 },
  }),
  ...(['refused', '503', 'black-hole'] as const).map(known),
];

/** A way that fails with a code of the network's, for one host alone: ours is well. */
function unreachable(name: string, title: string, code: string): Scenario {
  return {
    name,
    phase: 'connecting',
    title,
    clock: 'simulated',
    async play(scene) {
      const { primary, stage, backups } = scene;
      const hostOf = ({ upstream }: Actor) => new URL(upstream.base).host;
      const others = backups.filter((backup) => hostOf(backup) !== hostOf(primary));
      if (others.length === 0) return scene.remark('every backup is on the same host');
      for (const actor of stage.actors) if (hostOf(actor) === hostOf(primary)) stage.cutOff(actor, code);
      expectFinished(scene, await scene.turn(), { by: others, requests: 1 });
      scene.expect(!(await stage.status()).offline, 'our own network was blamed');
    },
  };
}

/** An outage that probes have found before a request comes: it costs the request nothing. */
function known(how: 'refused' | '503' | 'black-hole'): Scenario {
  const fault =
    how === '503' ? ({ kind: 'status', status: 503 } as const) : ({ kind: 'black-hole' } as const);
  return {
    name: `known-${how}`,
    phase: 'known before',
    title: `${TITLES[how]}, and the probes have found it out`,
    clock: 'simulated',
    async play(scene) {
      const { primary, stage } = scene;
      if (!primary.upstream.probe.enabled) return scene.remark('its probes are off: nobody finds out');
      await primary.play(how === 'refused' ? 'refuse' : { fault }, { fault });
      // Its time must not be up just now: then the request may be the one that tries it.
      const isOut = async () => OUT.has(await stateOf(scene, primary));
      for (let seconds = 0; seconds < 3_600 && !(await isOut()); seconds += 1) await stage.pass(1_000);
      scene.expect(await isOut(), `${primary.upstream.name} is not out after an hour of an outage`);
      const turn = await scene.turn();
      expectFinished(scene, turn, { requests: 1 });
      expectAsked(scene, primary, 0);
    },
  };
}
