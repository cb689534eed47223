import { describe, expect, test } from 'bun:test';
import { createReload } from '../../src/cli/reload.ts';
import type { Configuration, Configured } from '../../src/config/build.ts';
import { chainFile, configurationOf } from '../support/app.ts';

const NOBODY = 'http://127.0.0.1:1';
const FIRST = chainFile({ anthropic: NOBODY, backup: NOBODY });
const WRONG: Configured = { ok: false, problems: [{ file: 'ccproxy.toml', line: 3, what: 'is wrong' }] };

/** A ccproxy that was started with `started`, and reads what the test says. */
function setUp(started: Configuration, answers: (Configured | Promise<Configured>)[], notes: string[] = []) {
  const lines: string[] = [];
  const taken: Configuration[] = [];
  const complaints: (string | null)[] = [];
  const state = { draining: false, reads: 0, configuration: started };
  const reload = createReload({
    serving: {
      get configuration() {
        return state.configuration;
      },
      replace(next) {
        taken.push(next);
        state.configuration = next;
        return notes;
      },
      complain: (words) => void complaints.push(words),
    },
    async read() {
      state.reads += 1;
      return (await answers.shift()) ?? WRONG;
    },
    draining: () => state.draining,
    tell: (line) => lines.push(line),
  });
  return { reload, lines, taken, complaints, state };
}

const good = async (file = FIRST): Promise<Configured> => ({
  ok: true,
  configuration: await configurationOf({ file }),
});

describe('reading the configuration again', () => {
  test('takes a valid one and says what it is', async () => {
    const { reload, lines, taken, complaints } = setUp(
      await configurationOf({ file: FIRST }),
      [good(chainFile({ backup: NOBODY }))],
      ['something changed'],
    );
    await reload();
    expect(taken.map(({ chain }) => chain.map(({ name }) => name))).toEqual([['backup']]);
    expect(complaints).toEqual([null]);
    expect(lines[0]).toBe('ccproxy: /config/ccproxy.toml is in use as it is now; chain: backup');
    expect(lines).toContain('ccproxy: warning: something changed');
    expect(lines).toContain('ccproxy: warning: there is only one upstream: nothing can fail over');
  });

  test('changes nothing for one that is not valid, and keeps saying why until there is a good one', async () => {
    const { reload, lines, taken, complaints } = setUp(await configurationOf({ file: FIRST }), [
      WRONG,
      good(),
    ]);
    await reload();
    expect([taken.length, complaints]).toEqual([0, [expect.stringContaining('is wrong')]]);
    expect(lines).toEqual([expect.stringMatching(/stays as it was:\n.*is wrong/)]);
    await reload();
    expect([taken.length, complaints.at(-1)]).toEqual([1, null]);
  });

  test.each<[string, Record<string, string>]>([
    ['standing mode', {}],
    ['emergency mode', { PROVIDER: 'groq', GROQ_API_KEY: 'k' }],
  ])('does nothing in %s', async (_, env) => {
    const { reload, lines, state } = setUp(await configurationOf({ env }), [good()]);
    await reload();
    expect([state.reads, lines]).toEqual([0, []]);
  });

  test('is done once more when it is asked for meanwhile, one after the other', async () => {
    const first = Promise.withResolvers<Configured>();
    const answers = [first.promise, good(chainFile({ backup: NOBODY })), good()];
    const { reload, taken, state } = setUp(await configurationOf({ file: FIRST }), answers);
    const all = [reload(), reload(), reload()];
    expect(state.reads).toBe(1);
    first.resolve(await good());
    await Promise.all(all);
    expect(state.reads).toBe(2);
    expect(taken.at(-1)?.chain.map(({ name }) => name)).toEqual(['backup']);
  });

  test('comes too late once ccproxy is stopping', async () => {
    const { reload, taken, state } = setUp(await configurationOf({ file: FIRST }), [good()]);
    state.draining = true;
    await reload();
    expect(taken).toEqual([]);
  });
});
