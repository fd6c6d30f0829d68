// Texts that make a pattern with two ways to read the same characters take time with the square of their length: long runs of what
// such patterns repeat, with an end that fits none. A parser reads all of them within the time limit of a test, or it has such
// a pattern; on one that has, this takes minutes.

const RUNS: readonly string[] = [
  ' ',
  '\t',
  ' \t',
  '\r',
  '\\',
  '\\"',
  '"',
  "'",
  '/',
  ',',
  ', ',
  '.',
  ':',
  '-',
  'a',
  'A-',
  'a.',
  'a+',
  'a://',
  'a:b@',
  'eyJaaaaa-',
  'bearer ',
  '0',
  '9',
  '1.',
  '#',
  '%',
  '%41',
  '=',
  '[',
  '{"a":',
  '2',
  'é',
];

/** Beginnings and ends around a run of `chars` characters each. */
export function longRuns(chars: number, heads: readonly string[], tails: readonly string[]): string[] {
  return RUNS.flatMap((run) => {
    const long = run.repeat(Math.ceil(chars / run.length));
    return heads.flatMap((head) => tails.map((tail) => head + long + tail));
  });
}
