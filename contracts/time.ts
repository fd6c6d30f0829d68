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

const SPELLED_CHARS = 24;
const DAY_MS = 86_400_000;

/** The instant that `isoTime` would spell so, or null: a pattern alone lets the 31st of February and hour 99 through. */
export function parseIsoTime(text: string): number | null {
  // The years from 0 to 9999, in a tenth of the time.
  if (text.length === SPELLED_CHARS) return spelledTime(text);
  const ms = Date.parse(text);
  return Number.isFinite(ms) && isoTime(ms) === text ? ms : null;
}

/** @param text of as many characters as 2026-01-01T00:00:00.000Z */
function spelledTime(text: string): number | null {
  const isPunctuated =
    text[4] === '-' &&
    text[7] === '-' &&
    text[10] === 'T' &&
    text[13] === ':' &&
    text[16] === ':' &&
    text[19] === '.' &&
    text[23] === 'Z';
  if (!isPunctuated) return null;
  const [year, month, day] = [digitsAt(text, 0, 4), digitsAt(text, 5, 7), digitsAt(text, 8, 10)];
  const [hour, minute, second] = [digitsAt(text, 11, 13), digitsAt(text, 14, 16), digitsAt(text, 17, 19)];
  const ms = digitsAt(text, 20, 23);
  // No comparison holds for what is no number.
  const isTime = year >= 0 && hour <= 23 && minute <= 59 && second <= 59 && ms >= 0;
  if (!isTime || !(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return null;
  return dayNumber(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

function digitsAt(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAY = 719_468;

/** Days since 1970-01-01. Years are counted from March on, so that a leap day is the last of its year. */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  const beforeMonth = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5);
  return 365 * shifted + leapDays + beforeMonth + day - 1 - EPOCH_DAY;
}

/** 2020 and 2100. */
const PLAUSIBLE_FROM_MS = 1_577_836_800_000;
const PLAUSIBLE_UNTIL_MS = 4_102_444_800_000;

/** Whether a time that came from outside can be one at which something happened here; any other is no time at all. */
export const isPlausibleTime = (atMs: number): boolean =>
  Number.isSafeInteger(atMs) && atMs > PLAUSIBLE_FROM_MS && atMs < PLAUSIBLE_UNTIL_MS;
