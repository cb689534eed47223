/** An upstream that falls silent has broken off, at whatever event, also when it goes on pinging. */
import { describe, expect, test } from 'bun:test';
import { ANSWERS, expectEnding, OTHER_CLIENT, positionAfter, withoutSigns } from '../support/broken-off.ts';
import { turns } from '../support/manual-clock.ts';
import { CLAUDE_CODE, eventsOf, type OpenBody, openBody } from '../support/relay.ts';
import { type Client, endings, isWhole, type Stage, stageOf, well } from '../support/stage.ts';

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
/** The longest limit there is, of thinking that is not shown, and a bit. */
const PATIENCE_MS = 610_000;
const BETWEEN_PINGS_MS = 10_000;

const SILENCES = ['silence', 'nothing but pings'] as const;
const ROWS = ANSWERS.flatMap(([name, said]) =>
  [CLAUDE_CODE, OTHER_CLIENT].flatMap((agent) =>
    SILENCES.map((silence) => [name, silence, agent, said] as const),
  ),
);

describe('a stream that falls silent after any event', () => {
  test.each(ROWS)('%s, %s, for %s', async (_, silence, agent, said) => {
    const events = eventsOf(said);
    for (let count = 0; count < events.length; count += 1) {
      const { stage, got } = await silentAfter(events.slice(0, count), agent, silence !== 'silence');
      expect(got.done).toBe(true);
      expect(endings(stage.bench)[0]).toEqual(['anthropic', count === 0 ? 'slow' : 'stalled']);
      expect(stage.clock.waiting).toEqual([]);
      // What has begun and gone on was let through, content or not: hidden thinking looks like that.
      const goesOn = count > 1 || (count === 1 && silence !== 'silence');
      if (goesOn) expectCut(got, events.slice(0, count), agent);
      else expect(isWhole(got, 'backup')).toBe(true);
    }
  });
});

async function silentAfter(
  events: readonly string[],
  agent: string,
  isPinging: boolean,
): Promise<{ stage: Stage; got: Client }> {
  let open: OpenBody | undefined;
  const stage = stageOf({
    anthropic: (outgoing) => {
      open = openBody(outgoing);
      return open.response;
    },
    backup: well('backup'),
  });
  const got = await stage.done({ headers: { 'user-agent': agent } });
  for (const event of events) {
    open?.push(event);
    await turns();
  }
  for (let ms = 0; ms < PATIENCE_MS && !got.done; ms += BETWEEN_PINGS_MS) {
    await stage.clock.advance(BETWEEN_PINGS_MS);
    if (isPinging && open?.isGone === false) open.push(PING);
    await turns();
  }
  return { stage, got };
}

function expectCut({ text, error }: Client, events: readonly string[], agent: string): void {
  const whole = events.map(withoutSigns).filter((event) => event !== '');
  expectEnding({ text: withoutSigns(text), reset: error !== null }, whole, agent);
  expect(positionAfter(whole).over).toBe(false);
}
