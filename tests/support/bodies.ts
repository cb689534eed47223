/** Bodies that are right but for one thing. */

export const BASE = {
  model: 'claude-test-1',
  max_tokens: 5000,
  stream: true,
  messages: [{ role: 'user', content: 'hello' }],
};
const CALL = { type: 'tool_use', id: 'toolu_01Aaaa', name: 'Look', input: {} };
const RESULT = { type: 'tool_result', tool_use_id: 'toolu_01Aaaa', content: 'ok' };
export const TOOL = { name: 'Look', description: 'Looks.', input_schema: { type: 'object', properties: {} } };

export const messages = (...all: unknown[]) => ({ messages: all });
export const said = (content: unknown) => messages({ role: 'user', content });
export const block = (one: unknown) => said([{ type: 'text', text: 'See:' }, one]);
export const image = (source: unknown) => block({ type: 'image', source });
export const document = (source: unknown) => block({ type: 'document', source });
export const called = (call: object, result: object = {}) =>
  messages(
    { role: 'user', content: 'go' },
    { role: 'assistant', content: [{ ...CALL, ...call }] },
    { role: 'user', content: [{ ...RESULT, ...result }] },
  );
export const tool = (change: object) => ({ tools: [{ ...TOOL, ...change }] });
export const choice = (tool_choice: unknown) => ({ tools: [TOOL], tool_choice });
export const png = (data: unknown) => image({ type: 'base64', media_type: 'image/png', data });

/** A body that is right but for `change`. */
export function bodyWith(change: object): Record<string, unknown> {
  return { ...BASE, ...change };
}
