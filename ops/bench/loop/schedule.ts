// Sends on schedule, whatever the answers do: the open loop. A timer of the event loop may be a millisecond late, more than
// what is measured here, so the last stretch before each send is spent turning the loop, in which answers are still taken.

export type Scheduled = {
  readonly count: number;
  readonly ratePerS: number;
  /** `dueUs` is the moment at which it should have left, on the clock of `nowUs`. */
  readonly send: (index: number, dueUs: number) => void;
  readonly nowUs: () => number;
};

/** A timer may wake so much too late; from here on the loop is turned. */
const TURNING_US = 2_000;

/** Resolves when the last one was sent; rejects when `send` throws. */
export function sendOnSchedule({ count, ratePerS, send, nowUs }: Scheduled): Promise<void> {
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
    const waitUs = dueUs() - nowUs();
    if (waitUs > TURNING_US) setTimeout(turn, Math.floor((waitUs - TURNING_US) / 1000));
    else setImmediate(turn);
  };
  turn();
  return promise;
}
