/** A proxy that somebody has started and pointed at two ports of this machine. */
import type { Rival } from './rival.ts';

export interface Given {
  name: string;
  version: string;
  /** What ANTHROPIC_BASE_URL would say. */
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
  backupDialect: Rival['backupDialect'];
  /** Where it looks for its upstreams. */
  ports: { primary: number; backup: number };
}

export function given({ name, version, baseUrl, headers, backupDialect, ports }: Given): Rival {
  return {
    name,
    version,
    backupDialect,
    ports,
    async prepare() {},
    async start() {
      return { baseUrl, headers, async [Symbol.asyncDispose]() {} };
    },
  };
}
