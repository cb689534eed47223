/** Every preset, from its environment variables alone: a turn with a tool, there and back. */
import { describe, expect, test } from 'bun:test';
import { answer, text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { complaints as messagesComplaints } from '../support/anthropic-validator.ts';
import { startApp } from '../support/app.ts';
import { complaints as chatComplaints, strictnessOf } from '../support/openai-validator.ts';

const BACKUPS = PROVIDERS.filter(({ native }) => !native).map(
  (provider) => [provider.name, provider] as const,
);
const FIRST = [{ role: 'user', content: 'Look north.' }];
const REQUEST = {
  model: 'claude-opus-4-8',
  max_tokens: 64_000,
  stream: true,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  stop_sequences: ['END', 'STOP', 'HALT', 'QUIT', 'DONE'],
  tools: [
    {
      name: 'Look',
      description: 'Looks',
      input_schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
    },
  ],
};

interface Said {
  content: { type: string; id?: string }[];
}

describe.each(BACKUPS)('%s', (name, provider) => {
  test('serves a streamed turn with a tool, in a form that a strict server takes', async () => {
    const call = { type: 'tool_use', name: 'Look', input: { at: 'north' }, id: 'functions.Look:0' } as const;
    await using upstream = await startUpstream({
      script: [
        { answer: answer([{ type: 'thinking', thinking: 'North, then.' }, call]) },
        { answer: text('A lake.') },
      ],
    });
    const path = provider.base === null ? '/v1' : new URL(provider.base).pathname;
    const env = {
      PROVIDER: name,
      [`${provider.env}_BASE_URL`]: `${upstream.url}${path}`,
      [`${provider.env}_API_KEY`]: 'the-key',
      ...(provider.models === null ? { [`${provider.env}_MODEL`]: 'large' } : {}),
    };
    await using app = await startApp({ env });
    const ask = async (messages: object[]): Promise<Said> => {
      const body = JSON.stringify({ ...REQUEST, messages });
      const response = await fetch(`${app.url}/v1/messages`, { method: 'POST', body });
      expect([response.status, response.headers.get('x-ccproxy-upstream')]).toEqual([200, name]);
      return messageIn(await response.text());
    };

    const { content } = await ask(FIRST);
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
    const [, { id = '' } = {}] = content;
    const result = [{ type: 'tool_result', tool_use_id: id, content: 'A lake.' }];
    await ask([...FIRST, { role: 'assistant', content }, { role: 'user', content: result }]);

    expect(upstream.asked).toHaveLength(2);
    for (const { path: asked, header, text: body } of upstream.asked) {
      expect(asked).toBe(`${path}${provider.dialect === 'anthropic' ? '/messages' : '/chat/completions'}`);
      const isBearer = provider.authHeader === 'authorization';
      expect(header(provider.authHeader)).toBe(isBearer ? 'Bearer the-key' : 'the-key');
      const sent = JSON.parse(body());
      expect(sent.model).toBe(provider.models?.opus ?? 'large');
      expect(problems(sent)).toEqual([]);
    }
    const last = JSON.parse(upstream.asked[1]?.text() ?? '');
    const wants = provider.quirks.reasoningHistory?.(last.model) === true;
    expect(JSON.stringify(last).includes('North, then.')).toBe(wants || provider.dialect === 'anthropic');
  });

  function problems(body: { model: string }): string[] {
    if (provider.dialect === 'anthropic') return messagesComplaints(body);
    const stops = provider.quirks.maxStops?.(body.model) ?? 4;
    return chatComplaints(body, { ...strictnessOf(name), stops });
  }
});

/** The message that a stream tells, as far as this looks at it. */
function messageIn(stream: string): Said {
  const blocks: Record<string, string>[] = [];
  for (const line of stream.split('\n').filter((each) => each.startsWith('data: '))) {
    const event = JSON.parse(line.slice(6)) as {
      type: string;
      index: number;
      content_block?: Record<string, string>;
      delta?: Record<string, string>;
    };
    if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block };
    const block = blocks[event.index];
    if (event.type !== 'content_block_delta' || block === undefined) continue;
    const { delta = {} } = event;
    if (delta.type === 'thinking_delta') block.thinking += delta.thinking ?? '';
    if (delta.type === 'signature_delta') block.signature = delta.signature ?? '';
    if (delta.type === 'input_json_delta') block.input = JSON.parse(delta.partial_json ?? '{}');
  }
  return { content: blocks as unknown as Said['content'] };
}
