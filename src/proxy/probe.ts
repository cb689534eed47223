import { AttemptError, type Failure, type Ms } from '../core/failure.ts';
import type { Runtime } from '../core/runtime.ts';
import type { ProbeMethod, Upstream } from '../core/upstream.ts';
import type { BodyReader } from './body.ts';
import {
  type Answer,
  type Finding,
  failed,
  good,
  NOBODY,
  ofAnswer,
  ofHead,
  ofOutcome,
  type Probed,
} from './finding.ts';
import type { Handshake } from './handshake.ts';
import { askShortly, countRequest } from './question.ts';
import { transportFailure } from './transport-failure.ts';
import { type Watch, watch } from './watch.ts';

/** One probe. */
export interface ProbeOptions extends Probed {
  method: ProbeMethod;
  timeoutMs: Ms;
  runtime: Runtime;
  /** How `connect` does it. */
  handshake: Handshake;
}

/** As much of a body as tells what it is; a list of models may be longer. */
const GLANCE_BYTES = 64 << 10;

/**
 * The method by which an upstream can be probed: its own, but `head` where that takes a credential and there is none but the
 * clients', or a connection and an outbound proxy stands in between.
 */
export function methodFor({ probe: { method }, auth }: Upstream, isProxied: boolean): ProbeMethod {
  if (method === 'connect') return isProxied ? 'head' : method;
  return takesCredential(method) && auth(new Headers(), NOBODY) === null ? 'head' : method;
}

/** Whether a credential goes along, where there is one. */
export function takesCredential(method: ProbeMethod): boolean {
  return method !== 'connect' && method !== 'head';
}

/**
 * Probes an upstream once. Never rejects, and is over within `timeoutMs`.
 * @param stop ends it at once, without a word about the upstream
 */
export async function probe(options: ProbeOptions, stop: AbortSignal): Promise<Finding> {
  const { runtime, timeoutMs, method } = options;
  const limits = watch(runtime.clock);
  const leave = () => limits.abort(new AttemptError(CALLED_OFF));
  limits.limit(timeoutMs, () => ({ kind: 'unresponsive', message: `no answer within ${timeoutMs} ms` }));
  if (stop.aborted) leave();
  else stop.addEventListener('abort', leave, { once: true });
  try {
    // What does not heed the signal is not waited for either.
    return await Promise.race([aborted(limits.signal), WAYS[method](hurried(options), limits)]);
  } catch (error) {
    return failed(transportFailure(error));
  } finally {
    limits.stop();
    stop.removeEventListener('abort', leave);
  }
}

/** It was ended from outside. */
export const CALLED_OFF: Failure = { kind: 'cancelled', message: 'the probe was called off' };

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A host that takes no connection has to be found out before the probe's own end: that says more than that none answered. */
function hurried(options: ProbeOptions): ProbeOptions {
  const { upstream, timeoutMs } = options;
  const connectMs = Math.min(upstream.timeouts.connectMs, 0.9 * timeoutMs);
  return { ...options, upstream: { ...upstream, timeouts: { ...upstream.timeouts, connectMs } } };
}

type Way = (options: ProbeOptions, limits: Watch) => Promise<Finding>;

const WAYS: Record<ProbeMethod, Way> = {
  async connect({ upstream, handshake }, { signal }) {
    await handshake(new URL(upstream.base), signal);
    return good('connection');
  },
  async head(options, limits) {
    const request = { method: 'HEAD', url: rootOf(options.upstream), headers: new Headers() };
    return ofHead(await exchange(options, limits, request), { ...options, hasCredential: false });
  },
  async models(options, limits) {
    const { base, probe: settings } = options.upstream;
    const request = { method: 'GET', url: `${base}${settings.path}`, headers: headersFor(options) };
    return ofAnswer(await exchange(options, limits, request), options);
  },
  async count_tokens(options, limits) {
    const { upstream } = options;
    const headers = headersFor(options);
    headers.set('content-type', 'application/json');
    const url = `${upstream.base}/messages/count_tokens`;
    const request = { method: 'POST', url, headers, body: countRequest(upstream) };
    return ofAnswer(await exchange(options, limits, request), options);
  },
  async message(options, { signal }) {
    const { upstream, runtime, timeoutMs } = options;
    return ofOutcome(await askShortly(upstream, runtime, timeoutMs, signal), options);
  },
};

/**
 * The address without its version. Anthropic answers there to its own client's `HEAD /`, and Ollama says that it runs;
 * behind a reverse proxy it is still the path of the upstream, and not the proxy's own first page.
 */
function rootOf({ base }: Upstream): string {
  return `${base.replace(/\/v\d+\w*$/, '')}/`;
}

/** Of a request that carries ccproxy's own credential. */
function headersFor({ upstream: { dialect, extraHeaders, auth } }: ProbeOptions): Headers {
  const headers = new Headers({ accept: 'application/json', ...dialect.headers, ...extraHeaders });
  return auth(headers, NOBODY) ?? headers;
}

async function exchange(
  { upstream, runtime }: ProbeOptions,
  { signal, abort }: Watch,
  request: { method: string; url: string; headers: Headers; body?: string },
): Promise<Answer> {
  const response = await runtime.send(upstream, { ...request, signal, abort });
  const { status, headers } = response;
  const answeredAt = runtime.clock.now();
  return { status, headers, body: await beginningOf(response), answeredAt };
}

/** A body that breaks off changes nothing about the status that came before it. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader() as BodyReader;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < GLANCE_BYTES) {
      const { done, value } = await reader.read();
      if (done || value === undefined) break;
      chunks.push(value);
      size += value.byteLength;
    }
  } catch {
    // The status stands.
  }
  reader.cancel().catch(() => {});
  return new TextDecoder().decode(Buffer.concat(chunks));
}
