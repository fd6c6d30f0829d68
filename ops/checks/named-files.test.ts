import { expect, test } from 'bun:test';
import { CHECKOUT } from '../stack/directory.ts';
import { allPaths, readDocuments } from './documents.ts';
import { missingFiles } from './named-files.ts';
import { makeSource, readSources, render } from './sources.ts';

test('every file that a comment or a document names exists', () => {
  const documents = readDocuments(CHECKOUT);
  expect(documents.length).toBeGreaterThan(20);
  expect(render(missingFiles(readSources(CHECKOUT), documents, allPaths(CHECKOUT)))).toBe('');
});

const PATHS = ['README.md', 'engine/bus/publisher.ts', 'ops/checks/named-files.ts'];
const found = (text: string) => missingFiles([makeSource('engine/planted.ts', text)], [], PATHS);
const written = (path: string, text: string) => missingFiles([], [{ path, text }], PATHS);

test.each([
  ['a comment', 'const a = 1; // see old.ts'],
  ['a comment over lines', '/**\n * As engine/bus/old.ts says.\n */'],
  ['a folder that has moved', '// see bus/links/publisher.ts'],
  ['the end of a sentence', '// Written by old.ts.'],
])('refuses a missing file in %s', (_, text) => {
  expect(found(text)).toHaveLength(1);
});

test.each([
  ['the whole path', '// engine/bus/publisher.ts'],
  ['the end of the path', '// `publisher.ts`, bus/publisher.ts and ../bus/publisher.ts'],
  ['many files', '// *.test.ts, *.it.test.ts'],
  ['a place to fill in', '// ops/soak/NAME.ts'],
  ['code and texts', "import './old.ts';\nread('old.ts');"],
])('allows %s', (_, text) => {
  expect(render(found(text))).toBe('');
});

test('of a document all of its text counts, of a program in another language its comments', () => {
  expect(written('ops/HACKING.md', 'Change `engine/old.ts`.')).toHaveLength(1);
  expect(written('ops/build.sh', '# as old.sh does\n')).toHaveLength(1);
  expect(written('ops/build.sh', 'cp other/src/old.cc work\n')).toEqual([]);
  expect(render(written('a.md', 'one\n\nold.ts'))).toBe('a.md:3: names old.ts, which does not exist');
});
