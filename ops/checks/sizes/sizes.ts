// Files and folders of a readable size. What is larger today is frozen in allowed.ts and may only shrink. The length of
// functions is held by the linter: biome.json has the limit, and the files that are still beyond it. Pure: sources in, violations out.

import { posix } from 'node:path';
import { isTest, type Source, type Violation } from '../sources.ts';

export const LINES_MAX = 450;
/** A test is a list of cases: it is read case by case. */
export const TEST_LINES_MAX = 600;
export const FILES_MAX = 16;

/** Size of each exception, by path. */
export type Frozen = Readonly<Record<string, number>>;

/** One file a command, so that they are loaded by name. */
const FLAT = 'ops/cli';

const LISTS = 'ops/checks/sizes/allowed.ts';

/** Files that are too long; exceptions that grew, and those that are needed no more. */
export function checkFileSizes(sources: readonly Source[], frozen: Frozen): Violation[] {
  const sizes = sources.map(({ path, text }) => {
    const [limit, how] = isTest(path)
      ? [TEST_LINES_MAX, 'split its cases by what they are about']
      : [LINES_MAX, 'split it by what it does'];
    return { path, size: text.split('\n').length - 1, limit, how };
  });
  return judge(sizes, frozen, 'lines');
}

/** Folders with too many source files side by side; tests and what only they use do not count. */
export function checkFolderSizes(sources: readonly Source[], frozen: Frozen): Violation[] {
  const folders = Object.groupBy(
    sources.filter(({ path }) => !isTest(path) && posix.dirname(path) !== FLAT),
    ({ path }) => posix.dirname(path),
  );
  const how = 'give those that belong together a folder named after what they do';
  const sizes = Object.entries(folders).map(([path, files]) => ({
    path,
    size: files?.length ?? 0,
    limit: FILES_MAX,
    how,
  }));
  return judge(sizes, frozen, 'source files');
}

type Size = { readonly path: string; readonly size: number; readonly limit: number; readonly how: string };

function judge(sizes: readonly Size[], frozen: Frozen, unit: string): Violation[] {
  const tooLarge = sizes.flatMap(({ path, size, limit, how }): Violation[] => {
    const allowed = frozen[path];
    if (allowed !== undefined && size <= limit) {
      const message = `${size} ${unit}, within the limit of ${limit}: take it off the list in ${LISTS}`;
      return [{ file: path, line: 1, message }];
    }
    if (size <= (allowed ?? limit)) return [];
    const most = allowed === undefined ? `of at most ${limit}` : `and may not grow beyond the ${allowed} of ${LISTS}`;
    return [{ file: path, line: 1, message: `${size} ${unit}, ${most}: ${how}` }];
  });
  const paths = new Set(sizes.map(({ path }) => path));
  const gone = Object.keys(frozen)
    .filter((path) => !paths.has(path))
    .map((path) => ({ file: LISTS, line: 1, message: `${path} does not exist any more: take it off the list` }));
  return [...tooLarge, ...gone];
}
