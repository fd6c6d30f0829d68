// The one spelling of time on the bus and in signed messages: UTC with milliseconds, always 24 characters. Pure: reads no
// clock.

/** `ms` since the epoch as 2026-01-01T00:00:00.000Z. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** The same, null for a time that is not known. */
export const isoTimeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** The instant that `isoTime` would spell so, or null: a pattern alone lets the 31st of February and hour 99 through. */
export function parseIsoTime(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isFinite(ms) && isoTime(ms) === text ? ms : null;
}
