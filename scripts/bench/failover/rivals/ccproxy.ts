/** dist/ccproxy with its defaults, but for how long it waits. */
import { start } from '../../processes.ts';
import { CLIENT_KEY, type Rival, type Upstreams } from './rival.ts';

/** @param program the path of dist/ccproxy */
export function ccproxy(program: string, version: string): Rival {
  return {
    name: 'ccproxy',
    version,
    backupDialect: 'anthropic',
    async prepare() {},
    async start(upstreams) {
      const running = await start(
        [program],
        { CCPROXY_LOG_LEVEL: 'error' },
        { 'ccproxy.toml': settings(upstreams) },
      );
      return {
        baseUrl: running.url,
        headers: { 'x-api-key': CLIENT_KEY },
        [Symbol.asyncDispose]: running.stop,
      };
    },
  };
}

function settings({ primary, backup, patienceMs }: Upstreams): string {
  const patience = `"${patienceMs}ms"`;
  const timeouts = `timeouts = { first_event = ${patience}, idle = ${patience}, response = ${patience} }`;
  return `
[upstreams.primary]
provider = "anthropic"
base_url = "${primary}"
${timeouts}

[upstreams.backup]
provider = "anthropic-compatible"
base_url = "${backup}"
api_key = "sk-backup"
${timeouts}
`;
}
