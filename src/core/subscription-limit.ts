import type { Ms } from './failure.ts';

const PREFIX = 'anthropic-ratelimit-unified-';
const WINDOW_STATUS = /^anthropic-ratelimit-unified-(.+)-status$/;
/** What serves on for money once the windows are used up. It is refused to everybody who did not order it. */
const PAID = 'overage';

/** A subscription's limit that is reached. */
export interface SubscriptionLimit {
  /** When it ends, by each of the headers that say so, the one to go by first. NaN where a header says nothing. */
  resets: readonly Ms[];
  /** It is one model's alone: the subscription's others still serve. */
  isOfModel: boolean;
}

/**
 * The limit that an answer's headers say is reached; null where they say nothing of the kind. There is one status for all of
 * them together, and one for each window (`5h`, `7d`, `7d_opus` …, new ones come and go). A window can be used up while the
 * subscription still serves, so the common status decides where there is one. Source: headers that Claude Code 2.1.197 reads.
 */
export function subscriptionLimit(headers: Headers): SubscriptionLimit | null {
  const status = headers.get(`${PREFIX}status`);
  const windows = rejectedWindows(headers);
  if (status === null ? windows.length === 0 : status !== 'rejected') return null;
  const ends = windows.map((window) => resetOf(window, headers)).filter((at) => !Number.isNaN(at));
  return {
    resets: [resetOf('', headers), Math.max(...ends, 0), resetOf(`${PAID}-`, headers)],
    isOfModel: isOfModel(headers.get(`${PREFIX}representative-claim`), windows),
  };
}

/** Prefixes of the headers of the windows that are used up: `5h-`. */
function rejectedWindows(headers: Headers): string[] {
  const found: string[] = [];
  for (const [header, value] of headers) {
    const window = WINDOW_STATUS.exec(header)?.[1];
    if (window !== undefined && window !== PAID && value === 'rejected') found.push(`${window}-`);
  }
  return found;
}

/** Claims and windows that name a model behind their time: `seven_day_opus`, `7d_sonnet`. The others are about paying. */
const OF_MODEL = /^(?:[a-z]+_day|[a-z]+_hour|\d+[hd])_(?!oi\b|overage)[a-z]/;

function isOfModel(claim: string | null, windows: readonly string[]): boolean {
  if (claim !== null) return OF_MODEL.test(claim);
  return windows.length > 0 && windows.every((window) => OF_MODEL.test(window));
}

/** Epoch seconds on the wire. */
function resetOf(window: string, headers: Headers): Ms {
  return Number(headers.get(`${PREFIX}${window}reset`) || Number.NaN) * 1000;
}
