// When a loop that has no state of its own last ran.

export type LastRun = {
  ran(atMs: number): void;
  /** null: not since the start. */
  atMs(): number | null;
};

export function createLastRun(): LastRun {
  let lastAtMs: number | null = null;
  return {
    ran(atMs) {
      lastAtMs = atMs;
    },
    atMs: () => lastAtMs,
  };
}
