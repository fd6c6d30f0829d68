// Sends on schedule, whatever the answers do: the open loop. What is measured is shorter than a timer of the event loop is
// late, and the machine has other work than to wait. So while answers are due the event loop waits for them, up to a
// millisecond before the next send; then, when nothing can arrive, the thread sleeps; the last stretch is spent turning.

export type Scheduled = {
  readonly count: number;
  readonly ratePerS: number;
  /** `dueUs` is the moment at which it should have left, on the clock of `nowUs`. */
  readonly send: (index: number, dueUs: number) => void;
  /** Nothing that was sent waits for an answer: the thread may be put to sleep. */
  readonly isQuiet: () => boolean;
  readonly nowUs: () => number;
  /** Puts the thread to sleep. */
  readonly sleepUs: (us: number) => void;
};

/** A sleep may end so much too late. */
const TURNING_US = 250;
const TIMER_US = 1_000;

/** Resolves when the last one was sent; rejects when `send` throws. */
export function sendOnSchedule(scheduled: Scheduled): Promise<void> {
  const { count, ratePerS, send, isQuiet, nowUs, sleepUs } = scheduled;
  const startUs = nowUs() + TURNING_US;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let sent = 0;
  const dueUs = () => startUs + (sent * 1_000_000) / ratePerS;
  const turn = (): void => {
    try {
      while (sent < count && dueUs() <= nowUs()) {
        send(sent, dueUs());
        sent += 1;
      }
    } catch (error) {
      reject(error);
      return;
    }
    if (sent >= count) {
      resolve();
      return;
    }
    const spareUs = dueUs() - nowUs() - TURNING_US;
    if (spareUs > TIMER_US) {
      setTimeout(turn, Math.floor(spareUs / 1000));
      return;
    }
    if (spareUs > 0 && isQuiet()) sleepUs(spareUs);
    setImmediate(turn);
  };
  turn();
  return promise;
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps to about a tenth of a millisecond, which timers of the event loop do not. */
export function sleepThread(us: number): void {
  Atomics.wait(never, 0, 0, us / 1000);
}
