import { expect, test } from 'bun:test';
import { collect } from '../../src/core/collect.ts';
import { estimateTokens } from '../../src/core/estimate.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { runText, sseOf } from '../support/anthropic.ts';
import { REQUEST } from '../support/openai-chat.ts';

const ESTIMATE = estimateTokens(REQUEST);
/** What "Twelve plants." comes to where nobody counted it. */
const OWN = 4;

/** What `message_start` and `message_delta` say → input, read from the cache, written to it, output. */
const TOLD: [name: string, start: unknown, end: unknown, usage: [number, number, number, number]][] = [
  ['nothing', undefined, undefined, [ESTIMATE, 0, 0, OWN]],
  ['zeros', { input_tokens: 0, output_tokens: 0 }, { output_tokens: 0 }, [ESTIMATE, 0, 0, OWN]],
  ['the input first', { input_tokens: 40, output_tokens: 1 }, { output_tokens: 9 }, [40, 0, 0, 9]],
  ['all at the end', { input_tokens: 0 }, { input_tokens: 40, output_tokens: 9 }, [40, 0, 0, 9]],
  ['zeros at the end', { input_tokens: 40 }, { input_tokens: 0, output_tokens: 9 }, [40, 0, 0, 9]],
  ['null at the end', { input_tokens: 40 }, { input_tokens: null, output_tokens: null }, [40, 0, 0, OWN]],
  ['strings', { input_tokens: '40' }, { output_tokens: '9' }, [40, 0, 0, 9]],
  ['strings that are no counts', { input_tokens: '' }, { output_tokens: 'nine' }, [ESTIMATE, 0, 0, OWN]],
  ['fractions', { input_tokens: 39.6 }, { output_tokens: 9.2 }, [40, 0, 0, 9]],
  ['negative counts', { input_tokens: -40 }, { output_tokens: -9 }, [ESTIMATE, 0, 0, OWN]],
  ['counts beyond all reason', { input_tokens: 1e300 }, { output_tokens: 1e16 }, [ESTIMATE, 0, 0, OWN]],
  ['lists', { input_tokens: [40] }, [], [ESTIMATE, 0, 0, OWN]],
  [
    'the cache beside the input',
    { input_tokens: 3, cache_read_input_tokens: 900, cache_creation_input_tokens: 20, output_tokens: 1 },
    { output_tokens: 9 },
    [3, 900, 20, 9],
  ],
  [
    'the cache at the end alone',
    { input_tokens: 0, output_tokens: 0 },
    { input_tokens: 3, cache_read_input_tokens: 900, output_tokens: 9 },
    [3, 900, 0, 9],
  ],
];

test.each(TOLD)('a server that tells %s', (_name, start, end, [input, read, written, output]) => {
  const stream = sseOf(
    [
      { type: 'message_start', message: { usage: start } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Twelve plants.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: end },
      { type: 'message_stop' },
    ].map((event) => JSON.parse(JSON.stringify(event)) as { type: string }),
  );
  const answer = runText(stream);
  assertGrammar(answer.frames);
  expect(collect(answer.frames).usage).toEqual({
    input_tokens: input,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: output,
  });
});
