// Time as the runtime base needs it, passed in so that tests move it themselves. The engine's clock is one of these.

export type Timers = {
  /** Wall time, milliseconds since the epoch. */
  nowMs(): number;
  /** Monotonic time, for durations only. */
  elapsedUs(): number;
  /** Runs once after `ms`; the result stops it. */
  after(ms: number, run: () => void): () => void;
  /** Runs every `ms` until stopped. */
  every(ms: number, run: () => void): () => void;
};

/** The machine's own time. Its timers do not keep the process alive. */
export const machineTimers: Timers = {
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
