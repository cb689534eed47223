/** The `request-id` of an answer: that of whoever gave it, by whichever header, so that a person can ask them about it. */
import { expect, test } from 'bun:test';
import { ask, backup, benchOf, eventsOf, fakeSend, primary, streamOf } from '../support/relay.ts';

test.each<[whose: string, headers: Record<string, string>, id: string]>([
  ['Anthropic and its copies', { 'request-id': 'req_theirs', 'x-request-id': 'other' }, 'req_theirs'],
  ['OpenAI, Groq, Mistral', { 'x-request-id': 'req_theirs' }, 'req_theirs'],
  ['Azure', { 'apim-request-id': '4a1e-77', 'x-ms-region': 'x' }, '4a1e-77'],
  ['Bedrock', { 'x-amzn-requestid': '1f2e-33' }, '1f2e-33'],
  ['Moonshot', { 'msh-request-id': 'msh1' }, 'msh1'],
  ['DeepSeek', { 'x-ds-trace-id': '51c38cc8adcc' }, '51c38cc8adcc'],
  ['OpenRouter', { 'x-generation-id': 'gen-123' }, 'gen-123'],
  ['a network, which is nobody', { 'cf-ray': '8828f4' }, 'req_1'],
  ['nobody', {}, 'req_1'],
  ['an empty one', { 'request-id': '', 'x-request-id': 'req_theirs' }, 'req_theirs'],
  ['one that is no name', { 'x-request-id': 'the secret "garden"' }, 'req_1'],
  ['one that has no end', { 'x-request-id': 'x'.repeat(300) }, 'req_1'],
])('of %s', async (_, headers, id) => {
  const send = fakeSend({ backup: () => streamOf(eventsOf(), headers) });
  const said = await ask(benchOf([backup()], { send }));
  expect(said.headers.get('request-id')).toBe(id);
  expect(said.headers.get('x-ccproxy-request-id')).toBe('req_1');
  for (const name of Object.keys(headers))
    if (name !== 'request-id') expect(said.headers.has(name)).toBe(false);
});

test("of Anthropic is passed on as it is, beside everything else that is Anthropic's", async () => {
  const theirs = { 'request-id': 'req 7', 'x-request-id': 'other' };
  const send = fakeSend({ anthropic: () => streamOf(eventsOf(), theirs) });
  const { headers } = await ask(benchOf([primary()], { send }));
  expect([headers.get('request-id'), headers.get('x-request-id')]).toEqual(['req 7', 'other']);
});

test('of a failure before it is not the one of the answer', async () => {
  const send = fakeSend({
    anthropic: () => new Response('{}', { status: 500, headers: { 'request-id': 'req_failed' } }),
    backup: () => streamOf(eventsOf(), { 'x-request-id': 'req_answered' }),
  });
  const said = await ask(benchOf([primary(), backup()], { send }));
  expect(said.headers.get('request-id')).toBe('req_answered');
  expect(JSON.stringify(Object.fromEntries(said.headers))).not.toContain('req_failed');
});
