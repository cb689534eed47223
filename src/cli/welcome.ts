import type { Configuration } from '../config/build.ts';
import { describeConfiguration } from './config.ts';

/** What is said once requests are accepted: the chain and why, and how to point Claude Code at it. */
export function welcome(configuration: Configuration, addresses: readonly string[], port: number): string[] {
  const { chain, notices, warnings } = configuration;
  const needsNoLogin = !chain.some(({ takesClientCredential }) => takesClientCredential);
  return [
    ...notices.map((notice) => `ccproxy: ${notice}`),
    ...warnings.map((warning) => `ccproxy: warning: ${warning}`),
    ...describeConfiguration(configuration),
    `ccproxy: listening on ${addresses.join(' and ')}`,
    'Point Claude Code at it, in the shell where it runs:',
    `  export ANTHROPIC_BASE_URL=http://localhost:${port}`,
    needsNoLogin
      ? '  export ANTHROPIC_AUTH_TOKEN=NOT_NEEDED   # only if Claude Code is not logged in'
      : '  claude',
  ];
}
