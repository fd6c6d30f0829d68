// What ends a process: a signal, its own drain route, or an error outside of every guard. Each begins the one drain; an error
// makes the exit code 1 however the drain ends, and a supervisor starts the process again.

import type { Log } from '../log/log.ts';
import type { ExitCode } from './exit.ts';
import { createShutdown, watchFaults } from './shutdown.ts';

export type EndingOptions = {
  readonly log: Log;
  /** Ends the work within the limit. */
  readonly drain: (limitMs: number) => Promise<void>;
  readonly limitMs: number;
  /** Runs at the first error outside of every guard, before the drain. */
  readonly onFault: () => void;
};

export type Ending = {
  begin(why: string): void;
  /** True once a drain was begun. */
  begun(): boolean;
  /** Resolves when the drain is over. */
  readonly ended: Promise<ExitCode>;
  /** True once an error came from outside of every guard: the process has failed then, however the drain ends. */
  faulted(): boolean;
  /** Stops handling signals, and such errors. */
  release(): void;
};

/** The drain keeps to its own limit; the process waits a little longer for it before it gives up. */
const DRAIN_GRACE_MS = 2000;

export function createEnding({ log, drain, limitMs, onFault }: EndingOptions): Ending {
  const shutdown = createShutdown({
    drain: async (why) => {
      log.info('drain_begun', { why, limit_ms: limitMs });
      await drain(limitMs);
    },
    limitMs: limitMs + DRAIN_GRACE_MS,
    onLimit: () => log.error('drain_limit_reached', { limit_ms: limitMs }),
    onFault: (error) => log.error('drain_failed', { failure: error }),
    host: process,
  });
  const faults = watchFaults(process, {
    onEach: (error) => log.error('process_faulted', { failure: error }),
    onFirst: () => {
      try {
        onFault();
      } finally {
        void shutdown.begin('process_faulted');
      }
    },
  });
  return {
    begin: (why) => void shutdown.begin(why),
    begun: shutdown.begun,
    ended: shutdown.ended,
    faulted: faults.faulted,
    release() {
      shutdown.release();
      faults.release();
    },
  };
}
