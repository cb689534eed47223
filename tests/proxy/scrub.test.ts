/** What an upstream says of a failure, as it goes into logs, `status` and the final error. */
import { expect, test } from 'bun:test';
import { scrub } from '../../src/proxy/scrub.ts';
import { ask, backup, benchOf, fakeSend } from '../support/relay.ts';

const REQUEST = new TextEncoder().encode(
  JSON.stringify({
    model: 'claude-opus-4-8',
    max_tokens: 64_000,
    messages: [{ role: 'user', content: 'my password is S3cr3tQuestion and "the blue door" stands open' }],
  }),
);

test.each([
  [
    'a key is left out, however short it is',
    '401: Incorrect API key provided: Wx7.short',
    '401: Incorrect API key provided: [key]',
  ],
  ['a quotation without quotes', 'Invalid message: my password is S3cr3tQuestion', 'Invalid message: …'],
  ['a single word that is no name', 'bad value S3cr3tQuestion here', 'bad value … here'],
  ['a quotation with quotes that were escaped', 'cannot read "the blue door" stands', 'cannot read …'],
  [
    'names of fields and models stay',
    '400: max_tokens is too large for claude-opus-4-8: messages and content',
    '400: max_tokens is too large for claude-opus-4-8: messages and content',
  ],
  [
    'what the request does not say stays',
    'Rate limit reached for your organisation',
    'Rate limit reached for your organisation',
  ],
  ['nothing', '', ''],
])('%s', (_, said, left) => {
  expect(scrub(said, ['Wx7.short'], REQUEST)).toBe(left);
});

test("ccproxy's own words stay, also where the request says the same", async () => {
  const refused = () => {
    throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  };
  const content = 'why does it say that the connection was refused?';
  const body = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content }] });
  const said = await ask(benchOf([backup()], { send: fakeSend({ backup: refused }) }), { body });
  expect(said.text).toContain('backup: the connection was refused');
});
