import { expect, test } from 'bun:test';
import { AttemptError, type Failure } from '../../src/core/failure.ts';
import { healthKeys } from '../../src/core/health-keys.ts';
import type { Send } from '../../src/core/runtime.ts';
import type { Upstream } from '../../src/core/upstream.ts';
import type { RelayContext } from '../../src/proxy/context.ts';
import { holdOut } from '../../src/proxy/interventions.ts';
import { watchNetwork } from '../../src/proxy/network-watch.ts';
import { ask } from '../../src/proxy/permits.ts';
import { countTokens } from '../../src/server/count-tokens.ts';
import { ErrorAnswer } from '../../src/server/fault.ts';
import { forward } from '../../src/server/forward.ts';
import { inFlight } from '../../src/server/in-flight.ts';
import { ownSubject } from '../../src/server/own-subject.ts';
import { mayBeAsked } from '../../src/server/upstream-call.ts';
import { manualClock } from '../support/manual-clock.ts';
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
  inFlight: inFlight(9),
});
/** Our own network, with two hosts lost beyond it. */
function gone() {
  const network = watchNetwork({ clock: manualClock(), isConnected: () => true });
  for (const host of ['one', 'two']) network.saw(`host https://${host}.test`, false);
  expect(network.offline).toBe(true);
  return network;
}

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

const CLIENT = { headers: new Headers({ 'x-api-key': 'k' }) };
const OTHER = { headers: new Headers({ 'x-api-key': 'other' }) };
const REFUSED: Failure = { kind: 'unauthorized', message: 'no such key' };

/** The breakers of an upstream after a failure of a request with this client's credential. */
function fail(relay: RelayContext, upstream: Upstream, failure: Failure): void {
  const keys = healthKeys(upstream, relay.credentials.of(upstream, CLIENT), null);
  ask({ upstream, keys }, relay.runtime)?.settle({ ok: false, failure });
}

test.each<[string, (relay: RelayContext, upstream: Upstream) => void, boolean, boolean]>([
  ['as long as nothing is known of it', () => {}, true, true],
  [
    'but not while it is held out',
    (relay, one) => holdOut(ownSubject(one, relay.credentials), relay.runtime),
    false,
    false,
  ],
  ['but not with a credential that was rejected', (relay, one) => fail(relay, one, REFUSED), false, true],
  [
    'but not while we are offline',
    (relay) => {
      relay.runtime.network = gone();
    },
    false,
    false,
  ],
])('Anthropic may be asked beside the relay %s', (_, happen, byClient, byOther) => {
  const upstream = primary();
  const relay = benchOf([upstream], { send: nobody });
  happen(relay, upstream);
  expect([mayBeAsked(upstream, CLIENT, relay), mayBeAsked(upstream, OTHER, relay)]).toEqual([
    byClient,
    byOther,
  ]);
});

test.each([
  ['on this machine', 'http://127.0.0.1:1/v1'],
  ['next door', 'http://192.168.1.9:1/v1'],
])('a server %s may be asked although we are offline', (_, base) => {
  const upstream = primary({ base });
  const relay = benchOf([upstream], { send: nobody });
  relay.runtime.network = gone();
  expect(mayBeAsked(upstream, CLIENT, relay)).toBe(true);
});
