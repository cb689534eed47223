import type { Asker, BreakerSettings } from '../../src/core/breaker.ts';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import type { Failure, FailureKind, Ms, Outcome } from '../../src/core/failure.ts';
import { type Proof, VERDICTS } from '../../src/core/verdict.ts';
import { DAY, HOUR, MINUTE, SECOND } from './breaker-story.ts';

/** One outcome while closed. */
interface Entry {
  at: Ms;
  weight: number;
  needs: Proof;
  /** What a success has shown; null for a failure. */
  shown: Proof | null;
  isProbe: boolean;
}

/** Leave, as the oracle knows it: valid for as long as it is in the oracle's hand. */
export interface Ticket {
  isLastResort: boolean;
  isProbe: boolean;
}

const PROOFS: Proof[] = ['connection', 'credential', 'inference'];
const shows = (shown: Proof, needed: Proof) => PROOFS.indexOf(shown) >= PROOFS.indexOf(needed);
const most = (needs: Proof[]) => PROOFS.findLast((proof) => needs.includes(proof)) ?? 'connection';

/** What is believed of the end of a limit, and what is taken for it where that is not known. */
const LIMITS: Partial<Record<FailureKind, { believed: Ms; first: Ms; longest: Ms }>> = {
  rate_limited: { believed: 6 * HOUR, first: 30 * SECOND, longest: 10 * MINUTE },
  exhausted: { believed: 32 * DAY, first: HOUR, longest: HOUR },
  model_exhausted: { believed: 32 * DAY, first: HOUR, longest: HOUR },
};
const BLOCKS: Partial<Record<FailureKind, Ms>> = {
  unauthorized: 5 * MINUTE,
  untrusted: 5 * MINUTE,
  forbidden: 15 * MINUTE,
};

/**
 * A breaker as it would be told: it changes in place, remembers every outcome, and knows leave by identity. For a clock that
 * only goes forward, in steps of a tenth of the window.
 */
export class Oracle {
  private log: Entry[] = [];
  private valid = new Set<Ticket>();
  private shut: { kind: 'open' | 'cooldown' | 'blocked'; at: Ms; until: Ms; needs: Proof } | null = null;
  private canary: Ticket | null = null;
  private firstGoodAt: Ms | null = null;
  private isHeld = false;
  private closedAt: Ms = 0;
  private recoveredFrom: 'open' | 'cooldown' | 'blocked' | null = null;
  private unforgiven = 0;
  private openings: Ms[] = [];
  private limitsWithoutEnd = 0;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly jitter: number,
  ) {}

  name(now: Ms): BreakerView['name'] {
    if (this.isHeld) return 'isolated';
    if (this.shut === null) return 'closed';
    return now >= this.shut.until ? 'half-open' : this.shut.kind;
  }

  until(now: Ms): Ms | undefined {
    return this.shut !== null && !this.isHeld && now < this.shut.until ? this.shut.until : undefined;
  }

  ask(asker: Asker, now: Ms): Ticket | null {
    const name = this.name(now);
    const ticket: Ticket = { isLastResort: false, isProbe: asker === 'probe' };
    if (name === 'half-open') {
      if (this.canary !== null || (asker === 'request' && this.waitsForProbe(now))) return null;
      this.valid = new Set();
      this.canary = ticket;
    } else if (name !== 'closed') return null;
    this.valid.add(ticket);
    return ticket;
  }

  lastResort(): Ticket {
    const ticket: Ticket = { isLastResort: true, isProbe: false };
    this.valid.add(ticket);
    return ticket;
  }

  settle(ticket: Ticket, outcome: Outcome, shown: Proof, now: Ms): void {
    if (!this.valid.delete(ticket) || this.isHeld) return;
    const wasCanary = this.canary === ticket;
    if (wasCanary) this.canary = null;
    if (!outcome.ok) this.fail(outcome.failure, ticket, now);
    else if (this.shut === null)
      this.log.push({ at: now, weight: 1, needs: 'connection', shown, isProbe: ticket.isProbe });
    else if (this.believes(shown, wasCanary, now)) this.recover(this.shut.kind, now);
  }

  hold(): void {
    this.turn();
    this.isHeld = true;
  }

  reset(now: Ms): void {
    this.recover(null, now);
    this.isHeld = false;
    this.unforgiven = 0;
    this.openings = [];
  }

  forgive(now: Ms): void {
    if (this.isHeld) return;
    if (this.shut === null) {
      const row = this.row();
      if (row.length > 0 && row.every(({ needs }) => needs === 'connection')) this.log = [];
    } else if (this.shut.needs === 'connection') {
      const { limitsWithoutEnd } = this;
      const wasOpen = this.shut.kind === 'open';
      this.recover(null, now);
      this.limitsWithoutEnd = limitsWithoutEnd;
      if (!wasOpen) return;
      this.unforgiven = Math.max(0, this.unforgiven - 1);
      this.openings.pop();
    }
  }

  hasten(now: Ms): void {
    if (this.isHeld || this.shut === null) return;
    if (this.shut.kind !== 'cooldown' && this.shut.needs === 'connection' && now < this.shut.until)
      this.shut.until = now;
  }

  dwellUntil(now: Ms, returnAfter: Ms): Ms | undefined {
    if (this.isHeld || this.shut !== null || this.recoveredFrom !== 'open') return undefined;
    const lately = this.openings.filter((at) => this.closedAt - at < 15 * MINUTE).length;
    let dwell = returnAfter;
    for (let i = 1; i < lately; i++) dwell *= 2;
    const until = this.closedAt + Math.min(dwell, 10 * MINUTE);
    return now < until ? until : undefined;
  }

  private waitsForProbe(now: Ms): boolean {
    const { prober } = this.settings;
    if (prober === null || this.shut === null || this.shut.kind === 'cooldown') return false;
    if (now - this.shut.until >= 10 * SECOND) return false;
    return this.firstGoodAt === null || shows(prober, this.shut.needs);
  }

  /** Whether this success is enough. */
  private believes(shown: Proof, wasCanary: boolean, now: Ms): boolean {
    if (this.shut === null) return false;
    if (wasCanary) this.firstGoodAt ??= now;
    const isRepeated = this.firstGoodAt !== null && now - this.firstGoodAt >= 2 * SECOND;
    return shows(shown, this.shut.needs) && (shown !== 'connection' || isRepeated);
  }

  /** Failures that no success has taken back. */
  private row(): Entry[] {
    let row: Entry[] = [];
    for (const entry of this.log) {
      const { shown } = entry;
      if (shown === null) row.push(entry);
      else if (row.every(({ needs }) => shows(shown, needs))) row = [];
    }
    return row;
  }

  private fail(failure: Failure, ticket: Ticket, now: Ms): void {
    const { kind, waitMs = 0 } = failure;
    const { breaker, needs, weight = 1 } = VERDICTS[kind];
    if (breaker === 'exclude') return;
    const [limit, block] = [LIMITS[kind], BLOCKS[kind]];
    if (limit !== undefined) {
      const isKnown = waitMs > 0 && waitMs <= limit.believed;
      const unknown = Math.min(limit.first * 2 ** this.limitsWithoutEnd, limit.longest);
      if (!isKnown) this.limitsWithoutEnd += 1;
      this.close('cooldown', now + (isKnown ? waitMs : unknown), needs, now);
    } else if (block !== undefined) {
      this.close('blocked', now + block, needs, now);
    } else if (this.shut === null) {
      this.log.push({ at: now, weight, needs, shown: null, isProbe: ticket.isProbe });
      const row = this.row();
      const isProbation = this.recoveredFrom === 'open' && now - this.closedAt < MINUTE && weight === 1;
      const isRow = row.reduce((sum, each) => sum + each.weight, 0) >= this.settings.failures;
      const isShare = !ticket.isProbe && this.isShare(now);
      if (breaker === 'trip' || isRow || isShare || isProbation)
        this.open(
          failure,
          row.map((each) => each.needs),
          breaker === 'count',
          now,
        );
    } else if (!ticket.isLastResort) {
      this.open(failure, [this.shut.needs, needs], false, now);
    }
  }

  private isShare(now: Ms): boolean {
    const { windowMs, minSamples, ratio } = this.settings;
    const lately = this.log.filter(({ at }) => now - at < windowMs);
    const counted = lately.filter((entry) =>
      entry.shown === null ? !entry.isProbe : entry.shown === 'inference',
    );
    const sum = (entries: Entry[]) => entries.reduce((total, { weight }) => total + weight, 0);
    const all = sum(counted);
    return all >= minSamples && sum(counted.filter(({ shown }) => shown === null)) / all >= ratio;
  }

  private open({ kind, waitMs = 0 }: Failure, needs: Proof[], isFlap: boolean, now: Ms): void {
    const isConnection = VERDICTS[kind].needs === 'connection';
    const { openMs, openMaxMs } = isConnection ? this.settings.connection : this.settings;
    const time = (n: number) => Math.min(openMs * 2 ** (n - 1), openMaxMs);
    const before = this.owed(now);
    const isLongest = before > 0 && time(before) >= openMaxMs;
    const number = isLongest ? before : before + 1;
    const lasts = Math.max(time(number) * (0.8 + 0.4 * this.jitter), waitMs <= 6 * HOUR ? waitMs : 0);
    this.close('open', now + lasts, most(needs), now);
    this.unforgiven = number;
    if (isFlap) this.openings.push(now);
  }

  /** Openings less one for each minute since it closed. */
  private owed(now: Ms): number {
    if (this.shut !== null) return this.unforgiven;
    return Math.max(0, this.unforgiven - Math.floor((now - this.closedAt) / MINUTE));
  }

  private close(kind: 'open' | 'cooldown' | 'blocked', until: Ms, needs: Proof, now: Ms): void {
    this.unforgiven = this.owed(now);
    this.turn();
    this.shut = { kind, at: now, until, needs };
  }

  private recover(from: Oracle['recoveredFrom'], now: Ms): void {
    this.turn();
    this.shut = null;
    this.closedAt = now;
    this.recoveredFrom = from;
    this.limitsWithoutEnd = 0;
    this.log = [];
  }

  private turn(): void {
    this.valid = new Set();
    this.canary = null;
    this.firstGoodAt = null;
  }
}
