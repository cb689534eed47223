import type { JsonObject } from '../../core/messages.ts';
import { type Answer, type AnswerBlock, pieces } from '../answers.ts';
import { callId, type Voice, type Wording } from './voice.ts';

const STOPS = { end: 'stop', tools: 'tool_calls', length: 'length' } as const;

/** When every answer was made: a date that never moves keeps answers equal from run to run. */
const CREATED = 1_700_000_000;

/** The Chat Completions API, with thinking in `reasoning_content` as most providers have it. */
export const openaiChatVoice: Voice = {
  name: 'openai-chat',
  ping: ': PROCESSING\n\n',
  events(answer, wording) {
    const chunk = (delta: JsonObject, finish: string | null = null) =>
      data({ ...head(answer, wording, 'chat.completion.chunk'), choices: [choice({ delta }, finish)] });
    return [
      chunk({ role: 'assistant', content: '' }),
      ...thinkingOf(answer).map((piece) => chunk({ reasoning_content: piece })),
      ...textOf(answer).map((piece) => chunk({ content: piece })),
      ...callsOf(answer, wording)
        .flatMap(callDeltas)
        .map((call) => chunk({ tool_calls: [call] })),
      chunk({}, STOPS[answer.stop]),
      data({ ...head(answer, wording, 'chat.completion.chunk'), choices: [], usage: usage(answer) }),
      'data: [DONE]\n\n',
    ];
  },
  whole(answer, wording) {
    const calls = callsOf(answer, wording).map(({ index: _, ...call }) => call);
    const thinking = thinkingOf(answer).join('');
    const words = textOf(answer).join('');
    const message: JsonObject = { role: 'assistant', content: words === '' ? null : words };
    if (thinking !== '') message.reasoning_content = thinking;
    if (calls.length > 0) message.tool_calls = calls;
    return {
      ...head(answer, wording, 'chat.completion'),
      choices: [choice({ message }, STOPS[answer.stop])],
      usage: usage(answer),
    };
  },
  errorEvent: (complaint) => data({ error: { ...complaint, code: null, param: null } }),
  errorBody: (complaint) => ({ error: { ...complaint, code: null, param: null } }),
  headers: (wording) => ({ 'x-request-id': `req_${wording.id}` }),
};

interface FunctionCall {
  index: number;
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
  [key: string]: number | string | JsonObject;
}

function data(body: JsonObject): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

function head(answer: Answer, wording: Wording, object: string): JsonObject {
  return { id: `chatcmpl-${wording.id}`, object, created: CREATED, model: answer.model ?? wording.model };
}

function choice(content: JsonObject, finish: string | null): JsonObject {
  return { index: 0, ...content, logprobs: null, finish_reason: finish };
}

function usage(answer: Answer): JsonObject {
  const {
    input_tokens: prompt,
    output_tokens: completion,
    cache_read_input_tokens: cached = 0,
  } = answer.usage;
  return {
    prompt_tokens: prompt + cached,
    completion_tokens: completion,
    total_tokens: prompt + cached + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

function thinkingOf(answer: Answer): string[] {
  return answer.blocks.flatMap((block) => (block.type === 'thinking' ? pieces(block.thinking) : []));
}

function textOf(answer: Answer): string[] {
  return answer.blocks.flatMap((block) => (block.type === 'text' ? pieces(block.text) : []));
}

function callsOf(answer: Answer, wording: Wording): FunctionCall[] {
  const tools = answer.blocks.filter(isCall);
  return tools.map((block, index) => ({
    index,
    id: block.id ?? callId('call_', wording, index),
    type: 'function',
    function: { name: block.name, arguments: JSON.stringify(block.input) },
  }));
}

function isCall(block: AnswerBlock): block is Extract<AnswerBlock, { type: 'tool_use' }> {
  return block.type === 'tool_use';
}

/** Id and name come with the first piece alone; the arguments follow in pieces. */
function callDeltas(call: FunctionCall): JsonObject[] {
  const { index, id, type } = call;
  const opening = { index, id, type, function: { name: call.function.name, arguments: '' } };
  const rest = pieces(call.function.arguments).map((piece) => ({ index, function: { arguments: piece } }));
  return [opening, ...rest];
}
