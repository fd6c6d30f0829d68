// The one spelling of time on the bus and in signed messages: UTC with milliseconds, always 24 characters. Pure: reads no
// clock.

/** Places for spellings: the records of one quote name three or four instants, a few milliseconds apart, a dozen times. */
const PLACES = 16;
const spelledMs = new Float64Array(PLACES).fill(Number.NaN);
const spellings: string[] = Array.from({ length: PLACES }, () => '');

/** `ms` since the epoch as 2026-01-01T00:00:00.000Z. */
export function isoTime(ms: number): string {
  const place = ms & (PLACES - 1);
  const known = spellings[place];
  if (spelledMs[place] === ms && known !== undefined) return known;
  const spelling = new Date(ms).toISOString();
  spelledMs[place] = ms;
  spellings[place] = spelling;
  return spelling;
}

/** The same, null for a time that is not known. */
export const isoTimeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** The instant that `isoTime` would spell so, or null: a pattern alone lets the 31st of February and hour 99 through. */
export function parseIsoTime(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isFinite(ms) && isoTime(ms) === text ? ms : null;
}

/** 2020 and 2100. */
const PLAUSIBLE_FROM_MS = 1_577_836_800_000;
const PLAUSIBLE_UNTIL_MS = 4_102_444_800_000;

/** Whether a time that came from outside can be one at which something happened here; any other is no time at all. */
export const isPlausibleTime = (atMs: number): boolean =>
  Number.isSafeInteger(atMs) && atMs > PLAUSIBLE_FROM_MS && atMs < PLAUSIBLE_UNTIL_MS;
