// What a test run consists of: the test files of the checkout, split by whether they need the real Kafka and PostgreSQL,
// and the checks that are programs of their own.

import { join } from 'node:path';

const FOLDERS = ['contracts', 'engine', 'sidecars', 'ops', 'sql'] as const;

export type TestFiles = {
  /** Paths from the root, sorted. */
  readonly plain: readonly string[];
  /** `*.it.test.ts`: they take their services from ops/testing/services.ts. */
  readonly withServices: readonly string[];
};

/** Named `*.story.test.ts` or `*.story.it.test.ts`: its tests build on each other, and it gets a process of its own. */
export const isStory = (file: string): boolean => /\.story(\.it)?\.test\.ts$/.test(file);

export type Check = { readonly name: string; readonly argv: readonly string[] };

/** Test files whose path contains one of the filters; all of them without a filter. */
export async function findTests(root: string, filters: readonly string[]): Promise<TestFiles> {
  const found: string[] = [];
  for (const folder of FOLDERS) {
    const files = new Bun.Glob('**/*.test.ts').scan({ cwd: join(root, folder), onlyFiles: true });
    try {
      for await (const file of files) found.push(`${folder}/${file}`);
    } catch (error) {
      // A folder without a single file does not exist in a checkout.
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
  const chosen = found.filter((file) => matches(file, filters)).sort();
  const needsServices = (file: string) => file.endsWith('.it.test.ts');
  return { plain: chosen.filter((file) => !needsServices(file)), withServices: chosen.filter(needsServices) };
}

/** Types and lint, each one check; both run in this Bun, since the machine may have no Node. */
export function findChecks(filters: readonly string[]): readonly Check[] {
  const checks: Check[] = [
    { name: 'types', argv: [process.execPath, 'node_modules/typescript/bin/tsc', '-p', '.'] },
    { name: 'lint', argv: [process.execPath, 'node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  ];
  return checks.filter((check) => filters.length === 0 || filters.includes(check.name));
}

/** Filters that name neither a test file nor a check: a run without what they meant would look like one with it. */
export function idleFilters(
  filters: readonly string[],
  { plain, withServices }: TestFiles,
  checks: readonly Check[],
): string[] {
  const files = [...plain, ...withServices];
  const names = new Set(checks.map(({ name }) => name));
  return filters.filter((filter) => !names.has(filter) && !files.some((file) => matches(file, [filter])));
}

function matches(file: string, filters: readonly string[]): boolean {
  return filters.length === 0 || filters.some((filter) => file.includes(filter.replace(/^\.\//, '')));
}
