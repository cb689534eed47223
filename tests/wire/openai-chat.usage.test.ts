import { describe, expect, test } from 'bun:test';
import { collect } from '../../src/core/collect.ts';
import { estimateTokens } from '../../src/core/estimate.ts';
import type { Usage } from '../../src/core/messages.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { REQUEST, runText, sseOf } from '../support/openai-chat.ts';

const ESTIMATE = estimateTokens(REQUEST);
/** What "Twelve plants." comes to where nobody counted it. */
const OWN = 4;

/** What the answers of a server say of their tokens, chunk by chunk → what the client is told in the end. */
const TOLD: [name: string, told: unknown[], input: number, read: number, written: number, output: number][] =
  [
    ['nothing', [], ESTIMATE, 0, 0, OWN],
    ['null', [null], ESTIMATE, 0, 0, OWN],
    ['an empty object', [{}], ESTIMATE, 0, 0, OWN],
    ['a word', ['many'], ESTIMATE, 0, 0, OWN],
    ['zeros, before anything is counted', [{ prompt_tokens: 0, completion_tokens: 0 }], ESTIMATE, 0, 0, OWN],
    ['plain counts', [{ prompt_tokens: 40, completion_tokens: 9, total_tokens: 49 }], 40, 0, 0, 9],
    ['counts in strings', [{ prompt_tokens: '40', completion_tokens: ' 9 ' }], 40, 0, 0, 9],
    ['strings that are no counts', [{ prompt_tokens: '', completion_tokens: 'nine' }], ESTIMATE, 0, 0, OWN],
    ['fractions', [{ prompt_tokens: 39.6, completion_tokens: 9.2 }], 40, 0, 0, 9],
    ['negative counts', [{ prompt_tokens: -40, completion_tokens: -1 }], ESTIMATE, 0, 0, OWN],
    ['counts that are null', [{ prompt_tokens: null, completion_tokens: null }], ESTIMATE, 0, 0, OWN],
    [
      'counts beyond all reason',
      [{ prompt_tokens: 1e300, completion_tokens: 9e15 * 10 }],
      ESTIMATE,
      0,
      0,
      OWN,
    ],
    ['lists', [{ prompt_tokens: [40], completion_tokens: {} }], ESTIMATE, 0, 0, OWN],
    ['a prompt alone', [{ prompt_tokens: 40 }], 40, 0, 0, OWN],
    ['an answer alone', [{ completion_tokens: 9 }], ESTIMATE, 0, 0, 9],
    [
      'a prompt that was read from the cache in part',
      [{ prompt_tokens: 40, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 30 } }],
      10,
      30,
      0,
      9,
    ],
    [
      'a prompt that was read from the cache as a whole',
      [{ prompt_tokens: 40, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 40 } }],
      0,
      40,
      0,
      9,
    ],
    ['details that are null', [{ prompt_tokens: 40, prompt_tokens_details: null }], 40, 0, 0, OWN],
    [
      'hits and misses',
      [{ prompt_tokens: 40, prompt_cache_hit_tokens: 32, prompt_cache_miss_tokens: 8 }],
      8,
      32,
      0,
      OWN,
    ],
    [
      'hits and misses without their sum',
      [{ prompt_cache_hit_tokens: 32, prompt_cache_miss_tokens: 8, completion_tokens: 9 }],
      8,
      32,
      0,
      9,
    ],
    ['cached tokens at the top', [{ prompt_tokens: 40, cached_tokens: 25 }], 15, 25, 0, OWN],
    [
      'what was written to the cache, within the prompt',
      [
        {
          prompt_tokens: 2600,
          completion_tokens: 300,
          total_tokens: 2900,
          prompt_tokens_details: { cached_tokens: 2000, cache_write_tokens: 400 },
        },
      ],
      200,
      2000,
      400,
      300,
    ],
    [
      'what was written, under other names',
      [{ prompt_tokens: 50, prompt_tokens_details: { cached_tokens: 0, cache_creation_tokens: 20 } }],
      30,
      0,
      20,
      OWN,
    ],
    [
      'what was read and written, in the words of the Messages API',
      [
        {
          prompt_tokens: 50,
          completion_tokens: 9,
          total_tokens: 59,
          cache_creation_input_tokens: 20,
          cache_read_input_tokens: 10,
        },
      ],
      20,
      10,
      20,
      9,
    ],
    [
      'the same beside the prompt, by the total',
      [
        {
          prompt_tokens: 50,
          completion_tokens: 9,
          total_tokens: 89,
          cache_creation_input_tokens: 20,
          cache_read_input_tokens: 10,
        },
      ],
      50,
      10,
      20,
      9,
    ],
    [
      'more in the cache than in the prompt: it stands beside it',
      [{ prompt_tokens: 5, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 900 } }],
      5,
      900,
      0,
      9,
    ],
    [
      'reasoning beside the answer, by the total',
      [
        {
          prompt_tokens: 12,
          completion_tokens: 2,
          total_tokens: 354,
          completion_tokens_details: { reasoning_tokens: 340 },
        },
      ],
      12,
      0,
      0,
      342,
    ],
    [
      'reasoning within the answer',
      [
        {
          prompt_tokens: 12,
          completion_tokens: 342,
          total_tokens: 354,
          completion_tokens_details: { reasoning_tokens: 340 },
        },
      ],
      12,
      0,
      0,
      342,
    ],
    [
      'counts that grow: the last ones count',
      [
        { prompt_tokens: 55, completion_tokens: 1 },
        { prompt_tokens: 165, completion_tokens: 4 },
        { prompt_tokens: 165, completion_tokens: 9 },
      ],
      165,
      0,
      0,
      9,
    ],
    [
      'counts twice, the second time without the cache',
      [
        { prompt_tokens: 40, completion_tokens: 9, cached_tokens: 25 },
        { prompt_tokens: 40, completion_tokens: 9 },
      ],
      15,
      25,
      0,
      9,
    ],
    [
      'counts and then zeros',
      [
        { prompt_tokens: 40, completion_tokens: 9 },
        { prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: null },
      ],
      40,
      0,
      0,
      9,
    ],
  ];

describe.each(TOLD)('a server that tells %s', (_name, told, input, read, written, output) => {
  const usage: Required<Usage> = {
    input_tokens: input,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: output,
  };
  const text = { choices: [{ delta: { content: 'Twelve plants.' } }] };
  const end = { choices: [{ delta: {}, finish_reason: 'stop' }] };

  test('after its answer, in chunks of their own', () => {
    const answer = runText(sseOf([text, end, ...told.map((one) => ({ choices: [], usage: one }))]));
    assertGrammar(answer.frames);
    expect(collect(answer.frames).usage).toEqual(usage);
  });

  test.each([
    ['in its choice', (one: unknown) => ({ choices: [{ delta: {}, usage: one }] })],
    ['in a field of its own', (one: unknown) => ({ choices: [], x_groq: { usage: one } })],
  ])('%s', (_place, chunkOf) => {
    expect(collect(runText(sseOf([text, end, ...told.map(chunkOf)])).frames).usage).toEqual(usage);
  });

  test('beside its words', () => {
    const [first, ...later] = told;
    const chunks = [{ ...text, usage: first }, ...later.map((one) => ({ ...end, usage: one })), end];
    expect(collect(runText(sseOf(chunks)).frames).usage).toEqual(usage);
  });
});

test('what nobody counted is estimated from all that was said: thoughts, words and calls', () => {
  const tell = (delta: object) => ({ choices: [{ delta }] });
  const args = '{"path":"a.md"}';
  const answer = runText(
    sseOf([
      tell({ reasoning_content: 'x'.repeat(400) }),
      tell({ content: 'y'.repeat(400) }),
      tell({ tool_calls: [{ index: 0, function: { name: 'Read', arguments: args } }] }),
      { choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
    ]),
  );
  expect(collect(answer.frames).usage.output_tokens).toBe(200 + Math.ceil(args.length / 4));
});
