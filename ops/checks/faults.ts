// Faults that were found in use, each with the test that holds its remedy. A row states in one plain sentence what came in
// and what must happen; faults.test.ts fails when the named test is missing, so that a remedy cannot lose its test unnoticed.
// That no test is skipped is held by tidy.ts.

import type { Source } from './sources.ts';

export type Fault = {
  /** What comes in, and what must happen. */
  readonly sentence: string;
  /** The test file, from the root. */
  readonly file: string;
  /** The title of the test, as written in the file. */
  readonly test: string;
};

export const FAULTS: readonly Fault[] = [
  {
    sentence: 'A limit under a misspelt name ends the start, with the name that is meant.',
    file: 'contracts/runtime/config.test.ts',
    test: 'a misspelt name is a problem, wherever it stands; a name given twice is a warning',
  },
  {
    sentence: 'A time of day that is set back does not prolong an arming.',
    file: 'engine/arming.test.ts',
    test: 'a clock that is set back does not prolong it, not even while its timer hangs',
  },
  {
    sentence: 'An arming ends exactly as long after its start as was asked for.',
    file: 'engine/arming.test.ts',
    test: 'lasts exactly as long as asked for, whatever the clock does between two readings',
  },
  {
    sentence: 'A time of day that is set forward does not age a journal that may have a lost predecessor.',
    file: 'engine/parts.test.ts',
    test: 'a time of day that is set forward does not age a journal of this run',
  },
  {
    sentence: 'A time of day that is set back does not silence the health reports.',
    file: 'contracts/runtime/health.test.ts',
    test: 'a time of day that is set back does not silence the repeats',
  },
  {
    sentence: 'No duration is measured between two readings of the time of day.',
    file: 'ops/checks/wall-clock.test.ts',
    test: 'no duration of the checkout is the difference of two readings of the wall clock',
  },
  {
    sentence: 'The list of reasons has the order in which the gates are asked.',
    file: 'engine/strategy/decide.test.ts',
    test: 'every reason of the closed list has a row, in its order of precedence',
  },
  {
    sentence: 'A limit is in the decision record, /state, its route, trace and the SQL check.',
    file: 'ops/checks/limits.test.ts',
    test: 'every limit is in the decision record, /state, its route, trace and gates_held.sql',
  },
  {
    sentence: 'Whether the engine trades, and why not, is what the loop would do with a request.',
    file: 'engine/trading.test.ts',
    test: 'whatever comes together, it trades exactly when a small request is answered, direction by direction',
  },
  {
    sentence: 'A balance that decisions do not use any more is unhealthy, however fresh the poll is.',
    file: 'engine/part-health.test.ts',
    test: 'is unhealthy with %s when decisions are blocked for it, however fresh the poll is',
  },
];

/** Rows whose test cannot be found, and rows that say the same as another. */
export function brokenRows(faults: readonly Fault[], sources: readonly Source[]): string[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const sentences = new Set<string>();
  return faults.flatMap(({ sentence, file, test }) => {
    const problems: string[] = [];
    if (sentences.has(sentence)) problems.push(`"${sentence}" is listed twice`);
    sentences.add(sentence);
    const text = texts.get(file);
    if (text === undefined) problems.push(`${file}, which holds "${sentence}", does not exist`);
    else if (!hasTest(text, test)) problems.push(`${file} has no test "${test}", which holds "${sentence}"`);
    return problems;
  });
}

const special = /[.*+?^${}()|[\]\\]/g;

/** The title as first argument of a call, be it `test(...)` or the second pair of parentheses of `test.each(...)(...)`. */
function hasTest(text: string, title: string): boolean {
  const literal = title.replace(special, '\\$&').replaceAll("'", "\\\\?'");
  return new RegExp(`\\(\\s*(['"\`])${literal}\\1\\s*,`).test(text);
}
