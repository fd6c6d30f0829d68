import { describe, expect, test } from 'bun:test';
import { CHECKOUT } from '../stack/directory.ts';
import { makeSource, readSources, render } from './sources.ts';
import { checkWallClock, comparisonsIn, unusedComparisons } from './wall-clock.ts';

const sources = readSources(CHECKOUT);
const found = (text: string, path = 'engine/planted.ts') =>
  comparisonsIn(makeSource(path, text)).map(({ expression }) => expression);

test('no duration of the checkout is the difference of two readings of the wall clock', () => {
  expect(render(checkWallClock(sources))).toBe('');
});

test('every row of the list is needed', () => {
  expect(unusedComparisons(sources)).toEqual([]);
});

describe('the checker finds', () => {
  test.each([
    ['a difference', 'const ageMs = nowMs - quote.readAtMs;', 'nowMs - quote.readAtMs'],
    [
      'a difference of calls',
      'if (clock.nowMs() - this.#sentAtMs > LIMIT_MS) return;',
      'clock.nowMs() - this.#sentAtMs',
    ],
    ['the built-in clock', 'const waited = Date.now() - startedAtMs;', 'Date.now() - startedAtMs'],
    ['a comparison', 'while (clock.nowMs() < untilMs) step();', 'clock.nowMs() < untilMs'],
    [
      'a comparison of sums',
      'if (entry.atMs + LIMIT_MS <= timers.nowMs()) drop();',
      'entry.atMs + LIMIT_MS <= timers.nowMs()',
    ],
    ['what is left of a time', 'wait(seenAtMs + RETRY_MS - clock.nowMs());', 'seenAtMs + RETRY_MS - clock.nowMs()'],
    [
      'a choice of readings',
      'const ageMs = nowMs - (quotedAtMs ?? receivedAtMs);',
      'nowMs - (quotedAtMs ?? receivedAtMs)',
    ],
    ['the smaller of two', 'x(nowMs - Math.min(a.readAtMs, b.readAtMs));', 'nowMs - Math.min(a.readAtMs, b.readAtMs)'],
    ['an index and a non-null mark', 'x(rows[at(1)]!.atMs >= last?.atMs);', 'rows[at(1)]!.atMs >= last?.atMs'],
    ['a time read from text', 'x(nowMs - Date.parse(payload.at));', 'nowMs - Date.parse(payload.at)'],
    ['a date', 'x(nowMs - date.getTime());', 'nowMs - date.getTime()'],
    ['lines in between', 'x(\n  clock\n    .nowMs() -\n    state.sinceMs,\n);', 'clock .nowMs() - state.sinceMs'],
    ['a subtraction in place', 'let leftMs = x; endsAtMs -= clock.nowMs();', 'endsAtMs -= clock.nowMs()'],
    ['within a template', 'const text = `$' + '{nowMs - bornAtMs} ms`;', 'nowMs - bornAtMs'],
  ])('%s', (_, text, expression) => {
    expect(found(text)).toEqual([expression]);
  });
});

test.each(['contracts/a.ts', 'engine/bus/a.ts', 'sidecars/a/b.ts', 'ops/soak/a.ts', 'ops/cli/a.ts'])(
  'the checker looks at %s',
  (path) => {
    expect(found('x(nowMs - readAtMs);', path)).toEqual(['nowMs - readAtMs']);
  },
);

describe('the checker passes', () => {
  test.each([
    ['the monotonic clock', 'const ageMs = (clock.elapsedUs() - readAtUs) / 1000;'],
    ['a deadline that is made', 'const deadlineAtMs = nowMs + LIFETIME_MS;'],
    ['a time before', 'const fromMs = nowMs - DAY_MS;'],
    ['a duration against a limit', 'if (ageMs > LIMIT_MS) return;'],
    ['two durations', 'return waitMs - lagMs < restMs;'],
    ['a function with a type', 'const read = (atMs: number): Map<number, string> => rows(atMs);'],
    ['lifetimes and timeouts', 'return lifetimeMs - timeoutMs < maxMs;'],
    ['a comment and a text', "// nowMs - atMs\nconst text = 'nowMs - atMs';"],
    ['the clock for durations', 'const tookMs = performance.now() - started;'],
    ['a record that is recognised by its time', 'if (last.readAtMs === readAtMs || a.atMs !== b.atMs) return;'],
    ['other values in the same call', 'x(nowMs, -1, a - b, quote.atMs);'],
  ])('%s', (_, text) => {
    expect(found(text)).toEqual([]);
  });

  test('tests, and worlds with a time of their own', () => {
    const text = 'expect(nowMs - atMs).toBe(1);';
    expect(found(text, 'engine/a.test.ts')).toEqual([]);
    expect(found(text, 'ops/sim/a.ts')).toEqual([]);
  });
});

test('a violation names the place, the expression and what to do', () => {
  expect(render(checkWallClock([makeSource('engine/planted.ts', '\nconst ageMs = nowMs - readAtMs;\n')]))).toBe(
    'engine/planted.ts:2: compares two readings of the wall clock: nowMs - readAtMs. Instead: measure on the monotonic clock ' +
      '(clock.elapsedUs(), names that end in Us); records and deadlines are listed in ops/checks/wall-clock-allowed.ts',
  );
});

test('the list allows one expression in one file, and a row that allows nothing is found', () => {
  const row = { file: 'engine/a.ts', expression: 'nowMs - readAtMs', reason: 'a test' };
  const text = 'x(nowMs - readAtMs);';
  expect(checkWallClock([makeSource('engine/a.ts', text)], [row])).toEqual([]);
  expect(checkWallClock([makeSource('engine/b.ts', text)], [row])).toHaveLength(1);
  expect(checkWallClock([makeSource('engine/a.ts', 'x(nowMs - sentAtMs);')], [row])).toHaveLength(1);
  expect(unusedComparisons([makeSource('engine/a.ts', text)], [row])).toEqual([]);
  expect(unusedComparisons([makeSource('engine/a.ts', 'x();')], [row])).toEqual(['engine/a.ts: nowMs - readAtMs']);
});
