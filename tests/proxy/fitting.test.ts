/** What is known of a model, and what that makes of a request to it. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { estimateTokens } from '../../src/core/estimate.ts';
import type { ModelFacts } from '../../src/core/model-facts.ts';
import type { Quirks } from '../../src/core/quirks.ts';
import { mostTokens, quirksFor } from '../../src/proxy/fitting.ts';
import { asking, backup } from '../support/relay.ts';

const words = (count: number) =>
  estimateTokens({ messages: [{ role: 'user', content: 'word '.repeat(count) }] });
const TOKENS_OF_A_WORD = words(100_000) / 100_000;

/** A request of about so many tokens that asks for so many. */
function request(tokens: number, asked: unknown = 64_000) {
  const content = 'word '.repeat(Math.ceil(tokens / TOKENS_OF_A_WORD));
  const body = { model: 'm', max_tokens: asked, messages: [{ role: 'user', content }] };
  return asking({ body: JSON.stringify(body) });
}

describe('the answer', () => {
  test.each([
    ['is not limited by what is not known', {}, 10, undefined],
    ['is limited to what the model gives', { output: 8192 }, 10, 8192],
    ['is not limited where less is asked for', { output: 65_000 }, 10, undefined],
    ['is not limited where there is room', { context: 200_000 }, 10_000, undefined],
    ['is limited to what the prompt leaves', { context: 100_000 }, 60_000, 40_000],
    ['is limited to the lower of both', { context: 100_000, output: 8192 }, 60_000, 8192],
    ['keeps a room worth having where next to none seems left', { context: 100_000 }, 99_999, 4096],
    ['keeps it where none seems left at all', { context: 100_000 }, 150_000, 4096],
    ['keeps less of it in a small window', { context: 8192 }, 8192, 1024],
    ['has the room of the larger of two windows', { context: 50_000, input: 100_000 }, 60_000, 40_000],
    ['is nothing that the limit of the prompt says', { context: 400_000, input: 100_000 }, 99_000, undefined],
  ] as [string, ModelFacts, number, number | undefined][])('%s', (_, facts, tokens, expected) => {
    const most = mostTokens(request(tokens), facts, 1);
    if (expected === undefined) expect(most).toBeUndefined();
    else expect(most).toBeWithin(expected - 100, expected + 1);
  });

  test('is given the room that counts of former requests show', () => {
    const facts = { context: 100_000 };
    expect(mostTokens(request(60_000), facts, 0.5)).toBeUndefined();
    expect(mostTokens(request(60_000), facts, 1.2)).toBeWithin(27_800, 28_001);
  });

  test('loses no room to an estimate that nobody has counted against', () => {
    expect(mostTokens(request(80_000), { context: 100_000 })).toBeWithin(31_900, 32_001);
  });

  test.each([undefined, null, '64000'])('of a request that asks for %p is not limited', (asked) => {
    const body = JSON.stringify({ model: 'm', max_tokens: asked, messages: [] });
    expect(mostTokens(asking({ body }), { output: 10, context: 10 })).toBeUndefined();
  });

  test('of a request without the shape of one is not limited', () => {
    const body = '{"model":"m","max_tokens":64000,"messages":5}';
    expect(mostTokens(asking({ body }), { output: 10, context: 10 })).toBeUndefined();
  });

  test('with the prompt fits into the window, or is as short as is sensible', () => {
    const size = fc.integer({ min: 1000, max: 300_000 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 200_000 }), (context, tokens, asked) => {
        const inbound = request(tokens, asked);
        const most = mostTokens(inbound, { context }, 1) ?? asked;
        const least = Math.min(asked, 4096, Math.ceil(context / 8));
        expect(most).toBeWithin(least, asked + 1);
        if (most > least) expect(most + estimateTokens(inbound.request)).toBeLessThanOrEqual(context);
      }),
      { numRuns: 50 },
    );
  });
});

describe('quirks', () => {
  const of = (quirks: Quirks, facts: ModelFacts) => quirksFor(backup({ quirks }), facts);

  test.each([
    ['nothing is known', {}, {}, undefined],
    ['the data says so', {}, { vision: false }, false],
    ['the preset says so of models that are not known', { vision: false }, {}, false],
    ['the data knows better', { vision: false }, { vision: true }, true],
  ] as const)('of a model that sees or not, where %s', (_, quirks, facts, expected) => {
    expect(of(quirks, facts).vision).toBe(expected as boolean);
  });

  test.each([
    [undefined, { vision: true, pdf: true }, undefined],
    [true, { vision: false, pdf: false }, true],
    ['seeing', {}, true],
    ['seeing', { vision: true, pdf: false }, true],
    ['seeing', { vision: false, pdf: true }, true],
    ['seeing', { vision: false, pdf: false }, false],
    ['seeing', { vision: false }, false],
  ] as const)('of PDFs: %p with %p', (files, facts, expected) => {
    expect(of(files === undefined ? {} : { files }, facts).files).toBe(expected as boolean);
  });

  test('of a model that refuses sampling parameters', () => {
    expect(of({}, { temperature: false }).fixedSampling?.('m')).toBe(true);
    expect(of({}, {}).fixedSampling).toBeUndefined();
    // Whoever says it of each model knows better.
    expect(of({ fixedSampling: () => false }, { temperature: false }).fixedSampling?.('m')).toBe(false);
  });
});
