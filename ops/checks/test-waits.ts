// Tests await events and judge behaviour: none sleeps for a guessed time, and none asserts how long something took, which depends
// on what else the machine does. Pure: sources in, violations out.

import { lineOf } from './mask.ts';
import { isTest, type Source, type Violation } from './sources.ts';

export type AllowedWait = {
  readonly file: string;
  /** How often the file calls a timer. No number may be raised. */
  readonly times: number;
  readonly reason: string;
};

const ALLOWED_WAITS: readonly AllowedWait[] = [
  {
    file: 'contracts/runtime/control/breaking.fixture.ts',
    times: 1,
    reason: 'ends the Worker in a turn of its own, behind the message that asks for it',
  },
  {
    file: 'contracts/runtime/control/front/listen.test.ts',
    times: 1,
    reason: 'gives a turn to the socket, after which nothing more may have been written',
  },
  {
    file: 'contracts/runtime/process/supervision/stalling.fixture.ts',
    times: 2,
    reason: 'is a loop that stalls, until a test lets it go on',
  },
  { file: 'ops/harness/engine/engine.fixture.ts', times: 2, reason: 'the timers of a clock that runs faster' },
];

const TIMER = /\bBun\.sleep(?:Sync)?\b|\btimers\/promises\b|\bset(?:Timeout|Interval)\s*\(|\bAtomics\.wait\b/g;
/** An expectation about a reading of a clock of the machine, or about what is named as a time that something took. */
const TIMED =
  /\bexpect\(\s*[^;]*?(?:\b(?:performance|Date)\.now\(\)|\bprocess\.hrtime\b|\b(?:took|elapsed|duration|spent)(?:Ms|Us|Ns|Seconds)?\b(?!\())[^;]*?\)\s*\.(?:not\s*\.)?to(?:BeLess|BeGreater|BeCloseTo)\w*/g;

/** Sleeps and timers of tests that are not on the list, and assertions about time. */
export function checkTestWaits(
  sources: readonly Source[],
  allowed: readonly AllowedWait[] = ALLOWED_WAITS,
): Violation[] {
  return sources
    .filter(({ path }) => isTest(path))
    .flatMap((source) => {
      const timers = find(
        source,
        TIMER,
        'waits for a time: await the event, or waitFor(condition, { what }) of ops/testing/wait.ts',
      );
      const most = allowed.find(({ file }) => file === source.path)?.times ?? 0;
      const instead = 'asserts how long something took: count what it did, or use a manual clock';
      return [...(timers.length > most ? timers : []), ...find(source, TIMED, instead)];
    });
}

/** Rows that allow more than there is. */
export function unusedWaits(sources: readonly Source[], allowed: readonly AllowedWait[] = ALLOWED_WAITS): string[] {
  const timesOf = (file: string): number => {
    const source = sources.find(({ path }) => path === file);
    return source === undefined ? 0 : find(source, TIMER, '').length;
  };
  return allowed
    .map(({ file, times }) => ({ file, times, now: timesOf(file) }))
    .filter(({ times, now }) => now < times)
    .map(({ file, now }) => `${file} has ${now}: lower its row in ops/checks/test-waits.ts`);
}

function find({ path, text, masked }: Source, pattern: RegExp, what: string): Violation[] {
  return [...masked.code.matchAll(pattern)].map(({ 0: found, index }) => ({
    file: path,
    line: lineOf(text, index),
    message: `${what}; here: ${found.replace(/\s+/g, ' ').trim()}`,
  }));
}
