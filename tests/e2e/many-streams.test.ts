/** More streams at once than Bun has requests unless told otherwise: all of them live, and so do the probes. */
import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { type Binary, makeFolders, startBinary } from '../support/binary.ts';
import { type RawConnection, rawConnection, requestText } from '../support/raw-http.ts';

const MANY = 400;
const HEADERS = ['Host: localhost', 'content-type: application/json'];
const ask = (words: string) =>
  requestText(
    'POST /v1/messages',
    HEADERS,
    JSON.stringify({
      model: 'claude-opus-4-8',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: words }],
    }),
  );

/** Holds every answer in its middle, but for one that is to be short. */
const upstreamThatHolds = () =>
  startUpstream({
    script: ({ body }) => {
      const answer = text('one two three four five six');
      return Buffer.from(body).includes('short')
        ? { answer }
        : { answer, fault: { kind: 'stall', after: { after: 'two' } } };
    },
  });

/** A ccproxy with that upstream alone, which it looks at all the time. */
async function startWith(upstream: ScriptedUpstream, env: Record<string, string> = {}): Promise<Binary> {
  const folders = await makeFolders();
  const file = join(folders.home, 'my.toml');
  await writeFile(
    file,
    `[upstreams.near]\nprovider = "openai-compatible"\nbase_url = "${upstream.url}/v1"\napi_key = "k"\n` +
      'models = { "*" = "big" }\n[upstreams.near.probe]\ninterval = "1s"\n',
  );
  return startBinary({ args: ['--config', file], folders, env });
}

/** A stream that has begun and does not end by itself. */
async function hold(port: number): Promise<RawConnection> {
  const client = await rawConnection(port);
  client.send(ask('long'));
  await client.until((received) => received.includes('two'));
  return client;
}

/** Requests that asked no model. */
const probes = ({ requests, asked }: ScriptedUpstream) => requests.length - asked.length;

test(`${MANY} streams are open, the upstream is still probed, and another request is answered`, async () => {
  await using upstream = await upstreamThatHolds();
  await using proxy = await startWith(upstream);
  const clients = await Promise.all(Array.from({ length: MANY }, () => hold(proxy.port)));
  expect(upstream.asked.filter(({ end }) => end === null)).toHaveLength(MANY);
  const before = probes(upstream);
  while (probes(upstream) < before + 2) await Bun.sleep(20);
  const last = await rawConnection(proxy.port);
  last.send(ask('short'));
  await last.until((received) => received.includes('message_stop'));
  for (const client of [...clients, last]) client.hangUp();
  for (const { ended } of upstream.asked) await ended;
}, 60_000);

test('beyond what fits a request is told so at once, and has room again when others have ended', async () => {
  await using upstream = await upstreamThatHolds();
  await using proxy = await startWith(upstream, { BUN_CONFIG_MAX_HTTP_REQUESTS: '60' });
  const clients = [await hold(proxy.port), await hold(proxy.port)];
  const other = await rawConnection(proxy.port);
  other.send(ask('short'));
  const refused = await other.until((received) => received.includes('"request_id"'));
  expect(refused).toStartWith('HTTP/1.1 503');
  expect(refused).toContain('ccproxy: 2 requests are under way, as many as it takes at once');
  for (const client of clients) client.hangUp();
  for (const { ended } of upstream.asked) await ended;
  const again = await rawConnection(proxy.port);
  again.send(ask('short'));
  await again.until((received) => received.includes('message_stop'));
  for (const client of [other, again]) client.hangUp();
});
