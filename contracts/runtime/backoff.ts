// How long to wait before the next try of something that failed. Pure: the caller keeps the count of failures in a row.

const BASE_MS = 100;
const MAX_MS = 5000;

/**
 * Doubles with each failure up to five seconds, the upper half of it at random, so that members of a group do not try in
 * step. @param failures at least 1 @param fraction from 0 up to, not including, 1
 */
export function backoffMs(failures: number, fraction: number): number {
  const windowMs = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(failures - 1, 30));
  return Math.floor(windowMs * (0.5 + fraction / 2));
}
