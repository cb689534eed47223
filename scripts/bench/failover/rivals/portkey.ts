/**
 * The Portkey gateway from npm. Its whole configuration is a header of each request: the strategy `fallback` of its
 * documentation, at once and without retries on the primary, since the backup answers sooner than a retry would; on the
 * backup, which nothing stands behind, the retries of its documentation. Its circuit breaker is part of its cloud alone.
 */
import { start } from '../../processes.ts';
import { type NpmProgram, node, program } from './npm-program.ts';
import { CLIENT_KEY, type Rival, type Upstreams } from './rival.ts';

const GATEWAY: NpmProgram = {
  name: '@portkey-ai/gateway',
  version: '1.15.2',
  entry: 'build/start-server.js',
  // What npm would choose freezes the headers that it wants to change, and every streamed answer becomes a 500.
  overrides: { '@hono/node-server': '1.13.8', '@hono/node-ws': '1.2.0' },
};

/** What may be otherwise at another provider; the rest is the request's own fault. */
const FALLBACK_STATUSES = [
  401, 402, 403, 404, 408, 409, 429, 500, 501, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 529,
];

export const portkey: Rival = {
  name: 'portkey',
  version: GATEWAY.version,
  backupDialect: 'anthropic',
  async prepare() {
    await program(GATEWAY);
  },
  async start(upstreams) {
    const words = [await node(), await program(GATEWAY), '--headless'];
    const running = await start((port) => [...words, `--port=${port}`], { NODE_ENV: 'production' });
    return {
      baseUrl: running.url,
      headers: { 'x-api-key': CLIENT_KEY, 'x-portkey-config': JSON.stringify(settings(upstreams)) },
      [Symbol.asyncDispose]: running.stop,
    };
  },
};

function settings({ primary, backup, patienceMs }: Upstreams): object {
  const target = (name: string, url: string) => ({
    provider: 'anthropic',
    api_key: `sk-${name}`,
    custom_host: `${url}/v1`,
    forward_headers: ['anthropic-beta', 'anthropic-version'],
    // To the head of an answer; it has no limit on what follows.
    request_timeout: patienceMs,
  });
  return {
    strategy: { mode: 'fallback', on_status_codes: FALLBACK_STATUSES },
    targets: [
      target('primary', primary),
      {
        ...target('backup', backup),
        retry: { attempts: 2, on_status_codes: [429, 500, 502, 503, 504, 529], use_retry_after_header: true },
      },
    ],
  };
}
