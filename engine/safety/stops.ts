// What disarms the executor by itself, and what of it is kept for operators: the first cause since an operator armed, since later
// ones are usually consequences, and each breach once, although it is found again with every balance. A stop disarms the executor
// alone: the strategy goes on deciding, so that the records show what would have been answered. Stops are not folded: a restart
// begins disarmed, and finds again what still does not fit.

import { BREACH_CODES, type BreachCode, STOP_CODES, STOP_TEXT, type StopCode } from '../../contracts/reasons.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { Emit } from '../model/events.ts';
import type { Breach, Stop } from '../model/values.ts';
import type { Arming } from './arming.ts';
import type { Faults } from './faults.ts';

export type StopsOptions = {
  readonly clock: Pick<Clock, 'nowMs' | 'elapsedUs'>;
  /** Of the executor. */
  readonly arming: Pick<Arming, 'disarm' | 'onArmed'>;
  readonly faults: Pick<Faults, 'frameLost' | 'turnBroken' | 'reset'>;
  /** Gets `stopped` for the first cause since an operator armed, `breached` for each new breach, and every `faulted`. */
  readonly emit: Emit;
  /** Of the newest balance; null: there is none. */
  readonly inventoryId: () => string | null;
};

export type Stops = {
  stop(code: StopCode, detail?: string): void;
  breached(breach: Breach): void;
  /** An error of our own within a turn. `frame`: nothing had been written; `turn`: anything else. */
  faulted(error: unknown, lost: 'frame' | 'turn'): void;
  /** Why the executor was disarmed; null: for no cause of these since an operator armed. */
  first(): Stop | null;
  /** The first breach since an operator armed. */
  firstBreach(): Breach | null;
  /** Stops since the start, by code, those at 0 included. */
  counts(): Readonly<Record<StopCode, number>>;
  /** Breaches reported since the start, by code, those at 0 included. */
  breachCounts(): Readonly<Record<BreachCode, number>>;
};

/** Different breaches that are reported between two armings: more say nothing new. */
const BREACHES_MAX = 20;

export function createStops({ clock, arming, faults, emit, inventoryId }: StopsOptions): Stops {
  let first: Stop | null = null;
  let firstBreach: Breach | null = null;
  const reported = new Set<string>();
  const counts = zeros(STOP_CODES);
  const breachCounts = zeros(BREACH_CODES);

  // An operator has seen whatever stopped it.
  arming.onArmed(() => {
    first = null;
    firstBreach = null;
    reported.clear();
    faults.reset();
  });

  /** All of it is done, whatever fails: a report that does must not leave it armed, nor quotes standing. */
  const all = (one: () => void, other: () => void): void => {
    try {
      one();
    } finally {
      other();
    }
  };

  const stop = (code: StopCode, detail = ''): void => {
    const isFirst = first === null;
    const cause = first ?? { code, detail, atMs: clock.nowMs() };
    first = cause;
    if (isFirst) counts[code]++;
    all(
      () => arming.disarm(`engine: ${code}: ${detail === '' ? STOP_TEXT[code] : detail}`),
      () => {
        if (isFirst) emit({ kind: 'stopped', stop: cause });
      },
    );
  };

  const reportBreach = (breach: Breach): void => {
    const key = keyOf(breach);
    if (reported.has(key) || reported.size >= BREACHES_MAX) return;
    reported.add(key);
    breachCounts[breach.code]++;
    emit({ kind: 'breached', breach, inventoryId: inventoryId() });
  };

  const takeFault = (lost: 'frame' | 'turn'): void => {
    const nowUs = clock.elapsedUs();
    if (lost === 'frame') faults.frameLost(nowUs);
    else if (faults.turnBroken(nowUs)) stop('turns_failed');
  };

  return {
    stop,
    breached(breach) {
      firstBreach ??= breach;
      all(
        () => reportBreach(breach),
        () => stop(breach.code, breach.detail),
      );
    },
    faulted(error, lost) {
      all(
        () => emit({ kind: 'faulted', error }),
        () => takeFault(lost),
      );
    },
    first: () => first,
    firstBreach: () => firstBreach,
    counts: () => counts,
    breachCounts: () => breachCounts,
  };
}

/** The same breach has other amounts with every balance. */
const keyOf = ({ code, detail }: Breach): string => `${code} ${detail.replace(/\b[0-9]+\b/g, '#')}`;

const zeros = <Code extends string>(codes: readonly Code[]): Record<Code, number> =>
  Object.fromEntries(codes.map((code) => [code, 0])) as Record<Code, number>;
