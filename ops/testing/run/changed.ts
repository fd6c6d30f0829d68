// What a change can break at once: the tests that changed, those that import a changed file, and the checks of the code base.
// Everything else is for the whole run.

import { importsOf, ownTarget, type Source } from '../../checks/sources.ts';
import { run } from '../../stack/run.ts';

/** Cheap, and about every file: all of them always run. */
const CHECKS = 'ops/checks/';

const GIT_LIMIT_MS = 10_000;

const isTestFile = (path: string): boolean => path.endsWith('.test.ts');

/** @param changed paths from the root @param sources all files of the checkout */
export function testsOfChange(changed: readonly string[], sources: readonly Source[]): string[] {
  const paths = new Set(changed);
  const touched = sources.filter(
    (source) =>
      paths.has(source.path) ||
      source.path.startsWith(CHECKS) ||
      importsOf(source).some(({ specifier }) => paths.has(ownTarget(source.path, specifier) ?? specifier)),
  );
  const tests = touched.map(({ path }) => path).filter((path) => isTestFile(path) && !path.endsWith('.it.test.ts'));
  return tests.sort();
}

export type Change = {
  /** Branch that the files differ from. */
  readonly base: string;
  readonly paths: readonly string[];
};

/** What a change is compared with: the first that there is. A clone of one branch has the second alone, or neither. */
const BASES = ['main', 'origin/main'] as const;

/**
 * Files that differ from `main`, and those that Git does not know yet. Throws in words when there is no Git to ask, or no `main` to
 * compare with: what was committed would count as unchanged.
 */
export async function changedFiles(root: string): Promise<Change> {
  const git = async (...args: string[]): Promise<string[]> => {
    const out = await run(['git', '-C', root, ...args], { limitMs: GIT_LIMIT_MS });
    return out.split('\0').filter((path) => path !== '');
  };
  const unknown = await git('ls-files', '--others', '--exclude-standard', '-z');
  for (const base of BASES) {
    const [commit] = await git('merge-base', 'HEAD', base).catch(() => []);
    if (commit === undefined) continue;
    const committed = await git('diff', '--name-only', '-z', commit.trim());
    return { base, paths: [...new Set([...committed, ...unknown])].sort() };
  }
  throw new Error(`there is no ${BASES.join(' or ')} to compare with: git fetch origin main, or run ./unrip test`);
}
