// What faults of this program within turns lead to. A turn that failed before anything was written changed nothing: its frame
// becomes a dead letter, and however often such frames come, they disarm nobody; while no request gets through, that is
// a health reason. A turn that failed later may have left half of its effects behind: several of those in a short time mean that
// the engine itself is wrong, and stop the trading. Pure; times are monotonic.

/** As many turns that broke halfway, within the window, stop the executor. */
export const BROKEN_TURNS_MAX = 3;
export const FAULTS_WINDOW_MS = 300_000;
/** As many frames lost one after another, with no request decided in between, are not the frames' fault. */
export const LOST_FRAMES_MAX = 3;

export type Faults = {
  /** A turn failed before it wrote anything. */
  frameLost(nowUs: number): void;
  /** A turn failed halfway. @returns true when trading must stop */
  turnBroken(nowUs: number): boolean;
  /** A request went through. */
  decided(): void;
  /** An operator has armed: earlier faults no longer count. */
  reset(): void;
  health(nowUs: number): { readonly reasons: readonly string[]; readonly notes: readonly string[] };
};

export function createFaults(): Faults {
  // The newest few are enough to know whether the limit is reached.
  let brokenAtUs: number[] = [];
  let lostInRow = 0;
  let lastUs: number | null = null;

  const isRecent = (atUs: number, nowUs: number): boolean => nowUs - atUs < FAULTS_WINDOW_MS * 1000;

  return {
    frameLost(nowUs) {
      lostInRow++;
      lastUs = nowUs;
    },
    turnBroken(nowUs) {
      lastUs = nowUs;
      brokenAtUs = [...brokenAtUs.filter((atUs) => isRecent(atUs, nowUs)), nowUs].slice(-BROKEN_TURNS_MAX);
      return brokenAtUs.length >= BROKEN_TURNS_MAX;
    },
    decided() {
      lostInRow = 0;
    },
    reset() {
      brokenAtUs = [];
    },
    health: (nowUs) => ({
      reasons: lostInRow >= LOST_FRAMES_MAX ? ['turns_failing'] : [],
      notes: lastUs !== null && isRecent(lastUs, nowUs) ? ['turn_failed_lately'] : [],
    }),
  };
}
