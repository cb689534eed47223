import { type Answer, text } from '../answers.ts';
import type { Fault } from '../faults.ts';
import { type Expected, expectAsked, expectFinished } from '../laws.ts';
import type { Phase, Scenario } from '../scenario.ts';
import type { Scene } from '../scene.ts';

/** A scenario in which one turn of a client meets a first upstream that spoils its answers, and backups that are well. */
export interface Spoiled {
  name: string;
  phase: Phase;
  title: string;
  clock?: Scenario['clock'];
  /** What the first upstream was about to say; default: a sentence. */
  answer?: Answer;
  fault: Fault | readonly Fault[];
  /** Whether the client asks for a stream; default true. */
  stream?: boolean;
  expected?: Expected;
  /** Requests that may reach the first upstream; default 1. */
  asked?: number;
  /** Whether it is Anthropic's own refusal, which its client is to see as it is; asked only of Anthropic. */
  isClients?: boolean;
  /** More that has to be so afterwards. */
  also?(scene: Scene): Promise<void> | void;
}

/** What the first upstream was about to say. */
export const SAID = 'It was about to say this, and then a little more than that.';

export function spoiled(one: Spoiled): Scenario {
  const { name, phase, title, clock = 'real', answer = text(SAID), fault } = one;
  return {
    name,
    phase,
    title,
    clock,
    async play(scene) {
      const { primary } = scene;
      await primary.play({ answer, fault });
      const turn = await scene.turn(one.stream === undefined ? {} : { stream: one.stream });
      const isClients = one.isClients && primary.upstream.native && (scene.stage.isOurs || !turn.isFinished);
      if (isClients) expectUnchanged(scene, fault);
      else expectFinished(scene, turn, { ...(scene.stage.isOurs ? {} : wholeOf(answer)), ...one.expected });
      expectAsked(scene, primary, one.asked ?? 1);
      await one.also?.(scene);
    },
  };
}

/** Another proxy may say whose words they are: the client looks for what they contain. */
function isSame({ stage }: Scene, words: string | undefined, theirs: string): boolean {
  return words === theirs || (!stage.isOurs && words !== undefined && words.includes(theirs));
}

/** From another proxy the whole of what was spoiled is as good. */
function wholeOf({ blocks }: Answer): Expected {
  const words = blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
  return { or: words, begun: words };
}

/** Anthropic's word about the request itself reaches its client as it came, and nobody else is asked. */
function expectUnchanged(scene: Scene, fault: Fault | readonly Fault[]): void {
  const status = 'kind' in fault && fault.kind === 'status' ? fault : undefined;
  const [exchange] = scene.turns.at(-1)?.exchanges ?? [];
  scene.expect(exchange?.status === status?.status, `the client got ${exchange?.status}`);
  scene.expect(
    status?.message === undefined || isSame(scene, exchange?.error?.message, status.message),
    `the words were changed: ${exchange?.error?.message}`,
  );
  for (const backup of scene.backups) expectAsked(scene, backup, 0);
}
