import { homedir } from 'node:os';
import { type ConfigSources, type Configured, configure } from '../config/build.ts';
import { readTextFile } from '../config/find-file.ts';
import { anthropic } from '../wire/dialects/anthropic/index.ts';
import { openaiChat } from '../wire/dialects/openai-chat/index.ts';
import { currentFolder } from './current-folder.ts';
import { createKeychain, systemKeychain } from './keychain.ts';
import { answers } from './local-server.ts';
import { machineClock } from './runtime.ts';

/** Flags that every command takes. */
export interface CommonFlags {
  config?: string;
  host?: string;
  port?: string;
  logLevel?: string;
  json?: boolean;
}

/** Everything the configuration is made from, taken from this process. */
export function sourcesOf(flags: CommonFlags): ConfigSources {
  return {
    env: process.env,
    read: readTextFile,
    keychain: createKeychain(systemKeychain.get, machineClock),
    cwd: currentFolder(),
    home: homeFolder(),
    answers,
    dialects: { anthropic, 'openai-chat': openaiChat },
    ...(flags.config === undefined ? {} : { configFlag: flags.config }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
  };
}

/** The user's home: what `HOME` says, or else the system. */
export function homeFolder(): string {
  return process.env.HOME || homeOfUser();
}

/** A user without a name (as in a container) has no home but `HOME`; then there is no file of the user's own. */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** The configuration as this process would run it. */
export function configured(flags: CommonFlags): Promise<Configured> {
  return configure(sourcesOf(flags));
}

/**
 * The configuration for who only wants to know where ccproxy listens and who is in its chain: the shell that it was started
 * from may have other variables than this one, and no keychain is asked.
 */
export function surveyed(flags: CommonFlags): Promise<Configured> {
  return configure({ ...sourcesOf(flags), placeholder: 'key-of-another-shell' });
}
