/**
 * The clients of a soak, a process of its own: so many at once, each with one request after the other, some of which it
 * leaves before their end. Prints a line of JSON about all of them every second, and a last one at the end.
 * `soak-clients.ts '{"url":…}'`
 */
import { type Seeded, seeded } from './seeded.ts';
import { type End, excerptOf, isFair, judge, type Seen } from './soak-verdict.ts';
import { asking } from './soak-words.ts';

export interface Clients {
  url: string;
  requests: number;
  /** After so many seconds no more requests are sent. */
  seconds: number;
  clients: number;
  seed: number;
}

/** An exchange that ended as none may. */
export interface Defect {
  end: End;
  streamed: boolean;
  status: number;
  upstream: string;
  attempts: string;
  requestId: string;
  /** How much later than the request, in milliseconds. */
  after: number;
  /** Of what came, and what the connection broke with. */
  excerpt: string;
}

export interface Progress {
  done: number;
  /** How many exchanges ended in which way; `left`: its client did not wait for the end. */
  ends: Partial<Record<End | 'left', number>>;
  /** The first of them. */
  defects: Defect[];
}

/** When a client leaves. */
type Patience = 'to the end' | 'until the body begins' | number;

/** Longer than anything in ccproxy lasts in a soak. */
const NEVER_MS = 30_000;
const SESSIONS = 500;
const KEPT_DEFECTS = 20;
const PAUSE_AFTER_REFUSAL_MS = 60;
const MODELS = ['claude-sonnet-4-5', 'claude-haiku-4-5'];

interface Question {
  number: number;
  streamed: boolean;
  body: string;
  headers: Record<string, string>;
  patience: Patience;
}

function question(number: number, random: Seeded): Question {
  const streamed = random.chance(0.6);
  const model = MODELS[random.between(0, MODELS.length)] ?? '';
  const body = asking(number, model, streamed, random.chance(0.5));
  const session = random.between(0, SESSIONS);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-api-key': 'sk-test',
    'anthropic-version': '2023-06-01',
    'user-agent': random.chance(0.7) ? 'claude-cli/2.1.0 (external, cli)' : 'bench',
    ...(random.chance(0.8) ? { 'x-claude-code-session-id': `soak-${session}` } : {}),
  };
  const patience = random.pick<Patience>([
    [92, 'to the end'],
    [4, random.between(0, 40)],
    [4, 'until the body begins'],
  ]);
  return { number, streamed, body, headers, patience };
}

interface Exchange extends Seen {
  hasHead: boolean;
  upstream: string;
  attempts: string;
  requestId: string;
  broke: string;
}

async function exchange(url: string, asked: Question, signal: AbortSignal, leave: () => void) {
  const { number, streamed, body, headers, patience } = asked;
  const seen: Exchange = {
    number,
    streamed,
    status: 0,
    text: '',
    isReset: false,
    hasHead: false,
    upstream: '',
    attempts: '',
    requestId: '',
    broke: '',
  };
  const decoder = new TextDecoder();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal,
      proxy: false,
      timeout: false,
    });
    const named = (name: string) => response.headers.get(name) ?? '';
    seen.hasHead = true;
    seen.status = response.status;
    seen.upstream = named('x-ccproxy-upstream');
    seen.attempts = named('x-ccproxy-attempts');
    seen.requestId = named('x-ccproxy-request-id');
    for await (const chunk of response.body ?? []) {
      seen.text += decoder.decode(chunk, { stream: true });
      if (patience === 'until the body begins') leave();
    }
  } catch (error) {
    seen.isReset = true;
    seen.broke = String(error);
  }
  return seen;
}

async function ask(url: string, asked: Question): Promise<{ end: End | 'left'; seen: Exchange }> {
  const controller = new AbortController();
  const leave = () => controller.abort('left');
  const never = setTimeout(() => controller.abort('never'), NEVER_MS);
  const early = typeof asked.patience === 'number' ? setTimeout(leave, asked.patience) : undefined;
  const seen = await exchange(url, asked, controller.signal, leave);
  clearTimeout(never);
  clearTimeout(early);
  if (controller.signal.aborted) return { end: controller.signal.reason, seen };
  return { end: seen.hasHead ? judge(seen) : 'no answer', seen };
}

async function run({ url, requests, seconds, clients, seed }: Clients): Promise<void> {
  const random = seeded(seed);
  const progress: Progress = { done: 0, ends: {}, defects: [] };
  const endsAt = performance.now() + seconds * 1_000;
  const say = () => console.log(JSON.stringify(progress));
  let sent = 0;

  function count(end: End | 'left', seen: Exchange, after: number): void {
    progress.done += 1;
    progress.ends[end] = (progress.ends[end] ?? 0) + 1;
    if (end === 'left' || isFair(end) || progress.defects.length >= KEPT_DEFECTS) return;
    const { streamed, status, upstream, attempts, requestId } = seen;
    const excerpt = `${excerptOf(seen)}${seen.broke}`;
    progress.defects.push({ end, streamed, status, upstream, attempts, requestId, after, excerpt });
  }

  async function client(): Promise<void> {
    while (sent < requests && performance.now() < endsAt) {
      sent += 1;
      const startedAt = performance.now();
      const { end, seen } = await ask(url, question(sent, random));
      count(end, seen, Math.round(performance.now() - startedAt));
      if (end === 'refused' || end === 'no answer') await Bun.sleep(PAUSE_AFTER_REFUSAL_MS);
    }
  }

  const every = setInterval(say, 1_000);
  await Promise.all(Array.from({ length: clients }, client));
  clearInterval(every);
  say();
}

if (import.meta.main) {
  await run(JSON.parse(process.argv[2] ?? '{}'));
  // Connections that are kept for more would keep the process, too.
  process.exit(0);
}
