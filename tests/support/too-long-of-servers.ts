import { openai } from './refusals.ts';

/** A refusal of a request that does not fit, and the tokens that it names. */
export type TooLong = [
  who: string,
  status: number,
  body: unknown,
  tokens?: { asked?: number; limit: number },
];

/** In the words of servers of one's own, and of clouds that no preset knows. */
export const OTHERS: TooLong[] = [
  [
    'a server made with FastAPI',
    422,
    {
      detail: [
        { loc: ['body', 'messages'], msg: 'Input too long: 9000 tokens exceeds maximum context length 8192' },
      ],
    },
    { asked: 9000, limit: 8192 },
  ],
  [
    'the same in a line',
    400,
    { detail: 'The input (9,000 tokens) exceeds the context window (8,192 tokens)' },
    { asked: 9000, limit: 8192 },
  ],
  [
    'vLLM, with pictures',
    400,
    openai(
      'The prompt (total length 25938) is too long to fit into the model (context length 4096). Make sure that `max_model_len` is no smaller than the number of text tokens plus multimodal tokens.',
    ),
    { asked: 25938, limit: 4096 },
  ],
  [
    'vLLM, before it looks',
    400,
    openai(
      'The decoder prompt (length 25938) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.',
    ),
    { asked: 25938, limit: 4096 },
  ],
  [
    'vLLM, by its scheduler',
    400,
    openai('Input prompt (9762 tokens) is too long and exceeds limit of 8192'),
    { asked: 9762, limit: 8192 },
  ],
  [
    'TabbyAPI',
    400,
    { detail: 'Request length 71599 + 2048 is greater than max_seq_len 65536' },
    { asked: 73647, limit: 65536 },
  ],
  [
    'TabbyAPI, of the prompt',
    400,
    { detail: 'Prompt length 71599 is greater than max_seq_len 65536' },
    { asked: 71599, limit: 65536 },
  ],
  [
    'oMLX',
    400,
    openai('Prompt too long: 51587 tokens exceeds max context window of 32768 tokens'),
    { asked: 51587, limit: 32768 },
  ],
  [
    'vMLX',
    400,
    { error: 'prompt_too_long: tokenized text prompt has 20767 tokens, max prompt/context tokens is 16384' },
    { asked: 20767, limit: 16384 },
  ],
  [
    'Rapid-MLX',
    400,
    openai(
      'Total prompt tokens (11573) exceeds safe limit (2048) for 1 requests. Reduce prompt length or batch size',
    ),
    { asked: 11573, limit: 2048 },
  ],
  [
    'llama-cpp-python',
    400,
    openai('Requested tokens (5000) exceed context window of 4096'),
    { asked: 5000, limit: 4096 },
  ],
  [
    'TensorRT-LLM',
    400,
    {
      error: 'Prompt length (9000) exceeds maximum input length (8192). Set log level to info and check logs',
    },
    { asked: 9000, limit: 8192 },
  ],
  [
    'TensorRT-LLM, as a sum',
    400,
    openai('The sum of prompt length (9000.0), query length (0) should not exceed max_num_tokens (8192)'),
    { limit: 8192 },
  ],
  [
    'Cohere',
    400,
    {
      message:
        'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 6000. Try using a shorter prompt',
    },
    { asked: 6000, limit: 4081 },
  ],
  [
    'Databricks',
    400,
    {
      error_code: 'BAD_REQUEST',
      message: 'prompt token count (4131) cannot exceed 4096. Please reduce the length of your prompt.',
    },
    { asked: 4131, limit: 4096 },
  ],
  [
    'watsonx',
    400,
    {
      errors: [
        {
          code: 'invalid_input',
          message: 'the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model',
        },
      ],
    },
    { asked: 5000, limit: 4096 },
  ],
  [
    'GitHub',
    413,
    openai('Request body too large for gpt-x model. Max size: 8000 tokens.', {
      code: 'tokens_limit_reached',
    }),
    { limit: 8000 },
  ],
  [
    'somebody who begins with the limit',
    400,
    openai('Please reduce the length of the prompt: context length 8192, prompt length 9000'),
    { asked: 9000, limit: 8192 },
  ],
];
