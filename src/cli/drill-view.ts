import type { Configuration } from '../config/build.ts';
import type { ChainFrom } from '../drill/report.ts';
import type { Result } from '../drill/run.ts';
import type { Scenario } from '../drill/scenario.ts';
import type { Happening } from '../drill/timeline.ts';
import { printable } from '../telemetry/log.ts';
import { durationOf } from './drill-card.ts';
import { report, write } from './print.ts';

/** A drill as it is watched. */
export interface DrillView {
  opening(): void;
  begins(scenario: Scenario): void;
  happens(happening: Happening): void;
  ends(result: Result): void;
  closing(): void;
}

export interface ViewOptions {
  scenarios: readonly Scenario[];
  configuration: Configuration;
  from: ChainFrom;
}

/** Up to so many scenarios are shown event by event. */
const MOST_IN_FULL = 3;

/** A few scenarios event by event; many of them in a line for each phase, with the one that is played beside it. */
export function createView(options: ViewOptions): DrillView {
  const paint = brush();
  const inside = options.scenarios.length <= MOST_IN_FULL ? inFull(paint) : inBrief(paint);
  return { ...inside, opening: () => report(openingOf(options, paint)) };
}

function openingOf({ scenarios, configuration, from }: ViewOptions, paint: Brush): string {
  const chain = configuration.chain.map(({ name }) => paint.bold(name)).join(' → ');
  const count = scenarios.length === 1 ? 'One outage' : `${scenarios.length} outages`;
  const whose =
    from === 'default' ? 'the default chain, because no backup is configured' : 'a copy of your chain';
  return [
    `${count}, rehearsed on ${whose}. No key is used, and nothing leaves this machine.`,
    chain,
    '',
  ].join('\n');
}

type Parts = Omit<DrillView, 'opening'>;

function inFull(paint: Brush): Parts {
  return {
    begins: ({ name, title }) => report(`${paint.bold(name)}  ${title}`),
    happens({ at, who, kind, what }) {
      const line = `${durationOf(at).padStart(9)}  ${who.padEnd(12)} ${what}`;
      report(paint[COLOURS[kind]](printable(line)));
    },
    ends({ outcome, findings }) {
      const mark =
        outcome === 'passed' ? paint.good('✓ as it should be') : paint.bad(`✗ ${findings.join('; ')}`);
      report(`${' '.repeat(11)}${mark}\n`);
    },
    closing() {},
  };
}

/** One line for a phase: a mark for each scenario that was played, and beside them the one that is. */
function inBrief(paint: Brush): Parts {
  const { columns = 100 } = process.stdout;
  const isTTY = isTerminal();
  let phase = '';
  let marks = '';
  let current = '';
  let lane: string[] = [];

  function draw(): void {
    if (!isTTY) return;
    const room = Math.max(0, columns - LABEL - Bun.stringWidth(marks) - 4);
    const lanes = lane.join(' ');
    const laneRoom = room - current.length - 2;
    const shown = Bun.stringWidth(lanes) > laneRoom ? `…${lanes.slice(-Math.max(0, laneRoom - 1))}` : lanes;
    const words = laneRoom > 10 ? `${current}  ${shown}` : current;
    write(`\r\x1b[2K${phase.padEnd(LABEL)}${marks}  ${paint.dim(room > current.length ? words : '')}`);
  }

  function finish(): void {
    if (phase === '') return;
    write(`${isTTY ? '\r\x1b[2K' : ''}${phase.padEnd(LABEL)}${marks}\n`);
  }

  return {
    begins(scenario) {
      if (scenario.phase !== phase) {
        finish();
        phase = scenario.phase;
        marks = '';
      }
      current = scenario.name;
      lane = [];
      draw();
    },
    happens(happening) {
      const sign = signOf(happening);
      if (sign === null) return;
      lane.push(sign);
      draw();
    },
    ends({ outcome }) {
      marks +=
        outcome === 'passed' ? paint.good('✓') : outcome === 'failed' ? paint.bad('✗') : paint.dim('–');
      draw();
    },
    closing() {
      finish();
      report('');
    },
  };
}

const LABEL = 16;

/** What happens, as a short sign in a row of them; null for what is too small to show. */
function signOf({ who, kind, what }: Happening): string | null {
  switch (kind) {
    case 'asks':
      return '▸';
    case 'serves':
      return `${who} ●`;
    case 'failed':
      return `${who} ✗`;
    case 'tool':
      return '⚙';
    case 'breaker':
      return `[${what}]`;
    case 'end':
      return what.includes('whole') ? '✓' : '✂';
    default:
      return null;
  }
}

const COLOURS = {
  asks: 'bold',
  content: 'good',
  serves: 'good',
  tool: 'bold',
  end: 'bold',
  failed: 'bad',
  answered: 'dim',
  breaker: 'warn',
  probe: 'dim',
} as const;

type Brush = ReturnType<typeof brush>;

/** Whether lines can be written again there. */
function isTerminal(): boolean {
  return process.stdout.isTTY && process.env.TERM !== 'dumb';
}

/** Colours on a terminal, and none where the user wants none (no-color.org). */
function brush() {
  const isPlain = !isTerminal() || Boolean(process.env.NO_COLOR);
  const with_ = (code: number) => (words: string) => (isPlain ? words : `\x1b[${code}m${words}\x1b[0m`);
  return { bold: with_(1), dim: with_(2), bad: with_(31), good: with_(32), warn: with_(33) };
}
