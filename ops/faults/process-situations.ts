// Faults of the engine's own process and machine: it is paused, its clock is off, its disk is full or does not answer.

import type { Situation } from './situation.ts';
import { FIRST_MID_E1 } from './trading.ts';

const RISEN_E1 = (FIRST_MID_E1 * 110n) / 100n;
const DISK_LIMIT_MS = 1_000;
/** From 2 s on a wrong clock makes the engine unhealthy; beyond this it signs nothing. */
const HOLD_BEYOND_S = 5;

export const PROCESS_SITUATIONS: readonly Situation[] = [
  pauses(2),
  pauses(10),
  pauses(30),
  {
    name: 'disk-stalled',
    what: 'every sync of the disk hangs',
    needsMachine: true,
    fault: (stage) => stage.machine({ syncDelayMs: 600_000 }),
    stops: 'must',
    stopsWithinMs: DISK_LIMIT_MS,
    rejections: ['journal_behind'],
    health: ['journal', 'executor.journal'],
    holdMs: 3_000,
    lift: (stage) => stage.machine({}),
  },
  {
    name: 'disk-full',
    what: 'the disk of the state directory is full',
    needsDisk: true,
    fault: (stage) => stage.disk().fill(),
    stops: 'must',
    stopsWithinMs: DISK_LIMIT_MS,
    rejections: [],
    health: ['journal', 'executor.journal'],
    holdMs: 3_000,
    lift: (stage) => stage.disk().free(),
    resumeCall: { name: 'a restart', make: (stage) => stage.engine.restart() },
  },
  {
    name: 'disk-full-at-sync',
    what: 'the disk has no space, and reports it at the sync only',
    needsMachine: true,
    fault: (stage) => stage.machine({ diskFull: true }),
    stops: 'must',
    stopsWithinMs: DISK_LIMIT_MS,
    rejections: [],
    health: ['journal', 'executor.journal'],
    holdMs: 3_000,
    lift: (stage) => stage.machine({}),
    resumeCall: { name: 'a restart', make: (stage) => stage.engine.restart() },
  },
  ...[-120, -30, -3, 3, 30, 120].map(clockJumps),
  ...[-120, -30, -3, 3, 30, 120].map(clockOffFromStart),
];

/** SIGSTOP while quotes queue up in its socket, and the market has moved when it goes on. */
function pauses(seconds: number): Situation {
  const halfMs = seconds * 500;
  return {
    name: `stopped-${seconds}s`,
    what: `the process is stopped for ${seconds} s while quotes queue up and the market moves 10 %`,
    async fault(stage) {
      const { pid } = stage.engine.service();
      process.kill(pid, 'SIGSTOP');
      await Bun.sleep(halfMs);
      stage.moveMarket(RISEN_E1);
      await Bun.sleep(halfMs);
      process.kill(pid, 'SIGCONT');
    },
    // The price that CoinGecko gave before the pause is still known after it.
    engineEnv: { COINGECKO_POLL_MS: '30000' },
    stops: 'may',
    rejections: ['process_stalled', 'quote_expired'],
    health: [],
    holdMs: 3_000,
    // What it signs now has to be of the new market: the old price is half of the pause old at least.
    judge: { priceWindowMs: Math.min(900, halfMs - 100) },
    lift: () => {},
    // CoinGecko agrees again with its next poll.
    resumesWithinMs: 35_000,
  };
}

function signOf(seconds: number): string {
  return seconds < 0 ? 'behind' : 'ahead';
}

function clockJumps(seconds: number): Situation {
  const stopsIt = Math.abs(seconds) > HOLD_BEYOND_S;
  return {
    name: `clock-jumps-${Math.abs(seconds)}s-${signOf(seconds)}`,
    what: `while trading, our wall clock jumps ${Math.abs(seconds)} s ${signOf(seconds)}`,
    needsMachine: true,
    fault: (stage) => stage.machine({ clockMs: seconds * 1000 }),
    stops: stopsIt ? 'must' : 'may',
    stopsWithinMs: 3_000,
    rejections: stopsIt ? ['clock_skew', 'price_stale', 'inventory_stale'] : [],
    health: ['executor.clock_skew'],
    holdMs: 3_000,
    lift: (stage) => stage.machine({}),
    // Until the next block has been compared with it, deadlines are as wrong as the clock.
    judge: { toleratedRefusals: ['deadline_too_short', 'past_deadline'], deadlineOffMs: Math.abs(seconds) * 1000 },
    judgeStopped: { toleratedRefusals: [], deadlineOffMs: 0 },
  };
}

function clockOffFromStart(seconds: number): Situation {
  const stopsIt = Math.abs(seconds) > HOLD_BEYOND_S;
  return {
    name: `clock-${Math.abs(seconds)}s-${signOf(seconds)}`,
    what: `our clock is ${Math.abs(seconds)} s ${signOf(seconds)} from the start`,
    clockShiftMs: -seconds * 1000,
    // It is there already; the engine is asked and has to answer nothing, or nothing wrong.
    fault: () => {},
    stops: stopsIt ? 'must' : 'may',
    stopsWithinMs: 0,
    rejections: stopsIt ? ['clock_skew', 'inventory_missing', 'inventory_stale', 'price_stale', 'price_missing'] : [],
    health: stopsIt ? [] : ['executor.clock_skew'],
    holdMs: 3_000,
    lift: null,
  };
}
