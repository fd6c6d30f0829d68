// Days and quarters of the partitions of PostgreSQL's tables. Pure.

/** Partitions of the next quarter are made this long before it begins: time to see that it fails. */
const AHEAD_MS = 14 * 86_400_000;

/** Today and a day some time on, as `2026-01-31`, so that the first second of a quarter finds its partitions. */
export function daysAhead(nowMs: number): string[] {
  return [nowMs, nowMs + AHEAD_MS].map((ms) => new Date(ms).toISOString().slice(0, 10));
}

/** `2026-01-31` -> `2026q1` */
export const quarterOf = (day: string): string => `${day.slice(0, 4)}q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
