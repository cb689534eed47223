import type { Configuration } from '../config/build.ts';
import type { Listener } from '../server/listen.ts';
import { baseUrl } from './address.ts';
import { describeConfiguration } from './config.ts';
import { ENTRY_LINE } from './entry.ts';

/**
 * What is said once requests are accepted: the chain and why, and how to point Claude Code at it.
 * @param inherited what an earlier process left that still counts, a line each.
 * @param obstacle why other commands cannot control this process, if they cannot.
 */
export function welcome(
  configuration: Configuration,
  { addresses, port }: Pick<Listener, 'addresses' | 'port'>,
  inherited: readonly string[],
  obstacle: string | null,
): string[] {
  const { chain, notices, warnings, settings } = configuration;
  const needsNoLogin = !chain.some(({ takesClientCredential }) => takesClientCredential);
  return [
    ...notices.map((notice) => `ccproxy: ${notice}`),
    ...warnings.map((warning) => `ccproxy: warning: ${warning}`),
    ...(obstacle === null
      ? []
      : [
          `ccproxy: warning: \`ccproxy stop\` will not work, the control file cannot be written: ${obstacle}`,
        ]),
    ...describeConfiguration(configuration),
    ...inherited.map((line) => `ccproxy: ${line}`),
    ...(settings.mode === 'emergency' && needsNoLogin
      ? ['Anthropic is not asked while PROVIDER is set.']
      : []),
    `ccproxy: listening on ${addresses.join(' and ')}`,
    'Point Claude Code at it, in the shell where it runs:',
    `  export ANTHROPIC_BASE_URL=${baseUrl(settings.server.host, port)}`,
    ...entryLines(configuration, needsNoLogin),
    '  claude',
  ];
}

/** Where a token is asked for, a placeholder would only be refused. */
function entryLines({ settings }: Configuration, needsNoLogin: boolean): string[] {
  if (settings.server.tokens.length > 0) return [`  ${ENTRY_LINE}   # one of server.tokens`];
  return needsNoLogin ? ['  export ANTHROPIC_AUTH_TOKEN=NOT_NEEDED'] : [];
}
