/** The snapshot of models.dev, made from made-up data: what is kept, in which order, and what is refused. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distill } from '../../scripts/models/distill.ts';
import { VENDORS } from '../../src/providers/vendors.ts';

const folder = mkdtempSync(join(tmpdir(), 'models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MODEL = {
  name: 'Some Model',
  tool_call: true,
  reasoning: true,
  reasoning_options: [
    { type: 'toggle' },
    { type: 'effort', values: ['high', 'none', null, 'low', 'fierce'] },
    { type: 'budget_tokens', min: -1, max: 24_576 },
  ],
  modalities: { input: ['text', 'image', 'pdf'], output: ['text'] },
  limit: { context: 200_000, input: 150_000, output: 64_000 },
  cost: { input: 1.5, output: 6, cache_read: 0.15, tiers: [{ input: 3 }] },
  temperature: false,
  status: 'beta',
};
const PLAIN = {
  tool_call: false,
  reasoning: false,
  modalities: { input: ['text'], output: ['text'] },
  limit: { context: 8192, output: 0 },
};

/** Data in which every vendor has one model and `groq` these. */
function data(models: Record<string, unknown>): Record<string, unknown> {
  const vendors = VENDORS.map((vendor) => [vendor, { name: vendor, models: { plain: PLAIN } }] as const);
  return { ...Object.fromEntries(vendors), groq: { models }, elsewhere: { models: { other: 5 } } };
}

/** The lines about the models of `groq`. */
function lines(models: Record<string, unknown>): string[] {
  const text = distill(data(models), '2026-01-02');
  return (/ groq: `\{\n(.*?)\n\}`/s.exec(text)?.[1] ?? '').split(',\n');
}

describe('a model', () => {
  test('is kept in one line', () => {
    expect(lines({ 'a/model-1': MODEL })).toEqual([
      '"a/model-1":[200000,150000,64000,[1.5,6,0.15],"vptrfb","toggle none low high budget:-24576"]',
    ]);
    expect(lines({ 'a/model-2': PLAIN })).toEqual(['"a/model-2":[8192,0,0,0,""]']);
  });

  test('that does not read or write words is left out', () => {
    const deaf = { ...PLAIN, modalities: { input: ['audio'], output: ['text'] } };
    const painter = { ...PLAIN, modalities: { input: ['text'], output: ['image'] } };
    const boundless = { ...PLAIN, limit: { context: 0, output: 0 } };
    expect(lines({ deaf, painter, boundless, plain: PLAIN })).toHaveLength(1);
  });

  test('whose thinking can be steered in no known way says so, and one of which nothing is known does not', () => {
    const { reasoning_options: _, ...unknown } = MODEL;
    expect(lines({ m: { ...MODEL, reasoning_options: [] } })[0]).toEndWith(',"vptrfb",""]');
    expect(lines({ m: unknown })[0]).toEndWith(',"vptrfb"]');
  });
});

test('the same data in another order gives the same text, which says where it is from and of which day', () => {
  const one = distill(data({ b: PLAIN, a: MODEL, C: PLAIN }), '2026-01-02');
  const reversed = Object.fromEntries(Object.entries(data({ C: PLAIN, a: MODEL, b: PLAIN })).reverse());
  expect(distill(reversed, '2026-01-02')).toBe(one);
  expect(one).toContain('https://models.dev/api.json, as of 2026-01-02');
  expect(one).toContain('Copyright (c) 2025 models.dev');
});

describe('refused is', () => {
  const { openrouter: _, ...withoutVendor } = data({ plain: PLAIN });
  test.each([
    ['no object', [], /^amazon-bedrock: /],
    ['nothing', null, 'it is not an object of vendors'],
    ['a vendor that is missing', withoutVendor, /^openrouter: /],
    ['a vendor without models', data({}), 'groq: it has no models'],
    ['a model without limits', data({ m: { ...MODEL, limit: undefined } }), /^groq: m: limit: /],
    [
      'a limit in words',
      data({ m: { ...MODEL, limit: { context: '8k', output: 1 } } }),
      /^groq: m: limit\.context: /,
    ],
    [
      'a price below nothing',
      data({ m: { ...MODEL, cost: { input: -1, output: 1 } } }),
      /^groq: m: cost\.input: /,
    ],
    ['a name that would end the text', data({ 'a`b': PLAIN }), 'groq: "a`b" is no name of a model'],
  ])('%s, with a word where', (_name, bad, message) => {
    expect(() => distill(bad, '2026-01-02')).toThrow(message);
  });
});

describe('the script', () => {
  const SCRIPT = join(import.meta.dir, '../../scripts/models/main.ts');
  const run = (...args: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, '--no-env-file', SCRIPT, ...args]);
    return { exitCode, said: stderr.toString() };
  };
  const file = async (text: string) => {
    const path = join(folder, `${Bun.hash(text)}.json`);
    await Bun.write(path, text);
    return path;
  };

  test('writes the snapshot', async () => {
    const out = join(folder, 'out.ts');
    const input = data({ m: MODEL });
    const ran = run(await file(JSON.stringify(input)), '--as-of', '2026-01-02', '--out', out);
    expect(ran).toEqual({ exitCode: 0, said: expect.stringContaining(' bytes in ') });
    expect(await Bun.file(out).text()).toBe(distill(input, '2026-01-02'));
  });

  test.each([
    ['what is no JSON', '<html>', ['--as-of', '2026-01-02'], 1, 'it is not JSON'],
    ['other JSON', '{"groq":1}', ['--as-of', '2026-01-02'], 1, 'amazon-bedrock: '],
    ['a file without its day', '{}', [], 2, '--as-of'],
    ['another day', '{}', ['--as-of', 'today'], 2, '--as-of'],
    ['an unknown option', '{}', ['--quick'], 2, 'usage: '],
  ])('refuses %s, and writes nothing', async (_name, text, args, exitCode, words) => {
    const out = join(folder, 'none.ts');
    const ran = run(await file(text), '--out', out, ...args);
    expect(ran).toEqual({ exitCode, said: expect.stringContaining(words) });
    expect(ran.said).not.toContain('    at ');
    expect(await Bun.file(out).exists()).toBe(false);
  });

  test('says that there is no such file', () => {
    const ran = run(join(folder, 'nowhere.json'), '--as-of', '2026-01-02', '--out', join(folder, 'none.ts'));
    expect(ran).toEqual({ exitCode: 1, said: expect.stringContaining('nowhere.json') });
  });
});
