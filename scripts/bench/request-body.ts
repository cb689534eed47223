/** A request of the size that a coding agent sends: a long system prompt, many tools, a short conversation. Made up. */

const REQUEST_BYTES = 77 * 1024;

const SENTENCE = 'Read the file before you change it, keep the change small, and say what you did and why. ';

function tool(index: number) {
  return {
    name: `tool_${index}`,
    description: `Tool number ${index}. ${SENTENCE.repeat(12)}`,
    input_schema: {
      type: 'object',
      properties: {
        path: { type: 'string', description: 'An absolute path, "quoted" where it has spaces\n' },
        limit: { type: 'integer', minimum: 1, description: 'How many lines' },
        pattern: { type: 'string', description: 'A regular expression such as ^\\s*$' },
      },
      required: ['path'],
      additionalProperties: false,
    },
  };
}

/** What makes what the user says last the beginning of a turn: the one before is over. */
const TURN_ENDED = { role: 'assistant', content: [{ type: 'text', text: 'There are three.' }] };

/**
 * The request as bytes of JSON, padded with system prompt to the size.
 * @param place whether it begins a turn or goes on with one: the answer to a tool stands beside the user's words
 */
export function requestBody(stream: boolean, place: 'in a turn' | 'begins a turn' = 'in a turn'): Uint8Array {
  const request = (system: string) => ({
    model: 'claude-sonnet-4-5',
    max_tokens: 64000,
    stream,
    system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
    tools: Array.from({ length: 24 }, (_, index) => tool(index)),
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'List the files here.' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Listing them.' },
          { type: 'tool_use', id: 'toolu_01Bench', name: 'tool_1', input: { path: '/srv', limit: 50 } },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_01Bench', content: 'a.ts\nb.ts\nc.ts' }],
      },
      ...(place === 'begins a turn' ? [TURN_ENDED] : []),
      { role: 'user', content: [{ type: 'text', text: 'Now explain what each of them does.' }] },
    ],
  });
  const bare = JSON.stringify(request('')).length;
  const padding = SENTENCE.repeat(Math.ceil(REQUEST_BYTES / SENTENCE.length)).slice(0, REQUEST_BYTES - bare);
  return new TextEncoder().encode(JSON.stringify(request(padding)));
}
