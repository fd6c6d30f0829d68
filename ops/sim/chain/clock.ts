// The clock that the venue's simulators share: time and timers come from it, so that a test can move both.

export type SimClock = {
  nowMs(): number;
  /** Runs once after the delay; gives the function that calls it off. */
  after(delayMs: number, run: () => void): () => void;
};

export const realClock: SimClock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export type ManualClock = SimClock & {
  /** Moves time on and runs what falls due, in the order of its time. */
  advance(byMs: number): void;
};

export function manualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  function nextDue(limitMs: number) {
    let due: { readonly atMs: number; readonly run: () => void } | undefined;
    for (const timer of timers) if (timer.atMs <= limitMs && (due === undefined || timer.atMs < due.atMs)) due = timer;
    return due;
  }

  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(byMs) {
      const untilMs = nowMs + byMs;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        timers.delete(due);
        nowMs = Math.max(nowMs, due.atMs);
        due.run();
      }
      nowMs = untilMs;
    },
  };
}
