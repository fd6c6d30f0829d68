import { describe, expect, test } from 'bun:test';
import { CHECKOUT } from '../stack/directory.ts';
import { makeSource, readSources, render } from './sources.ts';
import { checkTestWaits, unusedWaits } from './test-waits.ts';

const sources = readSources(CHECKOUT);
const planted = (text: string, path = 'engine/planted.test.ts') => checkTestWaits([makeSource(path, text)], []);

test('no test of the checkout sleeps, or asserts how long something took', () => {
  expect(render(checkTestWaits(sources))).toBe('');
});

test('every row of the list is needed', () => {
  expect(unusedWaits(sources)).toEqual([]);
});

describe('the check refuses', () => {
  test.each([
    ['a sleep', 'await Bun.sleep(10);'],
    ['a timer', 'setTimeout(() => done(), 10);'],
    ['a timer as a promise', 'await new Promise((later) => setTimeout(later, 10));'],
    ['a blocking wait', 'Atomics.wait(cells, 0, 0, 10);'],
    ['a span of the monotonic clock', 'expect(performance.now() - began).toBeLessThan(50);'],
    ['a span of the wall clock', 'expect(Date.now() - began).toBeGreaterThan(50);'],
    ['a span with a name', 'expect(tookMs).not.toBeGreaterThan(50);'],
    ['an expectation over lines', 'expect(\n  elapsedMs / 2,\n).toBeLessThanOrEqual(50);'],
  ])('%s', (_, text) => {
    expect(planted(text)).toHaveLength(1);
    expect(planted(text, 'engine/planted.fixture.ts')).toHaveLength(1);
  });
});

describe('the check allows', () => {
  test.each([
    ['an awaited condition', "await waitFor(() => lines.length > 0, { what: 'a line' });"],
    ['a manual clock', 'expect(clock.elapsedUs()).toBeGreaterThan(50); expect(waitMs).toBeLessThan(50);'],
    ['a fact about a record', "expect(record.elapsed_ms).toBe(5); expect(tookMs).toBe('none');"],
    ['a text', "const script = 'await Bun.sleep(20)';"],
  ])('%s', (_, text) => {
    expect(render(planted(text))).toBe('');
  });

  test('code that is no test', () => {
    expect(planted('await Bun.sleep(10);', 'engine/planted.ts')).toEqual([]);
  });
});

test('a violation names the place, what is wrong and what to do', () => {
  expect(render(planted('a();\nawait Bun.sleep(10);'))).toBe(
    'engine/planted.test.ts:2: waits for a time: await the event, or waitFor(condition, { what }) of ops/testing/wait.ts; here: Bun.sleep',
  );
});

test('a row allows as many timers as it counts, and one that counts more is found', () => {
  const file = 'engine/planted.test.ts';
  const row = { file, times: 1, reason: 'a test' };
  const once = makeSource(file, 'setTimeout(() => {}, 0);');
  const twice = makeSource(file, 'setTimeout(() => {}, 0);\nsetTimeout(() => {}, 0);');
  expect(checkTestWaits([once], [row])).toEqual([]);
  expect(checkTestWaits([twice], [row])).toHaveLength(2);
  expect(unusedWaits([once], [row])).toEqual([]);
  expect(unusedWaits([makeSource(file, '')], [row])).toEqual([
    `${file} has 0: lower its row in ops/checks/test-waits.ts`,
  ]);
});
