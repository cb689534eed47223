import type { Dialect } from '../../../core/upstream.ts';
import { explain } from '../../errors/explain.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';

/** OpenAI Chat Completions, as OpenAI writes it and as everybody else understood it. */
export const openaiChat: Dialect = {
  name: 'openai-chat',
  path: '/chat/completions',
  headers: {},
  encode,
  decode,
  explain,
};
