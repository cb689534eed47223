import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where ccproxy keeps what it has to remember: `$XDG_STATE_HOME/ccproxy`, by default `~/.local/state/ccproxy`; on Windows
 * below `LOCALAPPDATA`. A relative path in the variable counts as none. Source: XDG Base Directory Specification 0.8.
 */
export function stateFolder(env: Environment, home: string, platform: string): string {
  const [variable, usual] =
    platform === 'win32'
      ? [env.LOCALAPPDATA, join(home, 'AppData', 'Local')]
      : [env.XDG_STATE_HOME, join(home, '.local', 'state')];
  return join(variable && isAbsolute(variable) ? variable : usual, 'ccproxy');
}

/** The file with the dates on which upstreams were tested. */
export function testedPath(folder: string): string {
  return join(folder, 'tested.json');
}

/** The file with what is known of the upstreams' health by the ccproxy of a port; null for one that any port would do for. */
export function healthPath(folder: string, askedPort: number): string | null {
  return askedPort === 0 ? null : join(folder, `health-${askedPort}.json`);
}
