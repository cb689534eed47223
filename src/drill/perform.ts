import type { Socket } from 'node:net';
import type { Ms } from '../core/failure.ts';
import type { Plan, Step } from './plan.ts';

/** Longest silence: a client that waits for ever does not keep a scripted upstream for ever. */
const PATIENCE_MS = 30 * 60_000;
/** Before an RST: what was written must have reached the client's side, or the RST overtakes it. */
const SETTLE_MS = 25;
/** Neighbouring pieces share a write up to this size. */
const WRITE_BYTES = 64 * 1024;

const REASONS: Readonly<Record<number, string>> = { 200: 'OK', 204: 'No Content', 302: 'Found' };

const encoder = new TextEncoder();
const LAST_CHUNK = encoder.encode('0\r\n\r\n');
const LINE_END = encoder.encode('\r\n');

/**
 * Puts `plan` on the socket; resolves when all of it is sent, or soon after `gone` aborts. True: the connection may
 * carry another request.
 */
export async function perform(
  plan: Plan,
  socket: Socket,
  gone: AbortSignal,
  bodiless: boolean,
): Promise<boolean> {
  const batch = new Batch(socket, gone);
  await pause(plan.delayMs, gone);
  if (plan.head !== null)
    batch.add(encoder.encode('raw' in plan.head ? plan.head.raw : headOf(plan.head, plan)));
  const chunked = plan.framing === 'chunked' && plan.head !== null;
  for (const step of bodiless ? [] : plan.steps) {
    if (gone.aborted) return false;
    if ('waitMs' in step) {
      await batch.flush();
      await pause(step.waitMs, gone);
      continue;
    }
    if (step.send.length === 0) continue;
    batch.add(...(chunked ? chunkOf(step.send) : [step.send]));
    if (plan.apart === true || batch.size > WRITE_BYTES) await batch.flush();
    if (plan.apart === true) await new Promise((resolve) => setImmediate(resolve));
  }
  if (chunked && plan.end === 'whole' && !bodiless) batch.add(LAST_CHUNK);
  await batch.flush();
  return end(plan, socket, gone);
}

/** Resolves after `ms`, or when `gone` aborts. */
export function pause(ms: Ms, gone: AbortSignal): Promise<void> {
  if (ms <= 0 || gone.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      gone.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, Math.min(ms, PATIENCE_MS));
    gone.addEventListener('abort', over);
  });
}

async function end(plan: Plan, socket: Socket, gone: AbortSignal): Promise<boolean> {
  switch (plan.end) {
    case 'whole':
      if (plan.framing !== 'close') return true;
      socket.end();
      return false;
    case 'fin':
      socket.end();
      return false;
    case 'garbage':
      socket.end('this is no chunk\r\n');
      return false;
    case 'reset':
      await pause(SETTLE_MS, gone);
      socket.resetAndDestroy();
      return false;
    case 'silence':
      await silence(plan, socket, gone);
      socket.destroy();
      return false;
  }
}

async function silence(plan: Plan, socket: Socket, gone: AbortSignal): Promise<void> {
  const { idle } = plan;
  if (idle === undefined) return pause(PATIENCE_MS, gone);
  const parts = plan.framing === 'chunked' ? chunkOf(idle.send) : [idle.send];
  const every = Math.max(1, idle.everyMs);
  for (let spent = 0; spent < PATIENCE_MS && !gone.aborted; spent += every) {
    await pause(every, gone);
    if (!gone.aborted) socket.write(Buffer.concat(parts));
  }
}

function headOf(head: { status: number; headers: Readonly<Record<string, string>> }, plan: Plan): string {
  const headers = new Map(Object.entries(head.headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (plan.framing === 'chunked') headers.set('transfer-encoding', 'chunked');
  if (plan.framing === 'close') headers.set('connection', 'close').delete('content-length');
  if (plan.framing === 'length' && !headers.has('content-length')) {
    headers.set('content-length', String(plan.steps.reduce((sum, step) => sum + sizeOf(step), 0)));
  }
  const fields = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${head.status} ${REASONS[head.status] ?? 'Scripted'}\r\n${fields}\r\n`;
}

function sizeOf(step: Step): number {
  return 'send' in step ? step.send.length : 0;
}

function chunkOf(bytes: Uint8Array): Uint8Array[] {
  return [encoder.encode(`${bytes.length.toString(16)}\r\n`), bytes, LINE_END];
}

/** Bytes that wait to share a write. */
class Batch {
  size = 0;
  #parts: Uint8Array[] = [];

  constructor(
    readonly socket: Socket,
    readonly gone: AbortSignal,
  ) {}

  add(...parts: Uint8Array[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.size += part.length;
    }
  }

  /** Resolves when the socket takes more. */
  async flush(): Promise<void> {
    if (this.size === 0 || this.gone.aborted) return;
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.size = 0;
    if (this.socket.write(bytes)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = () => resolve();
    this.socket.once('drain', over);
    this.gone.addEventListener('abort', over);
    await promise;
    this.socket.off('drain', over);
    this.gone.removeEventListener('abort', over);
  }
}
