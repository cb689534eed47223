/**
 * Claude Code Router from npm, without its desktop application. Configured as its page about routing says under «Fallback
 * handling»: the mode that changes the provider, which any 4xx, any 5xx and any network error trigger.
 *
 * Both providers list the same model. Where only the first does, 3.1.1 asks the first again in place of the backup: it
 * keeps the provider that it resolved for the request (a defect that its users have reported). With the model at both it
 * resolves nothing beforehand, asks the first in the list, and changes.
 */
import { freePort, start } from '../../processes.ts';
import { type NpmProgram, node, program } from './npm-program.ts';
import { CLIENT_KEY, MODEL, type Rival, type Upstreams } from './rival.ts';

const ROUTER: NpmProgram = {
  name: '@musistudio/claude-code-router',
  version: '3.1.1',
  entry: 'dist/main/cli.js',
  overrides: {
    // It brings its own copy of the first, dist/main/next-ai-gateway.js; the second is for chat bots.
    '@the-next-ai/ai-gateway': null,
    '@the-next-ai/bot-gateway-sdk': null,
    'better-sqlite3': '12.11.1',
  },
  compiled: ['better-sqlite3'],
};

const READY_WITHIN_MS = 30_000;

/** @param dialect what both of its upstreams speak */
export function claudeCodeRouter(dialect: Rival['backupDialect'] = 'anthropic'): Rival {
  return {
    name: 'claude-code-router',
    version: ROUTER.version,
    backupDialect: dialect,
    async prepare() {
      await program(ROUTER);
    },
    async start(upstreams) {
      const words = [await node(), await program(ROUTER), 'serve', '--no-open', '--host', '127.0.0.1'];
      const running = await start(
        () => [...words, '--port', String(freePort())],
        {},
        (port) => ({
          '.claude-code-router/config.json': JSON.stringify(settings(upstreams, dialect, port, freePort())),
        }),
      );
      await gatewayRuns(running.url).catch(async (error) => {
        await running.stop();
        throw error;
      });
      return {
        baseUrl: running.url,
        headers: { 'x-api-key': CLIENT_KEY },
        [Symbol.asyncDispose]: running.stop,
      };
    },
  };
}

/** What is in its file before the first start, when it takes the file over into its database. */
function settings(
  { primary, backup, patienceMs }: Upstreams,
  dialect: Rival['backupDialect'],
  port: number,
  corePort: number,
): object {
  return {
    HOST: '127.0.0.1',
    PORT: port,
    APIKEYS: [{ id: 'bench', name: 'bench', key: CLIENT_KEY }],
    // Its one limit on an upstream: to the head, and between two reads of the body.
    API_TIMEOUT_MS: patienceMs,
    gateway: { enabled: true, host: '127.0.0.1', port, coreHost: '127.0.0.1', corePort },
    Providers: [provider('primary', primary, dialect), provider('backup', backup, dialect)],
    Router: { fallback: { mode: 'model-chain', models: [`backup/${MODEL}`] }, rules: [] },
    // Or it would write the settings of the coding agents in its home.
    profile: { enabled: false, profiles: [] },
  };
}

function provider(name: string, address: string, dialect: Rival['backupDialect']): object {
  const type = dialect === 'anthropic' ? 'anthropic_messages' : 'openai_chat_completions';
  const url = dialect === 'anthropic' ? address : `${address}/v1`;
  return {
    name,
    type,
    api_base_url: url,
    api_key: `sk-${name}`,
    models: [MODEL],
    capabilities: [{ type, baseUrl: url, source: 'manual' }],
  };
}

/** It listens before the process behind it does. */
async function gatewayRuns(url: string): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < READY_WITHIN_MS) {
    const response = await fetch(`${url}/health`, { proxy: false, keepalive: false });
    const { status } = (await response.json()) as { status?: string };
    if (status === 'running') return;
    await Bun.sleep(20);
  }
  throw new Error('the gateway of claude-code-router does not start');
}
