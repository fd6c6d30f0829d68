import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { findTest } from './faults/find-test.ts';
import type { Requirement } from './requirements/requirement.ts';
import { OPEN, OPEN_MAX, PROVED, ratchet, repeated, unproved } from './requirements/table.ts';
import { makeSource, readSources } from './sources.ts';

test('every requirement that counts as proved has a test that runs', () => {
  expect(unproved(PROVED, readSources(join(import.meta.dir, '../..')))).toEqual([]);
});

test('no requirement is listed twice', () => {
  expect(repeated([...PROVED, ...OPEN.built, ...OPEN.sidecars])).toEqual([]);
});

test('no more requirements are open than before', () => {
  console.log(
    `requirements: ${PROVED.length} proved, ${OPEN.built.length} open, and ${OPEN.sidecars.length} of sidecars that are not built`,
  );
  expect([ratchet(OPEN.built.length, OPEN_MAX.built), ratchet(OPEN.sidecars.length, OPEN_MAX.sidecars)]).toEqual([
    null,
    null,
  ]);
});

describe('the check', () => {
  const file = 'engine/a.test.ts';
  const text = `
test('alone', () => {});
test.each([
  ['first', 1],
])('each %s', () => {});
describe('a group', () => {
  test('inside', () => {});
});
describe.${'skip'}('a group that does not run', () => {
  test('inside of it', () => {});
});
test.${'todo'}('later', () => {});
test.skipIf(true)('sometimes', () => {});
describe('after them', () => {
  test('the last', () => {});
});
`;
  const source = makeSource(file, text);
  const row = (...proof: Requirement['test']): Requirement => ({ sentence: 'it holds', test: proof });

  test.each([
    ['alone', 'runs'],
    ['each %s', 'runs'],
    ['inside', 'runs'],
    ['the last', 'runs'],
    ['inside of it', 'skipped'],
    ['later', 'skipped'],
    ['sometimes', 'skipped'],
    ['first', 'missing'],
    ['nowhere', 'missing'],
  ] as const)('finds that "%s" is one that %s', (title, found) => {
    expect(findTest(text, title)).toBe(found);
  });

  test.each([
    [row(file, 'each %s', 'first'), []],
    [row(file, 'each %s', 'second'), [`${file} has no case "second" of "each %s", which proves "it holds"`]],
    [row(file, 'nowhere'), [`${file} has no test "nowhere", which proves "it holds"`]],
    [row(file, 'later'), [`${file} does not always run "later", which proves "it holds"`]],
    [row('gone.test.ts', 'alone'), ['gone.test.ts, which proves "it holds", does not exist']],
  ])('names what is wrong with a row: %#', (requirement, problems) => {
    expect(unproved([requirement], [source])).toEqual(problems);
  });

  test('names a sentence that is there twice, and a number that is not the one of the table', () => {
    expect(repeated([row(file, 'alone'), row(file, 'inside')])).toEqual(['it holds']);
    expect(ratchet(2, 2)).toBeNull();
    expect(ratchet(3, 2)).toContain('3 requirements are open, 2 at most');
    expect(ratchet(1, 2)).toContain('lower OPEN_MAX');
  });
});
