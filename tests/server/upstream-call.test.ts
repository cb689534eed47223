import { expect, test } from 'bun:test';
import { AttemptError } from '../../src/core/failure.ts';
import type { Send } from '../../src/core/runtime.ts';
import { countTokens } from '../../src/server/count-tokens.ts';
import { ErrorAnswer } from '../../src/server/fault.ts';
import { forward } from '../../src/server/forward.ts';
import { benchOf, blackHole, primary } from '../support/relay.ts';

/** A sender that has found out that nobody accepts connections there. */
const nobody: Send = (_, outgoing) => {
  outgoing.abort?.(new AttemptError({ kind: 'unreachable', message: 'no connection within 3000 ms' }));
  return blackHole(outgoing);
};
/** Its clock stands still: no limit but the sender's can end anything. */
const settings = () => ({
  relay: benchOf([primary()], { send: nobody }),
  maxBodyBytes: 1000,
  tokens: [],
});
const request = (path: string) =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'x-api-key': 'k' },
    body: JSON.stringify({ model: 'm', messages: [] }),
  });

test('a count is estimated as soon as nobody is found to accept connections', async () => {
  const answer = await countTokens(request('/v1/messages/count_tokens'), settings(), 'req_1');
  expect([answer.status, await answer.json()]).toEqual([200, { input_tokens: expect.any(Number) }]);
});

test('a forwarded request is 503 as soon as nobody is found to accept connections', async () => {
  const error = await forward(request('/v1/files'), settings(), 'req_1').catch((reason: unknown) => reason);
  expect(error instanceof ErrorAnswer ? [error.status, error.type] : error).toEqual([503, 'api_error']);
});
