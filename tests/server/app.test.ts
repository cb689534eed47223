import { expect, test } from 'bun:test';
import { createApp } from '../../src/server/app.ts';
import { inFlight } from '../../src/server/in-flight.ts';
import { benchOf, primary } from '../support/relay.ts';

const untold = () => {
  throw new Error('must not be asked');
};

test('a request has one id, whichever way it takes', async () => {
  const relay = benchOf([primary()], { send: () => Promise.reject(new Error('must not be asked')) });
  const answer = createApp({
    messages: () => ({ relay, maxBodyBytes: 1000, tokens: [], inFlight: inFlight(9) }),
    guard: () => ({ port: 1, allowedHosts: [], tokens: [], controlTokens: [], instance: 'i' }),
    admin: {
      commands: { use: untold, isolate: untold, reset: untold },
      fingerprint: () => '',
      holders: { hold: untold, release: untold },
      stop() {},
    },
    runtime: relay.runtime,
    draining: () => false,
    version: '1',
    startedAt: 0,
    status: untold,
    greeted() {},
    unexpected() {},
  });
  const paths = ['/health', '/nowhere', '/v1/models', '/status', '/health/'];
  const seen: (string | null)[] = [];
  for (const path of paths) {
    const request = new Request(`http://localhost${path}`, { headers: { host: 'localhost' } });
    seen.push((await answer(request)).headers.get('x-ccproxy-request-id'));
  }
  seen.push(
    (await answer(new Request('http://localhost/', { headers: { host: 'evil' } }))).headers.get('request-id'),
  );
  expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((number) => `req_test${number}`));
});
