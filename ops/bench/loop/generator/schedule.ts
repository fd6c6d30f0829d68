// Sends on schedule, whatever the answers do: the open loop. What is measured is shorter than the delay of a timer of the
// event loop, and the variant needs the processor. So far from the next send a timer waits for it; nearer, the thread sleeps
// as long as no answer can come meanwhile; the last stretch is spent turning.

type Stream = {
  readonly count: number;
  readonly ratePerS: number;
  /** `dueUs` is the moment at which it should have left, on the clock of `nowUs`. */
  readonly send: (index: number, dueUs: number) => void;
};

export type Scheduled = {
  /** Each has its own rate; the streams begin at the same moment. */
  readonly streams: readonly Stream[];
  /** How long the thread may sleep now without an answer being stamped much too late; see `napUs`. */
  readonly napUs: () => number;
  readonly nowUs: () => number;
  /** Puts the thread to sleep. */
  readonly sleepUs: (us: number) => void;
};

/** A sleep may end so much too late. */
const TURNING_US = 150;
const TIMER_US = 1_000;
/** A sleep lasts at least about as long, whatever was asked for. */
const SLEEP_US_MIN = 80;
const NAP_SHARE = 8;

/** Resolves when the last one was sent; rejects when `send` throws. */
export function sendOnSchedule({ streams, napUs: nap, nowUs, sleepUs }: Scheduled): Promise<void> {
  const startUs = nowUs() + TURNING_US;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lines = streams.map((stream) => ({ ...stream, sent: 0 }));
  const dueUsOf = ({ sent, count, ratePerS }: (typeof lines)[number]): number =>
    sent < count ? startUs + (sent * 1_000_000) / ratePerS : Number.POSITIVE_INFINITY;
  const first = () => lines.reduce((one, other) => (dueUsOf(other) < dueUsOf(one) ? other : one));
  const turn = (): void => {
    let line = first();
    try {
      while (dueUsOf(line) <= nowUs()) {
        line.send(line.sent, dueUsOf(line));
        line.sent += 1;
        line = first();
      }
    } catch (error) {
      reject(error);
      return;
    }
    const dueUs = dueUsOf(line);
    if (!Number.isFinite(dueUs)) {
      resolve();
      return;
    }
    const spareUs = dueUs - nowUs() - TURNING_US;
    if (spareUs > TIMER_US) {
      setTimeout(turn, Math.floor(spareUs / 1000));
      return;
    }
    const napUs = Math.min(spareUs, nap());
    if (napUs > 0) sleepUs(napUs);
    setImmediate(turn);
  };
  turn();
  return promise;
}

/**
 * With no answer due, any time. With one, none: it may come at once. With more, the variant is behind by about the time in which
 * they were sent, and an eighth of that makes little difference to their latencies, while it gives the processor to the variant.
 */
export function napUs(unanswered: number, ratePerS: number): number {
  if (unanswered === 0) return Number.POSITIVE_INFINITY;
  const us = ((unanswered - 1) * 1_000_000) / ratePerS / NAP_SHARE;
  return us < SLEEP_US_MIN ? 0 : us;
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps to about a tenth of a millisecond, which timers of the event loop do not. */
export function sleepThread(us: number): void {
  Atomics.wait(never, 0, 0, us / 1000);
}
