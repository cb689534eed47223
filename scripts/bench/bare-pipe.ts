/**
 * The barest proxy that Bun can be: what comes in goes to one address, what comes back goes out. Compiled with ccproxy's
 * own flags, it is what ccproxy's cost is measured against. Started as ccproxy is: `--port` and the same variable.
 */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const upstream = process.env.CCPROXY_ANTHROPIC_BASE_URL;
if (!upstream) throw new Error('CCPROXY_ANTHROPIC_BASE_URL says where to');

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  idleTimeout: 0,
  reusePort: false,
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    const hasBody = request.method === 'POST';
    const answer = await fetch(upstream + pathname + search, {
      method: request.method,
      headers: request.headers,
      ...(hasBody ? { body: await request.arrayBuffer() } : {}),
      redirect: 'manual',
      decompress: false,
      timeout: false,
      signal: request.signal,
    });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  },
});
console.log(`listening on ${server.url}`);
