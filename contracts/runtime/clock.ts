// Time as every part of every process takes it: passed in, so that tests move it themselves.

export type Clock = {
  /** Wall time in milliseconds since the epoch, for deadlines and records. */
  nowMs(): number;
  /** Monotonic time, for durations only. */
  elapsedUs(): number;
  /** Runs once after `ms`; the result stops it. Timers do not keep the process alive by themselves. */
  after(ms: number, run: () => void): () => void;
  /** Runs every `ms` until stopped. */
  every(ms: number, run: () => void): () => void;
};

/** The machine's own time. Its timers do not keep the process alive. */
export const machineClock: Clock = {
  nowMs: () => Date.now(),
  elapsedUs: () => performance.now() * 1000,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** For waits that a process must not end in the middle of, when nothing else keeps it alive. */
export const lastingTimers: Pick<Clock, 'after'> = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
