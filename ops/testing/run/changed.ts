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

/** Files that differ from `main`, and those that Git does not know yet. Throws in words when there is no Git to ask. */
export async function changedFiles(root: string): Promise<string[]> {
  const git = async (...args: string[]): Promise<string[]> => {
    const out = await run(['git', '-C', root, ...args], { limitMs: GIT_LIMIT_MS });
    return out.split('\0').filter((path) => path !== '');
  };
  const [base] = await git('merge-base', 'HEAD', 'main').catch(() => ['HEAD']);
  const committed = await git('diff', '--name-only', '-z', (base ?? 'HEAD').trim());
  const unknown = await git('ls-files', '--others', '--exclude-standard', '-z');
  return [...new Set([...committed, ...unknown])].sort();
}
