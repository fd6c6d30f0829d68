// Deadlines as the contract reads them: RFC 3339 with any single character between date and time, any number of digits
// of a second (those behind the ninth do not count), `Z` in either case or an offset, and a leap second at the very end
// of a month. Held as nanoseconds since the epoch.
import { accepted, type Parsed, refused } from './parsed.ts';

export const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const BAD_LITERAL = 'a character literal was not valid';
const NO_SUCH_TIME = 'the `Parsed` struct did not include enough information to construct the type';
/** Highest moment that the contract can hold, the end of the year 9999. */
export const DEADLINE_MAX_NS = 253_402_300_799_999_999_999n;

const bad = (component: string) => refused(`the '${component}' component could not be parsed`);

class Cursor {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  digits(count: number): number | undefined {
    const digits = this.text.slice(this.at, this.at + count);
    if (digits.length < count || !/^[0-9]+$/.test(digits)) return undefined;
    this.at += count;
    return Number(digits);
  }

  take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }
}

type Clock = { readonly hour: number; readonly minute: number; readonly second: number; readonly nanosecond: number };
type Day = { readonly year: number; readonly month: number; readonly day: number };

function readDay(cursor: Cursor): Parsed<Day> {
  const year = cursor.digits(4);
  if (year === undefined) return bad('year');
  if (!cursor.take('-')) return refused(BAD_LITERAL);
  const month = cursor.digits(2);
  if (month === undefined || month < 1 || month > 12) return bad('month');
  if (!cursor.take('-')) return refused(BAD_LITERAL);
  const day = cursor.digits(2);
  if (day === undefined || day === 0 || day > 31) return bad('day');
  return accepted({ year, month, day });
}

function readClock(cursor: Cursor): Parsed<Clock> {
  const hour = cursor.digits(2);
  if (hour === undefined || hour > 23) return bad('hour');
  if (!cursor.take(':')) return refused(BAD_LITERAL);
  const minute = cursor.digits(2);
  if (minute === undefined || minute > 59) return bad('minute');
  if (!cursor.take(':')) return refused(BAD_LITERAL);
  const second = cursor.digits(2);
  if (second === undefined || second > 60) return bad('second');
  if (!cursor.take('.')) return accepted({ hour, minute, second, nanosecond: 0 });
  const fraction = /^[0-9]*/.exec(cursor.text.slice(cursor.at))?.[0] ?? '';
  if (fraction === '') return bad('subsecond');
  cursor.at += fraction.length;
  return accepted({ hour, minute, second, nanosecond: Number(fraction.slice(0, 9).padEnd(9, '0')) });
}

/** Minutes east of Greenwich. */
function readOffset(cursor: Cursor): Parsed<number> {
  if (cursor.take('Z') || cursor.take('z')) return accepted(0);
  const west = cursor.take('-');
  if (!west && !cursor.take('+')) return bad('offset hour');
  const hours = cursor.digits(2);
  if (hours === undefined || hours > 23) return bad('offset hour');
  if (!cursor.take(':')) return refused(BAD_LITERAL);
  const minutes = cursor.digits(2);
  if (minutes === undefined || minutes > 59) return bad('offset minute');
  return accepted((west ? -1 : 1) * (hours * 60 + minutes));
}

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysOfMonth(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return DAYS_OF_MONTH[month - 1] ?? 0;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar. */
function daysSinceEpoch({ year, month, day }: Day): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

function dayOfDays(days: number): Day {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function parseDeadline(text: string): Parsed<bigint> {
  const cursor = new Cursor(text);
  const day = readDay(cursor);
  if (!day.ok) return day;
  if (cursor.at >= text.length) return bad('separator');
  // The separator is one byte to the contract: a character of several leaves bytes that are no hour.
  if (text.charCodeAt(cursor.at) > 127) return bad('hour');
  cursor.at += 1;
  const clock = readClock(cursor);
  if (!clock.ok) return clock;
  const offset = readOffset(cursor);
  if (!offset.ok) return offset;
  if (cursor.at < text.length) return refused('unexpected trailing characters; the end of input was expected');
  return momentOf(day.value, clock.value, offset.value);
}

function momentOf(day: Day, clock: Clock, offsetMinutes: number): Parsed<bigint> {
  const leap = clock.second === 60;
  const second = leap ? 59 : clock.second;
  if (day.day > daysOfMonth(day.year, day.month)) return refused(NO_SUCH_TIME);
  const minutes = daysSinceEpoch(day) * 1440 + clock.hour * 60 + clock.minute - offsetMinutes;
  if (leap && !endsMonth(minutes)) return refused(NO_SUCH_TIME);
  const ns =
    (BigInt(minutes) * 60n + BigInt(second)) * NS_PER_SECOND + (leap ? 999_999_999n : BigInt(clock.nanosecond));
  return ns > DEADLINE_MAX_NS ? refused(NO_SUCH_TIME) : accepted(ns);
}

/** Whether this minute, counted in UTC from the epoch, is the last of a month. */
function endsMonth(minutes: number): boolean {
  const next = minutes + 1;
  return next % 1440 === 0 && dayOfDays(next / 1440).day === 1;
}

const pad = (value: number, width: number) => String(value).padStart(width, '0');

/** RFC 3339 in UTC with as many digits of a second as are needed. */
export function formatDeadline(ns: bigint): string {
  // BigInt division truncates toward zero: step down by one second for moments before the epoch.
  const fraction = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = Number((ns - fraction) / NS_PER_SECOND);
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const { year, month, day } = dayOfDays(days);
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map((part) => pad(part, 2)).join(':');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}${digits}Z`;
}
