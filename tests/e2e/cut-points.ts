import { join } from 'node:path';
import { type Answer, calls, text } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Point } from '../../src/drill/plan.ts';
import type { Recorded } from '../../src/drill/recorded.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { makeFolders, startBinary } from '../support/binary.ts';
import { type ClaudeVersion, runClaude } from '../support/claude.ts';
import { messagesOf } from './conversation.ts';
import { tap } from './tap.ts';

/** One turn of the real client whose first answer breaks off, and what came of it. */

export const BACKUP = 'The backup finishes it.';
export const MAIN = 'The search was answered.';

/** How an upstream may die in the middle of an answer. */
export type Way = 'RST' | 'FIN' | 'clean end' | 'error event' | 'silence' | 'pings';

export interface CutPoint {
  said: Answer;
  /** The last that comes. */
  after: Point;
  way: Way;
  /** The answer is that of the search on the side which the conversation's WebSearch makes. */
  isSide?: true;
  /** It comes from a provider of another dialect, in translation. */
  isTranslated?: true;
  /** Nothing but pings at that point, for a while. */
  pause?: { after: Point; forMs: number };
}

/** What the user has of it, and what the upstreams. */
export interface Turn {
  exitCode: number;
  result: string | undefined;
  /** The requests of the client: streaming (S), not streaming (N), a search on the side (s). */
  asks: string;
  /** The commands that ran, as they noted it themselves. */
  ran: string[];
  /** The last answer and what followed it, as the backup was asked; of a search the same as the client asked. */
  next: string[];
}

/** A command that notes that it ran, once for each time, and only if it is whole. */
export function command(name: string): { command: string } {
  return { command: `echo ${name} ran; true with a long tail; echo ${name} >> ran.txt` };
}

const IDLE_MS = 1_000;
/** Slow enough that what was sent has reached the user when the rest does not come. */
const UNHURRIED: Fault[] = [
  { kind: 'drip', gapMs: 10 },
  { kind: 'late-end', waitMs: 150 },
];

const FAULTS: Readonly<Record<Way, (after: Point) => Fault>> = {
  RST: (after) => ({ kind: 'reset', after }),
  FIN: (after) => ({ kind: 'cut', after, clean: false }),
  'clean end': (after) => ({ kind: 'cut', after, clean: true }),
  'error event': (after) => ({ kind: 'error-event', after }),
  silence: (after) => ({ kind: 'stall', after }),
  pings: (after) => ({ kind: 'stall', after, pingMs: 200 }),
};

function faultsOf({ after, way, pause }: CutPoint): Fault[] {
  const before: Fault[] = pause === undefined ? [] : [{ kind: 'stall', ...pause, pingMs: 1_000 }];
  return [FAULTS[way](after), ...before, ...UNHURRIED];
}

/** Plays it with the compiled program between the client and two upstreams. */
export async function play(point: CutPoint, version: ClaudeVersion): Promise<Turn> {
  await using folders = await makeFolders();
  const { isTranslated = false } = point;
  const broken = { answer: point.said, fault: faultsOf(point) };
  const search = (asked: Recorded) => {
    if (isSide(asked.text())) return broken;
    const isAnswered = asked.text().includes('"tool_result"');
    return { answer: isAnswered ? text(MAIN) : calls([['WebSearch', { query: 'otters' }]]) };
  };
  await using first = await startUpstream({ script: point.isSide ? search : broken });
  await using backup = await startUpstream({ script: { answer: text(BACKUP) } });
  const config = join(folders.home, 'chain.toml');
  const isSilent = point.way === 'silence' || point.way === 'pings';
  await Bun.write(
    config,
    `[upstreams.first]
provider = "${isTranslated ? 'openai-compatible' : 'anthropic'}"
base_url = "${first.url}${isTranslated ? '/v1' : ''}"
${isTranslated ? 'api_key = "first-key"\nmodels = { "*" = "first-model" }' : ''}
${isSilent ? `timeouts = { idle = "${IDLE_MS}ms" }` : ''}
[upstreams.backup]
provider = "anthropic-compatible"
base_url = "${backup.url}"
api_key = "backup-key"
models = { "*" = "backup-model" }
`,
  );
  await using proxy = await startBinary({ args: ['--config', config], folders });
  await using wire = await tap(proxy.port);
  const args = ['--allowedTools', 'Bash', 'WebSearch', '--max-turns', '6'];
  const { exitCode, report } = await runClaude({
    version,
    baseUrl: wire.url,
    prompt: 'go',
    args,
    cwd: folders.cwd,
  });
  const asks = wire.posts.map(({ body }) => new TextDecoder().decode(body));
  const noted = await Bun.file(join(folders.cwd, 'ran.txt'))
    .text()
    .catch(() => '');
  return {
    exitCode,
    result: report?.result,
    asks: asks.map(kindOf).join(' '),
    ran: noted.split('\n').filter((line) => line !== ''),
    next: historyIn(point.isSide ? (asks.at(-1) ?? '{}') : (backup.asked.at(-1)?.text() ?? '{}')),
  };
}

function isSide(body: string): boolean {
  return body.includes('"type":"web_search_2');
}

function kindOf(body: string): string {
  const { stream } = JSON.parse(body) as { stream?: boolean };
  if (isSide(body)) return 's';
  return stream === true ? 'S' : 'N';
}

/** The first answer in a request and all that follows it, a line for each block. */
function historyIn(body: string): string[] {
  const messages = messagesOf(body);
  const from = messages.findIndex(({ role }) => role === 'assistant');
  return (from === -1 ? [] : messages.slice(from)).flatMap(({ role, content }) => {
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
    return blocks.map((block) => `${role} ${lineFor(block)}`);
  });
}

interface AnyBlock {
  type: string;
  text?: string;
  content?: unknown;
  input?: { command?: string; query?: string };
}

const RESUME = /^Output token limit hit\. Resume directly/;

function lineFor({ type, text: words = '', content, input }: AnyBlock): string {
  switch (type) {
    case 'text':
      return RESUME.test(words) ? 'is to resume' : `said: ${words.replaceAll('\n', ' ')}`;
    case 'tool_use':
      return `called: ${input?.command ?? input?.query}`;
    case 'tool_result':
      return `got: ${typeof content === 'string' ? content.replaceAll('\n', ' ') : JSON.stringify(content)}`;
    default:
      return type;
  }
}

/** Runs what it is given, at most `width` at a time. */
export function queue(width: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (run) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
