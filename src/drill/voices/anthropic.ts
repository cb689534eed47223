import type { JsonObject } from '../../core/messages.ts';
import { type Answer, type AnswerBlock, pieces, type Source } from '../answers.ts';
import { callId, type Voice, type Wording } from './voice.ts';

const STOPS = { end: 'end_turn', tools: 'tool_use', length: 'max_tokens' } as const;

/** The Messages API, as Anthropic speaks it. */
export const anthropicVoice: Voice = {
  name: 'anthropic',
  ping: event('ping', {}),
  events(answer, wording) {
    const { output_tokens, ...input } = answer.usage;
    const opened = { ...message(answer, wording), content: [], stop_reason: null };
    return [
      event('message_start', { message: { ...opened, usage: { ...input, output_tokens: 1 } } }),
      event('ping', {}),
      ...answer.blocks.flatMap((block, index) => blockEvents(block, index, wording)),
      event('message_delta', {
        delta: { stop_reason: STOPS[answer.stop], stop_sequence: null },
        usage: { ...input, output_tokens },
      }),
      event('message_stop', {}),
    ];
  },
  whole: (answer, wording) => ({
    ...message(answer, wording),
    content: answer.blocks.map((block, index) => wholeBlock(block, index, wording)),
    usage: { ...answer.usage },
  }),
  errorEvent: (complaint) => event('error', { error: { ...complaint } }),
  errorBody: (complaint, wording) => ({
    type: 'error',
    error: { ...complaint },
    request_id: `req_${wording.id}`,
  }),
  headers: (wording) => ({ 'request-id': `req_${wording.id}` }),
};

function event(type: string, rest: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}

function message(answer: Answer, wording: Wording): JsonObject {
  return {
    id: `msg_${wording.id}`,
    type: 'message',
    role: 'assistant',
    model: answer.model ?? wording.model,
    stop_reason: STOPS[answer.stop],
    stop_sequence: null,
  };
}

function wholeBlock(block: AnswerBlock, index: number, wording: Wording): JsonObject {
  switch (block.type) {
    case 'text':
      return {
        type: 'text',
        text: block.text,
        ...(block.sources === undefined ? {} : { citations: block.sources.map(citation) }),
      };
    case 'thinking':
      return { type: 'thinking', thinking: block.thinking, signature: block.signature ?? '' };
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: block.data };
    case 'tool_use': {
      const { name, input, id = callId('toolu_', wording, index) } = block;
      return { type: 'tool_use', id, name, input };
    }
    case 'server_tool_use': {
      const { name, input } = block;
      return { type: 'server_tool_use', id: serverCallId(wording, index), name, input };
    }
    case 'web_search_tool_result':
      return {
        type: 'web_search_tool_result',
        tool_use_id: serverCallId(wording, index - 1),
        content: block.sources.map((source) => ({
          type: 'web_search_result',
          ...source,
          encrypted_content: OPAQUE,
          page_age: null,
        })),
      };
  }
}

function serverCallId(wording: Wording, index: number): string {
  return callId('srvtoolu_', wording, index);
}

/** Base64 that means something to nobody but the provider. */
const OPAQUE = 'b3BhcXVlLXRvLWV2ZXJ5Ym9keS1lbHNl';

function citation({ url, title }: Source): JsonObject {
  return { type: 'web_search_result_location', cited_text: title, url, title, encrypted_index: OPAQUE };
}

function blockEvents(block: AnswerBlock, index: number, wording: Wording): string[] {
  const { opening, deltas } = inPieces(block, index, wording);
  return [
    event('content_block_start', { index, content_block: opening }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ];
}

/** Deltas carry the content, as on the real wire; redacted thinking and results come whole in the opening. */
function inPieces(
  block: AnswerBlock,
  index: number,
  wording: Wording,
): { opening: JsonObject; deltas: JsonObject[] } {
  switch (block.type) {
    case 'text': {
      const { sources } = block;
      return {
        opening: { type: 'text', text: '', ...(sources === undefined ? {} : { citations: [] }) },
        deltas: [
          ...(sources ?? []).map((source) => ({ type: 'citations_delta', citation: citation(source) })),
          ...pieces(block.text).map((text) => ({ type: 'text_delta', text })),
        ],
      };
    }
    case 'thinking': {
      const signature = block.signature === undefined ? [] : [block.signature];
      return {
        opening: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          ...pieces(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
          ...signature.map((signed) => ({ type: 'signature_delta', signature: signed })),
        ],
      };
    }
    case 'redacted_thinking':
    case 'web_search_tool_result':
      return { opening: wholeBlock(block, index, wording), deltas: [] };
    case 'tool_use':
    case 'server_tool_use':
      return {
        opening: { ...wholeBlock(block, index, wording), input: {} },
        deltas: ['', ...pieces(JSON.stringify(block.input))].map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        })),
      };
  }
}
