import { expect, test } from 'bun:test';
import { answers } from '../../src/cli/local-server.ts';

function serve(fetch: () => Response) {
  return Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
}

test.each<[string, () => Response, boolean | 'website']>([
  ['a list of models', () => Response.json({ object: 'list', data: [] }), true],
  ['JSON that says no', () => Response.json({ error: 'no such path' }, { status: 404 }), true],
  ['a refusal without words', () => new Response(null, { status: 401 }), true],
  [
    'a page',
    () => new Response('<h1>404</h1>', { status: 404, headers: { 'content-type': 'text/html' } }),
    'website',
  ],
])('%s', async (_, fetch, expected) => {
  await using server = serve(fetch);
  expect(await answers('127.0.0.1', server.port ?? 0)).toBe(expected);
});

test('something that does not speak HTTP is there', async () => {
  const socket = { open() {}, data: (connection: { end(): unknown }) => void connection.end() };
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket });
  expect(await answers('127.0.0.1', listener.port)).toBe(true);
  listener.stop(true);
});

test('nothing is not there', async () => {
  const server = serve(() => new Response());
  const { port = 0 } = server;
  await server.stop(true);
  expect(await answers('127.0.0.1', port)).toBe(false);
});
