import type { StreamEvent } from '../../src/core/messages.ts';
import type { Upstream } from '../../src/core/upstream.ts';
import { type AnswerBlock, answer, text } from '../../src/drill/answers.ts';
import type { Failover } from '../../src/proxy/context.ts';
import { brokenOff } from './broken-off.ts';
import { manualClock } from './manual-clock.ts';
import {
  type Asking,
  ask,
  backup,
  benchOf,
  eventsOf,
  fakeSend,
  primary,
  type Said,
  streamOf,
  type Voices,
} from './relay.ts';

export const OTHER = 'anthropic-sdk-python/1.0';
export const WHOLE = 'One sentence, and a second one.';
/** Up to `One sentence, and a seco`. */
export const CUT = eventsOf(text(WHOLE)).slice(0, 5);
export const REST = 'One sentence, and a second one.';

type Voice = Voices[string];
export const cut: Voice = () => brokenOff(CUT, 'broken connection');
export const says =
  (...blocks: AnswerBlock[]): Voice =>
  () =>
    streamOf(eventsOf(answer(blocks), 'up2'));
export const words = (said: string): AnswerBlock => ({ type: 'text', text: said });

/** A chain whose upstreams say what the test has them say, in the order of `voices`. */
export function stage(voices: Voices, options: { chain?: Upstream[]; failover?: Partial<Failover> } = {}) {
  const clock = manualClock();
  const send = fakeSend(voices);
  const chain =
    options.chain ??
    Object.keys(voices).map((name) =>
      name === 'anthropic' ? primary() : backup({ name, base: `http://${name}.test/v1` }),
    );
  const bench = benchOf(chain, { send, clock, failover: { midStream: 'continue', ...options.failover } });
  const go = (request: Asking = {}) => ask(bench, { headers: { 'user-agent': OTHER }, ...request });
  return { clock, bench, sent: send.sent, go, asked: () => send.sent.map(({ upstream }) => upstream) };
}

export const eventsIn = (said: Said, type: string) =>
  said.frames.map(({ event }) => event).filter((event) => event.type === type) as never[];
export const blocksIn = (said: Said) =>
  (eventsIn(said, 'content_block_start') as Extract<StreamEvent, { type: 'content_block_start' }>[]).map(
    ({ content_block: { type } }) => type,
  );
