import type { Ms } from '../core/failure.ts';
import type { Clock, Outgoing } from '../core/runtime.ts';
import type { Plan, Step } from './plan.ts';
import type { Recorded } from './recorded.ts';
import type { Lines, Script } from './script.ts';
import { createScripted } from './scripted.ts';

/** A scripted upstream without a socket: what it does takes the time of a simulated clock. */
export interface InMemoryUpstream {
  /** Every request, oldest first. */
  readonly requests: readonly Recorded[];
  /** The requests that asked a model. */
  readonly asked: readonly Recorded[];
  /** Answers by `script` from now on, and everything that asks no model by `asides`. */
  play(script: Script, asides?: Lines): void;
  /** What fetch would give, or throw. */
  send(outgoing: Outgoing): Promise<Response>;
  /** What opening a connection to it comes to. */
  connect(signal: AbortSignal): Promise<void>;
  /** From now on connecting fails with this code (`ENETUNREACH`, …); null: no longer. */
  cutOff(code: string | null): void;
}

/** @param label unique among the upstreams that one client meets; letters and digits */
export function inMemoryUpstream(label: string, clock: Clock): InMemoryUpstream {
  const scripted = createScripted({ label: () => label, now: clock.now });
  let failing: string | null = null;

  async function connect(): Promise<void> {
    if (failing !== null) throw failure(failing);
  }

  async function send(outgoing: Outgoing): Promise<Response> {
    await connect();
    if (outgoing.signal.aborted) throw outgoing.signal.reason;
    const { pathname, search } = new URL(outgoing.url);
    const body = typeof outgoing.body === 'string' ? new TextEncoder().encode(outgoing.body) : outgoing.body;
    const { plan, finish } = scripted.take(
      {
        method: outgoing.method,
        path: `${pathname}${search}`,
        headers: [...outgoing.headers],
        body: body ?? new Uint8Array(),
      },
      1,
    );
    outgoing.signal.addEventListener('abort', () => finish('left'), { once: true });
    return respond(plan, outgoing, clock, () => finish('answered'));
  }

  return {
    requests: scripted.requests,
    get asked() {
      return scripted.asked;
    },
    play(script, asides) {
      failing = script === 'refuse' ? 'ECONNREFUSED' : null;
      if (script !== 'refuse') scripted.follow(script, asides);
    },
    send,
    connect,
    cutOff(code) {
      failing = code;
    },
  };
}

/** Puts `plan` into the shape of fetch's answer; `over` is called when nothing more will come. */
async function respond(
  plan: Plan,
  { signal, method }: Outgoing,
  clock: Clock,
  over: () => void,
): Promise<Response> {
  if (plan.delayMs > 0) await pause(plan.delayMs, clock, signal);
  if (plan.head === null) {
    if (plan.end === 'silence') await aborted(signal);
    over();
    throw failure('ECONNRESET');
  }
  if ('raw' in plan.head) {
    over();
    throw failure('Malformed_HTTP_Response');
  }
  const { status, headers } = plan.head;
  const isBodiless = method === 'HEAD' || status === 204;
  if (isBodiless) over();
  return new Response(isBodiless ? null : bodyOf(plan, clock, signal, over), { status, headers });
}

function bodyOf(plan: Plan, clock: Clock, signal: AbortSignal, over: () => void): ReadableStream<Uint8Array> {
  const pieces = play(plan, clock, signal);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const step = await pieces.next();
        if (!step.done) return controller.enqueue(step.value);
        over();
        controller.close();
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    async cancel() {
      over();
      await pieces.return();
    },
  });
}

/** The bytes of a body in their time; it ends as the plan says, or throws what fetch throws. */
async function* play(plan: Plan, clock: Clock, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  for (const step of plan.steps) yield* one(step, clock, signal);
  const { idle } = plan;
  switch (plan.end) {
    case 'whole':
      return;
    case 'fin':
      // Without a promised end nobody can tell.
      if (plan.framing === 'close') return;
      throw failure('ECONNRESET');
    case 'reset':
    case 'garbage':
      throw failure('ECONNRESET');
    case 'silence':
      for (;;) {
        if (idle === undefined) await aborted(signal);
        else yield* one({ waitMs: idle.everyMs }, clock, signal);
        if (idle !== undefined) yield idle.send;
      }
  }
}

async function* one(step: Step, clock: Clock, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  if ('send' in step) yield step.send;
  else await pause(step.waitMs, clock, signal);
}

/** Resolves after `ms` of the clock; rejects with the signal's reason when that aborts. */
function pause(ms: Ms, clock: Clock, signal: AbortSignal): Promise<void> {
  return Promise.race([
    aborted(signal),
    new Promise<void>((resolve) => {
      const timer = clock.after(ms, resolve);
      signal.addEventListener('abort', () => timer.cancel(), { once: true });
    }),
  ]);
}

/** Rejects with the signal's reason when it aborts, and settles in no other way. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** An error as fetch throws it. */
function failure(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}
