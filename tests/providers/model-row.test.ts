/** Rows of the snapshot: what is packed comes out again. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { EFFORTS, type ModelFacts } from '../../src/core/model-facts.ts';
import { packRow, unpackRow } from '../../src/providers/model-row.ts';

const tokens = fc.integer({ min: 1, max: 10_000_000 });
const dollars = fc.integer({ min: 0, max: 100_000 }).map((cents) => cents / 1000);
const price = fc.record(
  { input: dollars, output: dollars, cacheRead: dollars, cacheWrite: dollars },
  { requiredKeys: ['input', 'output'] },
);
const control = fc.record(
  {
    toggle: fc.boolean(),
    efforts: fc.subarray([...EFFORTS]),
    none: fc.boolean(),
    budget: fc.record({ least: tokens, most: tokens }, { requiredKeys: [] }),
  },
  { requiredKeys: ['toggle', 'efforts', 'none'] },
);
const facts: fc.Arbitrary<ModelFacts> = fc.record(
  {
    context: tokens,
    input: tokens,
    output: tokens,
    price,
    vision: fc.boolean(),
    pdf: fc.boolean(),
    tools: fc.boolean(),
    reasoning: fc.boolean(),
    control,
    temperature: fc.constant(false),
    status: fc.constantFrom('alpha' as const, 'beta' as const, 'deprecated' as const),
  },
  { requiredKeys: ['vision', 'pdf', 'tools', 'reasoning'] },
);

test('facts come out of their row as they went in', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const text = JSON.stringify(packRow(one));
      expect(unpackRow(JSON.parse(text))).toEqual(one);
    }),
  );
});

test('a row reads as its doc says', () => {
  expect(unpackRow([131_072, 0, 65_536, [0.15, 0.6, null, 0.2], 'tr', 'low high budget:1024-'])).toEqual({
    context: 131_072,
    output: 65_536,
    price: { input: 0.15, output: 0.6, cacheWrite: 0.2 },
    vision: false,
    pdf: false,
    tools: true,
    reasoning: true,
    control: { toggle: false, efforts: ['low', 'high'], none: false, budget: { least: 1024 } },
  });
});
