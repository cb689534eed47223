import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdOn } from '../../src/cli/hold.ts';
import { writeInstance } from '../../src/cli/instance.ts';
import { findRunning, type Running } from '../../src/cli/running.ts';
import { type AppOptions, CONTROL_TOKEN, chainFile, type RunningApp, startApp } from '../support/app.ts';

const FILE = chainFile({ anthropic: 'http://127.0.0.1:1' });
const before = process.env.XDG_RUNTIME_DIR;
let folder: string;

const PATIENT = new AbortController().signal;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-hold-'));
  process.env.XDG_RUNTIME_DIR = folder;
});

afterAll(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
  rmSync(folder, { recursive: true, force: true });
});

/** One that is found, with its control file where `isOurs`. */
async function found(
  isOurs: boolean,
  options: AppOptions = {},
): Promise<{ app: RunningApp; running: Running }> {
  const app = await startApp({ file: FILE, ...options });
  const running = await findRunning('127.0.0.1', app.port);
  if (running === null) throw new Error('it is not found');
  const { port, instance } = running;
  if (isOurs) writeInstance({ port, pid: process.pid, instance, token: CONTROL_TOKEN });
  return { app, running };
}

async function held(running: Running) {
  const hold = await holdOn(running);
  if (hold === null) throw new Error('it cannot be held');
  return hold;
}

describe('a ccproxy that is held', () => {
  test('knows it, and no more when it is let go', async () => {
    const { app, running } = await found(true);
    await using _ = app;
    const hold = await held(running);
    expect([hold.isKnown, app.holders.streams]).toEqual([true, 1]);
    expect([await hold.release(PATIENT), app.holders.streams]).toEqual([false, 0]);
  });

  test('is waited for where it ends because of that', async () => {
    const nobody = Promise.withResolvers<void>();
    const left = () => {
      nobody.resolve();
      return true;
    };
    const { app, running } = await found(true, { left });
    const hold = await held(running);
    const released = hold.release(PATIENT);
    await nobody.promise;
    expect(await isOpen(released)).toBe(true);
    await app[Symbol.asyncDispose]();
    expect(await released).toBe(true);
  });

  test('is not waited for by those who have waited enough', async () => {
    const { app, running } = await found(true, { left: () => true });
    await using _ = app;
    const hold = await held(running);
    await hold.release(AbortSignal.abort());
    while (app.holders.streams > 0) await new Promise(setImmediate);
  });

  test('and was told to stop says so', async () => {
    const { app, running } = await found(true);
    await using _ = app;
    const hold = await held(running);
    app.holders.dismiss();
    expect(await hold.ended).toBe('stopped');
    expect(await hold.release(PATIENT)).toBe(false);
  });

  test('and is gone without a word is lost', async () => {
    const { app, running } = await found(true);
    const hold = await held(running);
    await app[Symbol.asyncDispose]();
    expect(await hold.ended).toBe('lost');
    expect(await hold.release(PATIENT)).toBe(false);
  });

  test('is not, where it has gone already or is about to', async () => {
    const { app, running } = await found(true, { draining: () => true });
    expect(await holdOn(running)).toBeNull();
    await app[Symbol.asyncDispose]();
    expect(await holdOn(running)).toBeNull();
  });

  test("of another user's only is looked after", async () => {
    const { app, running } = await found(false);
    await using _ = app;
    const hold = await held(running);
    expect([hold.isKnown, app.holders.streams]).toEqual([false, 0]);
    expect(await hold.release(PATIENT)).toBe(false);
    expect(await hold.ended).toBe('lost');
  });
});

function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise<boolean>((resolve) => setImmediate(resolve, true));
  return Promise.race([promise.then(() => false), turn]);
}
