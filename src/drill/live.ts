import { PLACEHOLDER } from '../auth/credential.ts';
import type { Configuration } from '../config/build.ts';
import type { Ms } from '../core/failure.ts';
import type { Clock, Send } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';
import { keysOf, scrub } from '../proxy/scrub.ts';
import { createClaude, MODEL, type Turn } from './client/claude.ts';
import { buildHouse } from './house.ts';
import { carryInside, nowhere } from './stage.ts';

/** What came of a small real turn at an upstream. */
export interface LiveResult {
  upstream: string;
  /** What it was asked for. */
  model: string;
  /** `skipped`: there is no key of ccproxy's own for it. */
  outcome: 'passed' | 'failed' | 'skipped';
  /** What was not as it should be, in words; or why it was skipped. */
  findings: readonly string[];
  firstContentMs: Ms | null;
  tookMs: Ms;
  /** Of all its answers; 0 where it did not say. */
  inputTokens: number;
  outputTokens: number;
}

export interface LiveOptions {
  configuration: Configuration;
  clock: Clock;
  /** Over the network. */
  send: Send;
}

/** Enough for a model that thinks before a short sentence. */
const MOST_TOKENS = 2_048;
/** One with the call, one with its result, and one more for a model that calls twice. */
const MOST_REQUESTS = 3;
const FILE = 'rehearsal.txt';
const PROMPT = `Call the tool Read once, with file_path "${FILE}". When you have its result, answer with one short sentence.`;

/**
 * One small turn, streamed and with a tool, through the real server to this upstream alone, with ccproxy's own key. Spends
 * some hundred tokens. Never rejects: what is thrown is a finding.
 */
export async function testLive(
  upstream: Upstream,
  { configuration, clock, send }: LiveOptions,
): Promise<LiveResult> {
  const base = {
    upstream: upstream.name,
    model: upstream.model(MODEL),
    firstContentMs: null,
    tookMs: 0,
    inputTokens: 0,
    outputTokens: 0,
  };
  // The turn is ccproxy's: there is no client whose credential could be used.
  if (upstream.auth(new Headers(), { headers: new Headers() }) === null)
    return { ...base, outcome: 'skipped', findings: ["it takes the client's own credential"] };
  const house = buildHouse({ configuration, chain: [upstream], clock, send, listening: nowhere });
  const startedAt = clock.now();
  const claude = createClaude({
    clock,
    carry: carryInside(house),
    session: `live-${upstream.name}`,
    mostRequests: MOST_REQUESTS,
    maxTokens: MOST_TOKENS,
    retries: 0,
    headers: { 'x-api-key': PLACEHOLDER },
  });
  const findings: string[] = [];
  const turn = await claude.turn(PROMPT);
  // An upstream may say again what it was sent.
  const keys = keysOf(upstream, { headers: new Headers() });
  const said = house.timeline.attempts.findLast(({ failure }) => failure !== undefined)?.failure?.message;
  findings.push(...complaintsOf(turn, said).map((words) => scrub(words, keys, new Uint8Array())));
  try {
    house.end();
  } catch (error) {
    findings.push(error instanceof Error ? error.message : String(error));
  }
  const [first] = turn.exchanges;
  const sum = (key: 'input_tokens' | 'output_tokens') =>
    turn.exchanges.reduce((total, { usage }) => total + (usage?.[key] ?? 0), 0);
  return {
    ...base,
    outcome: findings.length === 0 ? 'passed' : 'failed',
    findings,
    firstContentMs: first?.contentAt == null ? null : first.contentAt - startedAt,
    tookMs: clock.now() - startedAt,
    inputTokens: sum('input_tokens'),
    outputTokens: sum('output_tokens'),
  };
}

/** @param said how the last attempt failed that did */
function complaintsOf(
  { exchanges, isFinished, error, tools, result }: Turn,
  said: string | undefined,
): string[] {
  if (!isFinished) return [said ?? error ?? 'the turn did not finish'];
  const unlawful = exchanges.flatMap((one) => (one.unlawful === null ? [] : [one.unlawful]));
  const hasCalled = tools.some(({ name, input }) => name === 'Read' && input.file_path === FILE);
  return [
    ...unlawful,
    ...(hasCalled ? [] : ['it did not call the tool as it was told']),
    ...(result.trim() === '' ? ['it said nothing in the end'] : []),
  ];
}
