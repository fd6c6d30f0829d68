// What a check of `./unrip doctor` is: an entry with category, name and a run that gives lines. Each line is pass, warn or fail; what
// does not pass has a fix.

/** In the order in which they are reported. */
export const CATEGORIES = [
  'configuration',
  'machine',
  'near',
  'venue',
  'prices',
  'funding',
  'kafka',
  'postgres',
] as const;
export type CategoryName = (typeof CATEGORIES)[number];

export type Status = 'pass' | 'warn' | 'fail';

export type Line = {
  readonly status: Status;
  /** What was found, for people; never a secret. */
  readonly detail: string;
  /** What to do; null for what passes. */
  readonly fix: string | null;
  /** The rest of the category cannot be judged after this. */
  readonly isFatal: boolean;
};

export type Check = {
  readonly name: string;
  /** For the whole of it; `CHECK_LIMIT_MS` unless said otherwise. */
  readonly limitMs?: number;
  /** What to do when it gives nothing in time, or throws. */
  readonly fix: string;
  /** May throw: that is a fatal failure with the error's message. At least one line, else there is nothing to judge. */
  run(): Promise<readonly Line[]> | readonly Line[];
};

export type Category = {
  readonly name: CategoryName;
  /** One after the other: later ones rely on what earlier ones found. */
  readonly checks: readonly Check[];
  /** Releases what the checks share. */
  close?(): void | Promise<void>;
};

export const pass = (detail: string): Line => ({ status: 'pass', detail, fix: null, isFatal: false });
export const warn = (detail: string, fix: string): Line => ({ status: 'warn', detail, fix, isFatal: false });
export const fail = (detail: string, fix: string): Line => ({ status: 'fail', detail, fix, isFatal: false });
export const fatal = (detail: string, fix: string): Line => ({ status: 'fail', detail, fix, isFatal: true });
