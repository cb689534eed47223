import { describe, expect, test } from 'bun:test';
import type { MessagesRequest, ToolParam } from '../../src/core/messages.ts';
import { openrouter } from '../../src/providers/openrouter.ts';
import { encoded, REQUEST } from '../support/openai-chat.ts';

const SEARCH: ToolParam = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
const LOOK: ToolParam = { name: 'Look', input_schema: { type: 'object' } };

function sent(request: Partial<MessagesRequest>) {
  return encoded({ ...REQUEST, ...request }, { quirks: openrouter.quirks, provider: 'openrouter' });
}

describe('a web search at OpenRouter', () => {
  test('is made by its own, which no choice can name', () => {
    const { body, text } = sent({ tools: [SEARCH], tool_choice: { type: 'tool', name: 'web_search' } });
    expect(body.tools).toEqual([{ type: 'openrouter:web_search' }]);
    expect('tool_choice' in body).toBe(false);
    expect(text).not.toContain('Not available here');
  });

  test('keeps to the domains that it is given', () => {
    const tools = [{ ...SEARCH, allowed_domains: ['example.com'], blocked_domains: [] }];
    expect(sent({ tools }).body.tools).toEqual([
      { type: 'openrouter:web_search', parameters: { allowed_domains: ['example.com'] } },
    ]);
  });

  test('stands beside other tools, and other typed tools are missing as anywhere', () => {
    const { body, text } = sent({ tools: [LOOK, SEARCH, { type: 'bash_20250124', name: 'bash' }] });
    expect(body.tools).toHaveLength(2);
    expect(text).toContain('Not available here: bash.');
  });
});
