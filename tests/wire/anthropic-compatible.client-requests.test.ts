import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessagesRequest } from '../../src/core/messages.ts';
import type { Quirks } from '../../src/core/quirks.ts';
import { encoded } from '../support/anthropic.ts';
import { complaints } from '../support/anthropic-validator.ts';

const captured = process.env.CCPROXY_CLIENT_REQUESTS;

const UPSTREAMS: [string, Quirks][] = [
  ['a server with eyes', { files: true }],
  ['a text-only model', { vision: false }],
];

if (captured !== undefined) {
  const requests = readdirSync(captured)
    .filter((name) => name.endsWith('.json'))
    .map((name): [string, MessagesRequest] => [
      name,
      (JSON.parse(readFileSync(join(captured, name), 'utf8')) as { body: MessagesRequest }).body,
    ]);

  describe.each(requests)('the captured request %s', (_name, request) => {
    test.each(UPSTREAMS)('is accepted by %s', (_upstream, quirks) => {
      const before = JSON.stringify(request);
      const { body, text } = encoded(request, { quirks, maxTokens: 8192 });
      expect(complaints(body)).toEqual([]);
      expect(text).not.toMatch(/cache_control|x-anthropic-billing-header|defer_loading|"signature"|user_id/);
      expect(JSON.stringify(request)).toBe(before);
    });

    test('is accepted by Anthropic', () => {
      const { body } = encoded(request, { native: true, model: request.model });
      expect(complaints(body, 'native')).toEqual([]);
    });

    test('gives the same beginning one turn later', () => {
      const later: MessagesRequest = {
        ...request,
        messages: [
          ...request.messages,
          { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
          { role: 'user', content: 'And now?' },
        ],
      };
      const [now, then] = [encoded(request).body, encoded(later).body];
      expect(JSON.stringify(then.tools)).toBe(JSON.stringify(now.tools));
      expect(JSON.stringify(then.messages.slice(0, now.messages.length))).toBe(JSON.stringify(now.messages));
    });
  });
}
