import { describe, expect, test } from 'bun:test';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Folders, freePort, makeFolders } from '../support/binary.ts';
import { ASK, GROQ, remains, runCommandLine, runEnvironment, until } from '../support/run.ts';

/** A command that says which signals it gets. */
const COUNTS = `
process.on('SIGINT', () => console.log('interrupted'));
process.on('SIGUSR1', () => console.log('called'));
process.stdin.on('data', () => process.exit(12));
console.log('ready');`;

describe('in a terminal', () => {
  /** A command in a terminal of its own, and what it shows. */
  function inTerminal(
    command: readonly string[],
    folders: Folders,
    port: number,
    flags: readonly string[] = [],
  ) {
    const shown = { text: '' };
    const decoder = new TextDecoder();
    const child = Bun.spawn({
      cmd: runCommandLine(port, flags, command),
      cwd: folders.cwd,
      env: runEnvironment({ folders, env: GROQ }),
      terminal: {
        data(_, bytes) {
          shown.text += decoder.decode(bytes, { stream: true });
        },
      },
    });
    const shows = (words: string) => until(words, () => shown.text.includes(words));
    return { child, shows, shown };
  }

  test('Ctrl-C reaches the command once, and its ccproxy not at all', async () => {
    await using folders = await makeFolders();
    const port = await freePort();
    const { child, shows, shown } = inTerminal([process.execPath, '-e', COUNTS], folders, port);
    await shows('ready');
    child.terminal?.write('\x03');
    await shows('interrupted');
    // It is passed on after whatever came before it.
    child.kill('SIGUSR1');
    await shows('called');
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    child.terminal?.write('end\r');
    expect(await child.exited).toBe(12);
    expect(shown.text.match(/interrupted/g)).toHaveLength(1);
    expect(await remains(port, folders)).toEqual([]);
  });

  test('Ctrl-C ends a command as it would without `run`', async () => {
    await using folders = await makeFolders();
    const port = await freePort();
    const { child, shows } = inTerminal(['sh', '-c', 'echo ready; read a'], folders, port);
    await shows('ready');
    child.terminal?.write('\x03');
    expect(await child.exited).toBe(130);
    expect(await remains(port, folders)).toEqual([]);
  });

  test('says before the command what serves it and where the log is, and nothing while it runs', async () => {
    await using folders = await makeFolders();
    const port = await freePort();
    const curl = `curl -s -m 9 -d '${ASK}' http://127.0.0.1:${port}/v1/messages >/dev/null`;
    const { child, shown } = inTerminal(['sh', '-c', `echo begin; ${curl}; echo end`], folders, port, [
      '--log-level',
      'debug',
    ]);
    expect(await child.exited).toBe(0);
    const log = join(folders.home, '.local', 'state', 'ccproxy', `run-${port}.log`);
    expect(shown.text).toContain(
      `listening on port ${port} while the command runs; chain: groq; its log: ${log}`,
    );
    expect(shown.text.slice(shown.text.indexOf('begin'))).toBe('begin\r\nend\r\n');
    expect(await readFile(log, 'utf8')).toContain('failed after 1 attempt');
    expect((await stat(log)).mode & 0o777).toBe(0o600);
  });
});
