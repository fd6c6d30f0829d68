import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Fault } from './faults/fault.ts';
import { brokenRows, FAULTS } from './faults.ts';
import { makeSource, readSources } from './sources.ts';

test('every fault that was found in use is held by a test that exists', () => {
  expect(brokenRows(FAULTS, readSources(join(import.meta.dir, '../..')))).toEqual([]);
});

describe('the check', () => {
  const file = 'engine/a.test.ts';
  const source = makeSource(
    file,
    `test('one thing', () => {});
test.each([1])(
  'each of %p (at most)',
  () => {},
);
test("somebody's other", () => {});
// 'only mentioned',
`,
  );
  const row = (title: string, sentence = title): Fault => ({ sentence, file, test: title });

  test.each(['one thing', 'each of %p (at most)', "somebody's other"])('finds %p', (title) => {
    expect(brokenRows([row(title)], [source])).toEqual([]);
  });

  test.each(['one', 'thing', 'only mentioned', 'each of %p'])('does not take %p for a test', (title) => {
    expect(brokenRows([row(title)], [source])).toEqual([`${file} has no test "${title}", which holds "${title}"`]);
  });

  test('names a file that is gone, and a sentence that is there twice', () => {
    expect(brokenRows([row('one thing')], [])).toEqual([`${file}, which holds "one thing", does not exist`]);
    expect(brokenRows([row('one thing', 'x'), row("somebody's other", 'x')], [source])).toEqual([
      '"x" is listed twice',
    ]);
  });
});
