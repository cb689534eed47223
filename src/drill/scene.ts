import type { Ms } from '../core/failure.ts';
import { isBlock } from '../core/messages.ts';
import { text } from './answers.ts';
import type { Actor } from './cast.ts';
import { createClaude, type Exchange, type Turn } from './client/claude.ts';
import type { Lines } from './script.ts';
import type { Stage } from './stage.ts';
import type { Happening } from './timeline.ts';

/** How a turn of a scenario is asked for. */
export interface TurnOptions {
  /** The client's session; a turn without one begins a session of its own. */
  session?: string;
  stream?: boolean;
  /** How often a refused request is repeated; default as the real client. */
  retries?: number;
  /** Aborts when the user leaves. */
  gone?: AbortSignal;
}

/** What a scenario plays on: the chain's first upstream, which fails, those behind it, and a client. */
export interface Scene {
  readonly stage: Stage;
  readonly primary: Actor;
  readonly backups: readonly Actor[];
  /** Every turn so far. */
  readonly turns: readonly Turn[];
  /** Waits until every upstream that is probed has been probed once. */
  settled(): Promise<void>;
  /** Waits until `isSo`, looking whenever something happened. @throws Error when it never is. */
  until(isSo: () => boolean, what: string): Promise<void>;
  turn(options?: TurnOptions): Promise<Turn>;
  /** The same, for whoever has several at once; not driven by the stage's time. */
  begin(options?: TurnOptions): Promise<Turn>;
  /** Notes what is not as it should be. */
  expect(isSo: boolean, otherwise: string): void;
  /** Notes a figure for the scorecard. */
  remark(words: string): void;
}

/** A scene, and what came of it. */
export interface OpenScene extends Scene {
  /** Its clients leave: what is under way ends with it. */
  close(): void;
  readonly findings: readonly string[];
  readonly remarks: readonly string[];
}

/** What a healthy upstream says in the end. */
export function wordsOf({ upstream }: Actor): string {
  return `${upstream.name} has the last word.`;
}

/** The same as a script: told to go on from the last words of a text, it repeats them first. */
export function lastWord(actor: Actor): Lines {
  return (request) => {
    const anchor = /<last_words>\\n(.*?)\\n<\/last_words>/.exec(request.text())?.[1];
    const before = anchor === undefined ? '' : `${JSON.parse(`"${anchor}"`)} `;
    return { answer: text(`${before}${wordsOf(actor)}`) };
  };
}

/** @throws RangeError for a chain without an upstream */
export async function openScene(stage: Stage): Promise<OpenScene> {
  const [primary, ...backups] = stage.actors;
  if (primary === undefined) throw new RangeError('the chain is empty');
  const findings: string[] = [];
  const remarks: string[] = [];
  const turns: Turn[] = [];
  const { timeline, clock } = stage;
  const closed = new AbortController();
  let sessions = 0;
  for (const actor of stage.actors) await actor.play(lastWord(actor));

  async function begin(options: TurnOptions = {}): Promise<Turn> {
    sessions += 1;
    const note = (kind: Happening['kind'], what: string) => timeline.note('client', kind, what);
    const claude = createClaude({
      clock,
      carry: stage.carry,
      session: options.session ?? `drill-${sessions}`,
      ...stage.clients,
      ...(options.stream === undefined ? {} : { stream: options.stream }),
      gone: options.gone === undefined ? closed.signal : AbortSignal.any([options.gone, closed.signal]),
      ...(options.retries === undefined ? {} : { retries: options.retries }),
      news: {
        asks: (stream) => note('asks', stream ? 'asks' : 'asks for a whole answer'),
        content: () => note('content', 'reads the first words'),
        tool: ({ name }) => note('tool', `runs ${name}`),
        ended: (exchange) => note('end', options.gone?.aborted ? 'leaves' : endOf(exchange)),
      },
    });
    const turn = await claude.turn('Go on.');
    turns.push(turn);
    return turn;
  }

  async function until(isSo: () => boolean, what: string): Promise<void> {
    const waiting = async () => {
      while (!isSo()) await new Promise<void>((resolve) => timeline.onNext(resolve));
    };
    await stage.run(waiting()).catch(() => {
      throw new Error(`never came: ${what}`);
    });
  }

  return {
    stage,
    primary,
    backups,
    turns,
    findings,
    remarks,
    begin,
    close: () => closed.abort(),
    turn: (options) => stage.run(begin(options)),
    until,
    settled() {
      const probed = stage.actors.filter(({ upstream }) => upstream.probe.enabled);
      const isProbed = ({ upstream }: Actor) =>
        timeline.probes.some((probe) => probe.upstream === upstream.name);
      return until(() => probed.every(isProbed), 'a first probe of every upstream');
    },
    expect(isSo, otherwise) {
      if (!isSo) findings.push(otherwise);
    },
    remark: (words) => void remarks.push(words),
  };
}

function endOf({ end, status, stopReason }: Exchange): string {
  if (end === 'refused') return `gets ${status}`;
  return end === 'whole' && stopReason === 'max_tokens' ? 'has a part, to go on from' : ENDS[end];
}

const ENDS = {
  whole: 'has the whole answer',
  ended: 'sees the end of a body without the end of an answer',
  reset: 'sees the connection break',
  silent: 'gives up: nothing came that it counts',
  error: 'reads an error in the stream',
  malformed: 'reads something that is no answer',
  refused: 'is refused',
  unreachable: 'gets no answer',
} as const;

/** How long nothing was to be read before a backup's first words, as far as the client saw; null without any. */
export function gapOf({ exchanges }: Turn, backups: readonly Actor[]): Ms | null {
  const [first] = exchanges;
  const at = exchanges.findIndex(
    (one) => one.contentAt !== null && backups.some((actor) => isBy(actor, one)),
  );
  const served = exchanges[at];
  if (first === undefined || served?.contentAt == null) return null;
  const before = exchanges.slice(0, at).findLast(({ contentAt }) => contentAt !== null);
  return served.contentAt - (before?.heardAt ?? first.startedAt);
}

/** Whether an answer is this upstream's: as its head says, or by its words. */
function isBy(actor: Actor, { headers, blocks }: Exchange): boolean {
  const said = headers.get('x-ccproxy-upstream');
  if (said !== null) return said === actor.upstream.name;
  return blocks.some((block) => isBlock(block, 'text') && block.text.includes(wordsOf(actor)));
}
