// Where a record of an earlier run lies on the monotonic clock of this one. Its wall time is all that is known of it, so a clock
// that was set forward since makes it look older than it is, and one that was set back makes it look as young as now. Pure.

export function recordedUs(atMs: number, now: { readonly nowMs: number; readonly nowUs: number }): number {
  return now.nowUs - Math.max(0, now.nowMs - atMs) * 1000;
}
