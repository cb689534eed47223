/** When our own network is gone, what is on this machine comes first, and nobody else is to blame. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { NetworkWatch } from '../../src/core/runtime.ts';
import { watchNetwork } from '../../src/proxy/network-watch.ts';
import { manualClock } from '../support/manual-clock.ts';
import { heldAgainst, standingOf, type Voices } from '../support/relay.ts';
import {
  endings,
  expectQuiet,
  gone,
  inTurn,
  refusing,
  type Stage,
  type StageOptions,
  said,
  stageOf,
  upstreamOf,
  well,
} from '../support/stage.ts';

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

const AT_HOME = { base: 'http://127.0.0.1:11434/v1' };

interface Machine extends Stage {
  network: NetworkWatch;
}

/** Anthropic, a backup, and one on this machine. `voices` says otherwise than well. */
function machine(voices: Voices = {}, options: StageOptions & { isConnected?: boolean } = {}): Machine {
  const clock = manualClock();
  const { isConnected = true } = options;
  const network = watchNetwork({ clock, isConnected: () => isConnected });
  const all = { anthropic: well('anthropic'), backup: well('backup'), local: well('local'), ...voices };
  const chain = [upstreamOf('anthropic'), upstreamOf('backup'), upstreamOf('local', AT_HOME)];
  const stage = stageOf(all, { chain, clock, network, ...options });
  stages.push(stage);
  return Object.assign(stage, { network });
}

const LOST = { anthropic: gone, backup: gone };

describe('two remote upstreams that cannot be reached', () => {
  test.each([true, false])('mean that it is our network (stream: %p)', async (stream) => {
    const { done, asked, network, bench } = machine(LOST);
    expect((await done({ stream })).upstream).toBe('local');
    expect([asked(), network.offline]).toEqual([['anthropic', 'backup', 'local'], true]);
    expect(endings(bench).map(([, kind]) => kind)).toEqual(['unreachable', 'unreachable', 'ok']);
  });

  test('from then on the local one is asked first, and nothing trips', async () => {
    const { clock, done, asked, bench } = machine(LOST);
    await done();
    asked();
    for (let turn = 0; turn < 20; turn += 1) {
      const got = await done(said({ session: `s${turn}` }));
      expect([got.upstream, got.attempts]).toEqual(['local', 1]);
      await clock.advance(10_000);
    }
    expect(new Set(asked())).toEqual(new Set(['local']));
    for (const { name } of bench.chain) expect(standingOf(bench, name).name).toBe('closed');
    expect(bench.events.breakers).toEqual([]);
  });

  test('nor when the local one fails and they are asked all the same', async () => {
    const { done, asked, bench } = machine({ ...LOST, local: inTurn(well('local'), refusing(400)) });
    await done();
    asked();
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await done()).status).toBe(503);
      expect(asked()).toEqual(['local', 'anthropic', 'backup']);
    }
    for (const name of ['anthropic', 'backup']) expect(standingOf(bench, name).name).toBe('closed');
    expect(heldAgainst(bench, 'backup')).toEqual([]);
  });

  test('a conversation that one of them serves goes to the local one, too', async () => {
    const { clock, done, asked } = machine({
      anthropic: gone,
      backup: inTurn(well('backup'), gone),
    });
    expect((await done(said({ session: 's' }))).upstream).toBe('backup');
    await clock.advance(31_000);
    await done();
    asked();
    const got = await done(said({ session: 's', isMidTurn: true }));
    expect([got.upstream, asked()]).toEqual(['local', ['local']]);
  });
});

describe('the network is back', () => {
  test.each<[string, Voices[string], number]>([
    ['a whole answer', well('backup'), 200],
    ['a refusal of what was asked', refusing(400), 503],
    ['a server error', refusing(500), 503],
  ])('with %s of a remote upstream, and the order is the chain again', async (_, voice, status) => {
    const stage = machine({
      anthropic: inTurn(gone, gone, well('anthropic')),
      backup: inTurn(gone, voice),
      local: inTurn(well('local'), refusing(500), well('local')),
    });
    await stage.done();
    stage.asked();
    const got = await stage.done();
    expect([got.status, stage.asked()]).toEqual([status, ['local', 'anthropic', 'backup']]);
    expect(stage.network.offline).toBe(false);
    expect([(await stage.done()).upstream, stage.asked()]).toEqual(['anthropic', ['anthropic']]);
  });

  test("with a refusal of Anthropic's that is the client's to see", async () => {
    const stage = machine({
      anthropic: inTurn(gone, refusing(400), well('anthropic')),
      backup: gone,
      local: inTurn(well('local'), refusing(500), well('local')),
    });
    await stage.done();
    const got = await stage.done();
    expect([got.status, got.upstream, stage.network.offline]).toEqual([400, 'anthropic', false]);
    expect((await stage.done()).upstream).toBe('anthropic');
  });

  test("with a rejection of the client's own credential", async () => {
    const stage = machine({
      anthropic: inTurn(gone, refusing(403, { kind: 'forbidden' }), well('anthropic')),
      backup: gone,
      local: inTurn(well('local'), refusing(500), well('local')),
    });
    await stage.done();
    const got = await stage.done();
    expect([got.status, stage.network.offline]).toEqual([403, false]);
    expect((await stage.done()).upstream).toBe('anthropic');
  });
});

describe('it is not our network', () => {
  test('when another was reached a moment ago', async () => {
    const names = ['anthropic', 'backup', 'third'];
    const chain = [...names.map((name) => upstreamOf(name)), upstreamOf('local', AT_HOME)];
    const { clock, done, network, bench } = machine(
      { anthropic: refusing(500), backup: gone, third: gone },
      { chain },
    );
    expect([(await done()).upstream, network.offline]).toEqual(['local', false]);
    for (const name of ['backup', 'third']) expect(heldAgainst(bench, name)).toHaveLength(2);
    await clock.advance(1_000);
    await done();
    for (const name of names) expect(standingOf(bench, name).name).toBe('open');
  });

  test('when one of them refuses the connection: something is there', async () => {
    const refused = () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }));
    const { done, network } = machine({ anthropic: refused, backup: gone });
    await done();
    expect(network.offline).toBe(false);
  });

  test('when two upstreams of one host cannot be reached', async () => {
    const one = { base: 'http://same.test/v1' };
    const chain = [upstreamOf('anthropic', one), upstreamOf('backup', one), upstreamOf('local', AT_HOME)];
    const { done, network, asked } = machine(LOST, { chain });
    expect((await done()).upstream).toBe('local');
    expect([asked(), network.offline]).toEqual([['anthropic', 'backup', 'local'], false]);
  });

  test('when the local one cannot be reached', async () => {
    const { done, network } = machine({ anthropic: gone, backup: refusing(500), local: gone });
    await done();
    expect(network.offline).toBe(false);
  });
});

test('without any network, the first loss says enough', async () => {
  const { done, asked, network, bench } = machine(LOST, { isConnected: false });
  expect((await done()).upstream).toBe('local');
  expect(network.offline).toBe(true);
  expect(heldAgainst(bench, 'anthropic')).toEqual([]);
  asked();
  expect([(await done()).upstream, asked()]).toEqual(['local', ['local']]);
});

test('just after the machine woke, failures to connect say nothing', async () => {
  const clock = manualClock();
  const network = watchNetwork({ clock, isConnected: () => true });
  const { done, bench } = machine(LOST, { clock, network });
  network.woke();
  for (let turn = 0; turn < 5; turn += 1) await done();
  expect(network.offline).toBe(false);
  for (const name of ['anthropic', 'backup']) expect(heldAgainst(bench, name)).toEqual([]);
});

test('offline, with nothing on this machine, is 503 with a wait', async () => {
  const chain = [upstreamOf('anthropic'), upstreamOf('backup')];
  const { done, asked, network } = machine(LOST, { chain });
  for (let turn = 0; turn < 4; turn += 1) {
    const got = await done();
    expect([got.status, got.headers.get('x-should-retry')]).toEqual([503, null]);
    expect(got.text).toContain("could answer. This machine's own network is gone. anthropic: ");
    expect(Number(got.headers.get('retry-after'))).toBeWithin(1, 61);
  }
  expect(network.offline).toBe(true);
  expect(asked()).toHaveLength(8);
});

test('a conversation that went to the local one stays for its turn when the network is back', async () => {
  const voices: Voices = { ...LOST };
  const { clock, done, network } = machine(
    Object.fromEntries(
      ['anthropic', 'backup'].map((name) => [name, (outgoing) => (voices[name] ?? well(name))(outgoing)]),
    ),
  );
  expect((await done(said({ session: 's' }))).upstream).toBe('local');
  voices.anthropic = well('anthropic');
  voices.backup = well('backup');
  await clock.advance(5_000);
  network.saw('host http://anthropic.test', true);
  expect(network.offline).toBe(false);
  expect((await done(said({ session: 's', isMidTurn: true }))).upstream).toBe('local');
  expect((await done(said({ session: 't', isMidTurn: true }))).upstream).toBe('anthropic');
  expect((await done(said({ session: 's' }))).upstream).toBe('anthropic');
});
