import { Command, CommanderError, Option } from 'commander';
import { nearest } from '../config/nearest.ts';
import { LOG_LEVELS } from '../telemetry/log.ts';
import { buildInfo } from './build-info.ts';
import { configCheck } from './config.ts';
import { askToStop, type Changed, isolateUpstream, resetUpstream, useUpstream } from './control.ts';
import type { DrillFlags } from './drill.ts';
import { changesOff, changesOn, envFacts, render, shellOf } from './env.ts';
import { EXIT, Exit } from './exit.ts';
import { serveHeld } from './held.ts';
import { hiddenInput } from './hidden-input.ts';
import { systemKeychain } from './keychain.ts';
import { report, tell } from './print.ts';
import { readStatus, requireRunning } from './running.ts';
import { machineClock } from './runtime.ts';
import { removeSecret, type SecretParts, setSecret } from './secret.ts';
import { serve } from './serve.ts';
import { type CommonFlags, sourcesOf } from './sources.ts';
import { describeStatus } from './status.ts';
import { lastWords } from './unforeseen.ts';

/** The exit code of a command line; what it has to say was said. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const program = createProgram();
    await program.parseAsync(arrange(args, program), { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof Exit) {
      if (error.message !== '') tell(prefixed(error.message));
      return error.code;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    tell(prefixed(lastWords(error, args, process.env)));
    return EXIT.failed;
  }
}

function prefixed(message: string): string {
  return message
    .split('\n')
    .map((line) => `ccproxy: ${line}`)
    .join('\n');
}

/** Common flags that are followed by a value. */
const VALUED = new Set(['--config', '--host', '--port', '--log-level']);

const SIMPLE = new Set(['--json', '-h', '--help', '-V', '--version']);

/**
 * The command first, whatever flags stand before it.
 * @throws Exit 2 for a command that does not exist, with the nearest that does.
 */
function arrange(args: readonly string[], program: Command): string[] {
  let at = 0;
  let isKnown = true;
  while (args[at]?.startsWith('-') && args[at] !== '--') {
    const flag = args[at] ?? '';
    isKnown &&= VALUED.has(flag) || SIMPLE.has(flag) || flag.includes('=');
    at += VALUED.has(flag) ? 2 : 1;
  }
  // Whether an unknown flag has a value cannot be told: the flag is what is wrong, whatever follows.
  if (!isKnown) return [...args];
  const word = args[at];
  if (word === undefined || at >= args.length) return [...args];
  const names = [...program.commands.map((command) => command.name()), 'help'];
  assertOneOf(names, word);
  const subject = args[at + 1];
  if (word === 'help' && subject === 'help') return ['help'];
  if (word === 'help' && subject !== undefined && !subject.startsWith('-')) assertOneOf(names, subject);
  const [flags, words] = [args.slice(0, at), args.slice(at + 1)];
  // What follows the first word of a command line is that command's.
  return word === 'run' ? [word, ...flags, ...words] : [word, ...words, ...flags];
}

function assertOneOf(names: readonly string[], word: string): void {
  if (names.includes(word)) return;
  const near = nearest(word, names);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  throw new Exit(EXIT.usage, `unknown command "${word}".${hint} Commands: ${names.join(', ')}`);
}

function createProgram(): Command {
  const program = new Command('ccproxy')
    .description('Keeps Claude Code working when its provider does not.')
    .version(...VERSION)
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError(true)
    .addHelpText('after', () => `\nFlags of every command:\n${commonFlags()}`)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeErr: (text) => tell(text.replace(/^error: /, 'ccproxy: ')) });

  common(program.command('serve', { isDefault: true }))
    .description('listen, and answer Claude Code from the first upstream that can (the default)')
    .addOption(new Option('--held').hideHelp())
    .action((flags: CommonFlags & { held?: boolean }) => (flags.held ? serveHeld(flags) : serve(flags)));

  common(program.command('run'))
    .description(
      'run a command with ccproxy in its path; starts one for as long as it runs, unless one is there',
    )
    .usage('[options] [--] <command> [arguments...]')
    .argument('<command...>', 'what to run, such as claude; everything after its first word is its own')
    .passThroughOptions()
    .action(async (words: string[], flags: CommonFlags) => {
      const { run: runCommand } = await import('./run.ts');
      const code = await runCommand(flags, words);
      if (code !== EXIT.done) throw new Exit(code, '');
    });

  common(program.command('env'))
    .description('print the lines that point Claude Code at ccproxy: eval "$(ccproxy env)"')
    .option('--off', 'print the lines that undo it')
    .option('--shell <name>', 'bash, zsh, fish, powershell or json (default: your shell)')
    .action(async (flags: CommonFlags & { off?: boolean; shell?: string }) => {
      const shell = shellOf(flags.json ? 'json' : flags.shell, process.env);
      const reached = flags.off ? null : await envFacts(flags);
      for (const warning of reached?.warnings ?? []) tell(`ccproxy: warning: ${warning}`);
      report(render(reached === null ? changesOff(process.env) : changesOn(reached, process.env), shell));
    });

  common(program.command('status'))
    .description('show the running ccproxy: who serves, and how each upstream stands')
    .action(async (flags: CommonFlags) => {
      const status = await readStatus(await requireRunning(flags));
      report(flags.json ? JSON.stringify(status, null, 2) : describeStatus(status, Date.now()));
    });

  common(program.command('use'))
    .description('have an upstream asked first for every request; the others still take over when it fails')
    .argument('<upstream>', 'its name, or auto for the order of the chain')
    .action(async (upstream: string, flags: CommonFlags) => {
      tellChange(await useUpstream(await requireRunning(flags), upstream), flags);
    });

  common(program.command('isolate'))
    .description('hold an upstream out until it is reset')
    .argument('<upstream>', 'its name')
    .action(async (upstream: string, flags: CommonFlags) => {
      tellChange(await isolateUpstream(await requireRunning(flags), upstream), flags);
    });

  common(program.command('reset'))
    .description('forget trips, cooldowns, blocks and isolation of one upstream, or of all')
    .argument('[upstream]', 'its name (default: all)')
    .action(async (upstream: string | undefined, flags: CommonFlags) => {
      tellChange(await resetUpstream(await requireRunning(flags), upstream), flags);
    });

  common(program.command('drill'))
    .description('rehearse outages on a copy of your chain: no key is used, nothing leaves this machine')
    .argument('[scenarios...]', 'their names, or patterns such as "reset-*" (default: all)')
    .option('--list', 'print the scenarios')
    .option(
      '--live',
      'instead: one small real turn through each upstream, or through those that are named; spends tokens',
    )
    .action(async (names: string[], flags: DrillFlags & { live?: boolean }) => {
      // Large, and nothing that a server has to wait for when it starts.
      if (flags.live && flags.list) throw new Exit(EXIT.usage, '--live and --list do not go together');
      if (flags.live) return (await import('./drill-live.ts')).drillLive(names, flags);
      return (await import('./drill.ts')).drill(names, flags);
    });

  common(program.command('stop'))
    .description('end the running ccproxy; running answers may finish')
    .action(async (flags: CommonFlags) => {
      tellChange(await askToStop(await requireRunning(flags)), flags);
    });

  const config = program.command('config').description('look at the configuration');
  common(config.command('check'))
    .description('say which configuration is used, the chain it gives, and everything that is wrong with it')
    .action(async (flags: CommonFlags) => {
      const { code, stdout, stderr } = await configCheck(sourcesOf(flags), { json: flags.json ?? false });
      if (stdout !== '') report(stdout);
      if (stderr !== '') tell(stderr);
      if (code !== EXIT.done) throw new Exit(code, '');
    });

  const secret = program
    .command('secret')
    .description("keep keys in the system's keychain, for ccproxy.toml");
  common(secret.command('set'))
    .description('store a secret; its value is asked for, or piped in')
    .argument('<name>', 'what ccproxy.toml calls it')
    .action(async (name: string, flags: CommonFlags) => {
      tellChange({ words: await setSecret(name, SECRETS), document: { stored: name } }, flags);
    });
  common(secret.command('remove'))
    .description('take a secret out of the keychain')
    .argument('<name>', 'what it is called')
    .action(async (name: string, flags: CommonFlags) => {
      tellChange({ words: await removeSecret(name, SECRETS), document: { removed: name } }, flags);
    });

  common(program.command('version'))
    .description('print the version')
    .action((flags: CommonFlags) => {
      const { version, commit } = buildInfo;
      const build = { version, commit, bun: Bun.version, target: `${process.platform}-${process.arch}` };
      report(flags.json ? JSON.stringify(build) : `ccproxy ${version}`);
    });
  return program;
}

const SECRETS: SecretParts = {
  keychain: systemKeychain,
  clock: machineClock,
  value: (name) => hiddenInput(`Value of ${name} (it is not shown): `),
};

function tellChange({ words, document }: Changed, { json }: CommonFlags): void {
  report(json ? JSON.stringify(document, null, 2) : words);
}

const VERSION = [`ccproxy ${buildInfo.version}`, '-V, --version', 'print the version'] as const;

/** The flags that every command takes, as help shows them. */
function commonFlags(): string {
  const command = common(new Command());
  const help = command.createHelp();
  return command.options
    .filter(({ long }) => long !== '--version')
    .map((option) => `  ${help.optionTerm(option).padEnd(21)}${help.optionDescription(option)}`)
    .join('\n');
}

function common(command: Command): Command {
  return command
    .version(...VERSION)
    .option('--config <file>', 'the configuration file')
    .option('--host <host>', 'the address to listen on, or to find ccproxy at')
    .option('--port <port>', 'the port to listen on, or to find ccproxy at')
    .addOption(new Option('--log-level <level>', 'how much to say').choices(LOG_LEVELS))
    .option('--json', 'print one JSON document, where the command reports')
    .allowExcessArguments(false);
}
