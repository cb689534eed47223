import type { MessageParam } from '../../core/messages.ts';

/** The release whose requests these are in the shape of. */
const VERSION = '2.1.328';

/** Nobody's. */
export const CLIENT_KEY = 'sk-key-of-the-played-client';

/** What every request of the client carries. */
export const HEADERS: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': `claude-cli/${VERSION} (external, drill)`,
  'x-app': 'cli',
  'anthropic-version': '2023-06-01',
  'anthropic-beta':
    'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24',
  'x-api-key': CLIENT_KEY,
};

const TOOLS = [
  {
    name: 'Bash',
    description: 'Runs a command.',
    input_schema: {
      type: 'object',
      properties: { command: { type: 'string' }, timeout: { type: 'number', exclusiveMinimum: 0 } },
      required: ['command'],
      additionalProperties: false,
    },
  },
  {
    name: 'Read',
    description: 'Reads a file.',
    input_schema: {
      type: 'object',
      properties: { file_path: { type: 'string' } },
      required: ['file_path'],
      additionalProperties: false,
    },
  },
];

/** What differs from request to request. */
export interface Body {
  model: string;
  maxTokens: number;
  messages: readonly MessageParam[];
  stream: boolean;
  session: string;
}

/** A request's body, in the client's shape and order of fields. */
export function bodyOf({ model, maxTokens, messages, stream, session }: Body): string {
  return JSON.stringify({
    model,
    messages,
    system: [
      { type: 'text', text: 'You are in a rehearsal.' },
      { type: 'text', text: 'Do what is asked.', cache_control: { type: 'ephemeral' } },
    ],
    tools: TOOLS,
    metadata: {
      user_id: JSON.stringify({ device_id: '0'.repeat(64), account_uuid: '', session_id: session }),
    },
    max_tokens: maxTokens,
    thinking: { type: 'adaptive' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'high' },
    ...(stream ? { stream: true } : {}),
  });
}
