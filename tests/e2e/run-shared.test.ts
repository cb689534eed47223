import { describe, expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { freePort, makeFolders, runToEnd, startBinary } from '../support/binary.ts';
import { ASK, ask, emergency, GROQ, heldProcesses, remains, startRun, until, WAITS } from '../support/run.ts';

const LIMIT_MS = 30_000;

describe('two commands at once', () => {
  test('share one ccproxy, which is there until the second has ended', async () => {
    await using groq = await startUpstream({
      script: { answer: text('A story that goes on.'), fault: { kind: 'stall', after: 3, forMs: 300 } },
    });
    await using folders = await makeFolders();
    const env = emergency(groq);
    await using first = await startRun(WAITS, { folders, env });
    await first.says('ready');
    await using second = await startRun(WAITS, { folders, env, port: first.port });
    await second.says('ready');
    expect(heldProcesses(first.port)).toHaveLength(1);

    const answer = await ask(first.port);
    first.write('5');
    expect(await first.exited).toBe(5);
    expect(await answer.text()).toContain('event: message_stop');
    expect((await ask(first.port)).status).toBe(200);

    second.write('6');
    expect(await second.exited).toBe(6);
    expect(await remains(first.port, folders)).toEqual([]);
  });

  test('and the first of them killed: the second goes on', async () => {
    await using folders = await makeFolders();
    const first = await startRun(WAITS, { folders, env: GROQ });
    await first.says('ready');
    await using second = await startRun(WAITS, { folders, env: GROQ, port: first.port });
    await second.says('ready');
    const [process] = heldProcesses(first.port);
    await first[Symbol.asyncDispose]();
    expect((await fetch(`http://127.0.0.1:${first.port}/health`)).status).toBe(200);
    second.write('0');
    expect(await second.exited).toBe(0);
    expect(process).toBeNumber();
    await until('nothing is left', async () => (await remains(first.port, folders)).length === 0);
  });

  test('that start in the same moment have one ccproxy', async () => {
    await using folders = await makeFolders();
    const port = await freePort();
    const commands = await Promise.all(
      Array.from({ length: 4 }, () => startRun(WAITS, { folders, env: GROQ, port })),
    );
    await Promise.all(commands.map((command) => command.says('ready')));
    await until('one is left', () => heldProcesses(port).length === 1);
    for (const command of commands) command.write('0');
    expect(await Promise.all(commands.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
    await until('nothing is left', async () => (await remains(port, folders)).length === 0);
  });

  test('wait for an answer that somebody else gets from it, but not against the will of the user', async () => {
    await using groq = await startUpstream({
      script: [
        { answer: text('A story that goes on.'), fault: { kind: 'stall', after: 3, forMs: 300 } },
        { answer: text('A story that does not.'), fault: { kind: 'stall', after: 3 } },
      ],
    });
    await using folders = await makeFolders();
    const env = emergency(groq);
    await using patient = await startRun(WAITS, { folders, env });
    await patient.says('ready');
    const whole = await ask(patient.port);
    patient.write('3');
    expect(await patient.exited).toBe(3);
    expect(await whole.text()).toContain('event: message_stop');
    expect(await remains(patient.port, folders)).toEqual([]);

    await using impatient = await startRun(WAITS, { folders, env });
    await impatient.says('ready');
    const stuck = await ask(impatient.port);
    impatient.write('4');
    await impatient.says('ccproxy: waiting for the answers');
    impatient.signal('SIGINT');
    expect(await impatient.exited).toBe(4);
    await stuck.body?.cancel();
    await until('nothing is left', async () => (await remains(impatient.port, folders)).length === 0);
  });

  test('that do not see the same runtime folder: the second has one of its own when the first has ended', async () => {
    await using mine = await makeFolders();
    await using other = await makeFolders();
    await using first = await startRun(WAITS, { folders: mine, env: GROQ });
    await first.says('ready');
    await using second = await startRun(WAITS, { folders: other, env: GROQ, port: first.port });
    await second.says('ready');
    first.write('0');
    expect(await first.exited).toBe(0);
    const url = `http://127.0.0.1:${first.port}/health`;
    await until('another one answers', async () => (await fetch(url).catch(() => null)) !== null);
    second.write('0');
    expect(await second.exited).toBe(0);
    expect(await remains(first.port, other)).toEqual([]);
  });
});

describe('where a ccproxy runs already', () => {
  test('it is used, and still there afterwards', async () => {
    await using groq = await startUpstream();
    await using proxy = await startBinary({ env: emergency(groq) });
    const { port, folders } = proxy;
    await using command = await startRun(['sh', '-c', 'echo "$ANTHROPIC_BASE_URL"; exit 4'], {
      folders,
      port,
    });
    expect(await command.exited).toBe(4);
    await command.ended;
    expect([command.stdout, command.stderr]).toEqual([`http://localhost:${port}\n`, '']);
    expect((await fetch(`${proxy.url}/health`)).status).toBe(200);
    await proxy.stop();
  });

  test('and has another chain than the one that is named, the command gets its own', async () => {
    await using groq = await startUpstream();
    await using ollama = await startUpstream({ script: { answer: text('From my machine.') } });
    await using proxy = await startBinary({ env: emergency(groq) });
    const { port, folders } = proxy;
    const line = `curl -s -d '${ASK}' "$ANTHROPIC_BASE_URL/v1/messages"`;
    const env = { PROVIDER: 'ollama', OLLAMA_BASE_URL: ollama.url };
    await using command = await startRun(['sh', '-c', line], { folders, port, env });
    expect(await command.exited).toBe(0);
    await command.ended;
    expect(command.stdout).toContain('message_stop');
    expect([ollama.asked.length, groq.asked.length]).toEqual([1, 0]);
    expect(command.stderr).toBe(
      `ccproxy: the ccproxy on port ${port} has the chain groq; the command gets one of its own with ollama\n`,
    );
    expect(await readdir(join(folders.runtime, 'ccproxy'))).toEqual([`${port}.json`]);
  });

  test('and its user stops it, none is started against his will; the next one he starts is not ended', async () => {
    await using folders = await makeFolders();
    await using command = await startRun(WAITS, { folders, env: GROQ });
    await command.says('ready');
    const port = ['--port', String(command.port)];
    expect((await runToEnd(['stop', ...port], {}, folders)).exitCode).toBe(0);
    await until('it is gone', async () => (await remains(command.port, folders)).length === 0);

    // Where a ccproxy finds its port taken, it asks by whom, and is there when it asks.
    const processes: number[] = [];
    const other = Bun.serve({
      port: command.port,
      hostname: '127.0.0.1',
      fetch() {
        processes.push(...heldProcesses(command.port), 0);
        return new Response('hello');
      },
    });
    await until('it is looked for twice', () => processes.length >= 2);
    await other.stop(true);
    expect(processes).toEqual([0, 0]);

    await using next = await startBinary({ env: GROQ, folders, port: command.port });
    command.write('0');
    expect(await command.exited).toBe(0);
    expect((await fetch(`${next.url}/health`)).status).toBe(200);
    await next.stop();
  });
});

describe('commands with different chains', () => {
  /** A command whose one request goes to whoever serves it. */
  const ASKS = ['sh', '-c', `read go; curl -s -d '${ASK}' "$ANTHROPIC_BASE_URL/v1/messages"`];

  const isServed = (port: number) =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );

  test('that start in the same moment each have their own', async () => {
    await using groq = await startUpstream({ script: { answer: text('Groq.') } });
    await using ollama = await startUpstream({ script: { answer: text('Mine.') } });
    await using folders = await makeFolders();
    const port = await freePort();
    const ours = { PROVIDER: 'ollama', OLLAMA_BASE_URL: ollama.url };
    const commands = await Promise.all(
      [emergency(groq), ours, emergency(groq), ours].map((env) => startRun(ASKS, { folders, env, port })),
    );
    for (const command of commands) command.write('go');
    expect(await Promise.all(commands.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
    await Promise.all(commands.map(({ ended }) => ended));
    const from = commands.map(({ stdout }) => /Groq|Mine/.exec(stdout)?.[0]);
    expect(from).toEqual(['Groq', 'Mine', 'Groq', 'Mine']);
    expect(await readdir(join(folders.runtime, 'ccproxy'))).toEqual([]);
  });

  test('or with another key for the same have their own', async () => {
    await using groq = await startUpstream();
    await using folders = await makeFolders();
    await using first = await startRun(WAITS, { folders, env: emergency(groq) });
    await first.says('ready');
    const env = { ...emergency(groq), GROQ_API_KEY: 'corrected' };
    await using second = await startRun(ASKS, { folders, env, port: first.port });
    second.write('go');
    expect(await second.exited).toBe(0);
    await second.ended;
    expect(groq.asked.map((request) => request.header('authorization'))).toEqual(['Bearer corrected']);
    expect(second.stderr).toMatch(
      /^ccproxy: the ccproxy on port \d+ is configured otherwise .* its own with groq\n$/,
    );
    first.write('0');
    expect(await first.exited).toBe(0);
  });

  test('where somebody else was quicker to take the port, has its own elsewhere', async () => {
    await using ollama = await startUpstream({ script: { answer: text('Mine.') } });
    await using folders = await makeFolders();
    const upstreams = [{ name: 'groq' }];
    let isThere = false;
    const other = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch({ url }) {
        isThere ||= heldProcesses(Number(new URL(url).port)).length > 0;
        if (!isThere) return new Response('not yet', { status: 404 });
        if (!url.endsWith('/status')) return Response.json({ instance: 'theirs', version: '1.2.3' });
        return Response.json({ upstreams, mode: 'emergency', config: { path: null } });
      },
    });
    const env = { PROVIDER: 'ollama', OLLAMA_BASE_URL: ollama.url };
    const port = other.port ?? 0;
    await using command = await startRun(ASKS, { folders, env, port });
    command.write('go');
    expect(await command.exited).toBe(0);
    await command.ended;
    await other.stop(true);
    expect(command.stdout).toContain('Mine');
    expect(command.stderr).toBe(
      `ccproxy: the ccproxy on port ${port} has the chain groq; the command gets one of its own with ollama\n`,
    );
  });

  test(
    'after a loss: one with another chain is said to be there, and is replaced once it has ended',
    async () => {
      await using groq = await startUpstream({ script: { answer: text('Groq.') } });
      await using ollama = await startUpstream({ script: { answer: text('Mine.') } });
      await using folders = await makeFolders();
      await using command = await startRun(ASKS, { folders, env: emergency(groq) });
      const { port } = command;
      await until('its ccproxy is there', () => isServed(port));
      const [held = 0] = heldProcesses(port);
      command.signal('SIGSTOP');
      process.kill(held, 'SIGKILL');
      await until('it is gone', () => heldProcesses(port).length === 0);
      const env = { PROVIDER: 'ollama', OLLAMA_BASE_URL: ollama.url };
      const other = await startBinary({ env, folders, port });
      command.signal('SIGCONT');
      await command.says(
        `ccproxy: warning: the ccproxy of this command is gone, and the one that is on port ${port} now has the chain ollama`,
      );
      await other.stop();
      await until('it has one of its own again', () => heldProcesses(port).length === 1);
      await until('it answers', () => isServed(port));
      command.write('go');
      expect(await command.exited).toBe(0);
      await command.ended;
      expect(command.stdout).toContain('Groq');
      expect(command.stderr.match(/warning/g)).toHaveLength(1);
      expect(await remains(port, folders)).toEqual([]);
    },
    LIMIT_MS,
  );
});
