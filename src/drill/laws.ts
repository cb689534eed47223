import { type Block, isBlock, type JsonObject } from '../core/messages.ts';
import type { Actor } from './cast.ts';
import { type Exchange, MODEL, type Turn } from './client/claude.ts';
import { CLIENT_KEY } from './client/request.ts';
import type { Recorded } from './recorded.ts';
import { type Scene, wordsOf } from './scene.ts';

/** What a turn has to come to. */
export interface Expected {
  /** Who has the last word; default: any backup. */
  by?: readonly Actor[];
  /** Another answer that is as good. */
  or?: string;
  /** What the upstream that failed was about to say: what stays of it in the conversation must be its beginning. */
  begun?: string;
  /** Calls that may run, each at most once and with exactly this input. */
  tools?: readonly JsonObject[];
  /** Requests of the client, at most; default 3. */
  requests?: number;
}

/** The turn is finished by whom it should be, and on the way nothing was cut in silence, doubled or run in part. */
export function expectFinished(scene: Scene, turn: Turn, expected: Expected = {}): void {
  const { by = scene.backups, requests = 3 } = expected;
  scene.expect(turn.isFinished, `the turn did not finish: ${turn.error}`);
  const names = by.map(({ upstream }) => upstream.name).join(' or ');
  const isTheirs = turn.result === expected.or || by.some((actor) => turn.result.endsWith(wordsOf(actor)));
  if (turn.isFinished)
    scene.expect(isTheirs, `the answer is not ${names}'s, but ${JSON.stringify(turn.result)}`);
  scene.expect(
    !scene.stage.isOurs || turn.exchanges.length <= requests,
    `the client had to ask ${turn.exchanges.length} times, more than ${requests}`,
  );
  expectLawful(scene, turn);
  expectKept(scene, turn, by, expected.begun ?? '');
  expectTools(scene, turn, expected.tools ?? []);
}

/** None of the answers ends as if it were whole when it is not; ours are such that the official SDK accepts them, up to an error. */
export function expectLawful(scene: Scene, turn: Turn): void {
  if (!scene.stage.isOurs) {
    // What its client asks for again is not lost.
    const isTaken = turn.isFinished && turn.exchanges.at(-1)?.end === 'ended';
    scene.expect(!isTaken, 'an answer was cut and taken for whole');
    const isSilent = turn.exchanges.some(({ end }) => end === 'silent');
    scene.expect(!isSilent, 'the client gave up: nothing came that it counts');
    return;
  }
  for (const { unlawful, end } of turn.exchanges) {
    scene.expect(unlawful === null, `an answer breaks the grammar: ${unlawful}`);
    scene.expect(end !== 'ended', 'an answer was cut and ended as if it were whole');
    scene.expect(end !== 'silent', 'the client gave up: nothing came that it counts');
  }
}

/** What stays in the conversation is the beginning of what was said, and what the last word's owner said: nothing twice. */
function expectKept(scene: Scene, turn: Turn, by: readonly Actor[], begun: string): void {
  const whole = by.map(wordsOf);
  for (const blocks of turn.kept) {
    const words = blocks.map(textOf).join('');
    const own = whole.find((one) => words.endsWith(one));
    const before = own === undefined ? words : words.slice(0, -own.length);
    scene.expect(
      begun.startsWith(before.trimEnd()),
      `the conversation holds what nobody said so: ${JSON.stringify(words)}`,
    );
  }
}

function textOf(block: Block): string {
  return isBlock(block, 'text') ? block.text : '';
}

function expectTools(scene: Scene, turn: Turn, tools: readonly JsonObject[]): void {
  const left = tools.map((input) => JSON.stringify(input));
  for (const { name, input } of turn.tools) {
    const at = left.indexOf(JSON.stringify(input));
    scene.expect(at !== -1, `${name} ran with ${JSON.stringify(input)}`);
    if (at !== -1) left.splice(at, 1);
  }
}

/** Nobody was sent another's key, and everybody was asked for a model of its own. */
export function expectDiscreet(scene: Scene): void {
  const { stage, primary, backups } = scene;
  if (!stage.isOurs) return;
  for (const { upstream, requests } of [primary, ...backups]) {
    const isTheirs = (request: Recorded) =>
      [...request.headers.map(([, value]) => value), request.text()].some((words) =>
        words.includes(CLIENT_KEY),
      );
    const isTold = !upstream.takesClientCredential && requests.some(isTheirs);
    scene.expect(!isTold, `${upstream.name} was sent the client's own key`);
    const wrong = requests.find(({ ask }) => ask !== null && ask.model !== upstream.model(MODEL));
    scene.expect(wrong === undefined, `${upstream.name} was asked for ${wrong?.ask?.model}`);
  }
}

/** At most so many requests reached an upstream. */
export function expectAsked(scene: Scene, { upstream, asked }: Actor, most: number): void {
  const isMore = scene.stage.isOurs && asked.length > most;
  scene.expect(!isMore, `${upstream.name} was asked ${asked.length} times, more than ${most}`);
}

/** The client is refused in a way on which it does what helps: never 529, never a word that says so. */
export function expectOwnRefusal(scene: Scene, exchange: Exchange | undefined): void {
  if (!scene.stage.isOurs) return;
  const { status = 0, error = null, headers = new Headers() } = exchange ?? {};
  scene.expect(status === 503 && error?.type === 'api_error', `refused with ${status} ${error?.type}`);
  scene.expect(!error?.message.includes('overloaded_error'), 'the refusal says overloaded_error');
  const afterS = headers.get('retry-after');
  const isHint = afterS === null ? headers.get('x-should-retry') === 'false' : isPatience(Number(afterS));
  scene.expect(isHint, `neither a retry-after of 1 to 60 nor x-should-retry: false (${afterS})`);
  for (const { upstream } of [scene.primary, ...scene.backups])
    scene.expect(
      error?.message.includes(upstream.name) ?? false,
      `the refusal does not name ${upstream.name}`,
    );
}

function isPatience(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= 60;
}

/** No place is held, and no upstream still works for nobody. */
export async function expectFreed(scene: Scene): Promise<void> {
  const { stage, primary, backups } = scene;
  if (!stage.isOurs) return;
  const all = [primary, ...backups];
  const running = all.flatMap(({ asked }) => asked.filter(({ end }) => end === null));
  const ended = Promise.all(running.map((request) => request.ended));
  await stage
    .run(ended, FREED_MS)
    .catch(() => scene.expect(false, 'an upstream is still at work for nobody'));
  for (const { upstream } of all) {
    const held = stage.gates.held(upstream.name);
    scene.expect(held === 0, `${held} places at ${upstream.name} are held by nobody`);
  }
  scene.expect(stage.gates.waiting === 0, 'somebody waits for a place for ever');
}

/** Long enough for a machine that is busy. */
const FREED_MS = 5_000;

/** `status` says that an upstream stands in one of these ways. */
export async function expectState(scene: Scene, actor: Actor, ...states: string[]): Promise<void> {
  if (!scene.stage.isOurs) return;
  const state = await stateOf(scene, actor);
  scene.expect(states.includes(state), `${actor.upstream.name} is ${state}, not ${states.join(' or ')}`);
}

/** How an upstream stands, in the words of `status`. */
export async function stateOf(scene: Scene, { upstream }: Actor): Promise<string> {
  const { upstreams } = await scene.stage.status();
  return upstreams.find(({ name }) => name === upstream.name)?.state ?? 'unknown';
}
