/** Images by their address: for servers that say that they take them, and nobody else. */
import { expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import type { Quirks } from '../../src/core/quirks.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { encoded } from '../support/anthropic.ts';

const source = { type: 'url', url: 'https://garden.example/rose.png' } as const;
const REQUEST: MessagesRequest = {
  model: 'claude-test-1',
  max_tokens: 1000,
  messages: [{ role: 'user', content: [{ type: 'image', source }] }],
};
const NOTED = '[image not attached: https://garden.example/rose.png]';

test.each<[what: string, quirks: Quirks, content: unknown]>([
  ['a server of which nothing is known', {}, NOTED],
  ['one that takes them', { imageUrls: true }, [{ type: 'image', source }]],
  [
    'one that takes them and a model that sees none',
    { imageUrls: true, vision: false },
    '[image omitted: model has no vision]',
  ],
])('%s', (_what, quirks, content) => {
  expect(encoded(REQUEST, { quirks }).body.messages[0].content).toEqual(content as never);
});

test('who says so', () => {
  const names = PROVIDERS.filter(({ quirks }) => quirks.imageUrls === true).map(({ name }) => name);
  expect(names.toSorted()).toEqual(['fireworks', 'litellm', 'openrouter']);
});
