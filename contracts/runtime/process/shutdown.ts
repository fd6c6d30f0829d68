// Ending a process: the first SIGTERM, SIGINT or SIGHUP (or a call of `begin`) starts one drain, which has a limit; a second
// signal ends at once with 1, for an operator who cannot wait. A closing terminal sends SIGHUP, often several times: repeated
// ones are not an operator's, so only the other two end the process at once.

import { EXIT, type ExitCode } from './exit.ts';

export type Shutdown = {
  /** Starts the drain, or joins the one under way; resolves with the exit code. */
  begin(why: string): Promise<ExitCode>;
  /** True once a drain was begun. */
  begun(): boolean;
  /** Resolves with the exit code once a drain was begun, by signal or call, and is over. */
  readonly ended: Promise<ExitCode>;
  /** Removes the signal handlers. */
  release(): void;
};

export type ShutdownOptions = {
  /** Ends the work; itself keeps to DRAIN_LIMIT_MS. A rejection ends the process with 1. */
  readonly drain: (why: string) => Promise<void>;
  /** How long the process waits for `drain`; it ends with 1 then. */
  readonly limitMs: number;
  readonly onLimit: () => void;
  readonly onFault: (error: unknown) => void;
  /** Where signals come from, and how the process is ended at once: `process`, but for tests. */
  readonly host: SignalHost;
};

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

export type SignalHost = {
  on(signal: Signal, run: () => void): unknown;
  off(signal: Signal, run: () => void): unknown;
  exit(code: ExitCode): void;
};

export function createShutdown(options: ShutdownOptions): Shutdown {
  const { host } = options;
  const ended = Promise.withResolvers<ExitCode>();
  let begun = false;

  const begin = (why: string): Promise<ExitCode> => {
    if (begun) return ended.promise;
    begun = true;
    const limit = setTimeout(() => {
      options.onLimit();
      ended.resolve(EXIT.failure);
    }, options.limitMs);
    Promise.resolve()
      .then(() => options.drain(why))
      .then(
        () => ended.resolve(EXIT.ok),
        (error: unknown) => {
          options.onFault(error);
          ended.resolve(EXIT.failure);
        },
      )
      .finally(() => clearTimeout(limit));
    return ended.promise;
  };

  // The first signal joins a drain that a route began: a service manager's stop must not cut it off.
  let signalled = false;
  const onSignal = (signal: Signal) => () => {
    if (signalled && signal !== 'SIGHUP') host.exit(EXIT.failure);
    if (signal !== 'SIGHUP') signalled = true;
    void begin(signal);
  };
  const onTerm = onSignal('SIGTERM');
  const onInt = onSignal('SIGINT');
  const onHangUp = onSignal('SIGHUP');
  host.on('SIGTERM', onTerm);
  host.on('SIGINT', onInt);
  host.on('SIGHUP', onHangUp);
  return {
    begin,
    begun: () => begun,
    ended: ended.promise,
    release() {
      host.off('SIGTERM', onTerm);
      host.off('SIGINT', onInt);
      host.off('SIGHUP', onHangUp);
    },
  };
}

/** `process`, but for tests. */
export type FaultHost = {
  on(event: 'uncaughtException' | 'unhandledRejection', run: (error: unknown) => void): unknown;
  off(event: 'uncaughtException' | 'unhandledRejection', run: (error: unknown) => void): unknown;
};

export type FaultWatch = {
  /** Whether something threw outside of every guard. */
  readonly faulted: () => boolean;
  release(): void;
};

export type FaultOptions = {
  /** For each fault, the first included. */
  readonly onEach: (error: unknown) => void;
  /** Runs once. */
  readonly onFirst: () => void;
};

/**
 * Handles what is thrown outside of every guard. Without it the runtime writes to standard error, and waits there for its
 * reader.
 */
export function watchFaults(host: FaultHost, { onEach, onFirst }: FaultOptions): FaultWatch {
  let faulted = false;
  const take = (error: unknown): void => {
    onEach(error);
    if (faulted) return;
    faulted = true;
    onFirst();
  };
  host.on('uncaughtException', take);
  host.on('unhandledRejection', take);
  return {
    faulted: () => faulted,
    release() {
      host.off('uncaughtException', take);
      host.off('unhandledRejection', take);
    },
  };
}
