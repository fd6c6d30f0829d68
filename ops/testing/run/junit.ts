// Reads the counts out of the JUnit file that `bun test` writes. Pure.

export type TestCounts = { readonly passed: number; readonly failed: number; readonly skipped: number };
export type JunitReport = TestCounts & {
  /** Files with at least one test, as they were given. */
  readonly files: ReadonlySet<string>;
};

/** Bun lists the hooks of a skipped group as tests of this name: they are none, unless one failed. */
const HOOK = '(unnamed)';

/** Counts test cases one by one; the totals in the file's head count hooks as well. */
export function readJunit(xml: string): JunitReport {
  const files = new Set<string>();
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const [, attributes = '', body = ''] of xml.matchAll(
    /<testcase\s((?:[^">]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const isFailed = /<(?:failure|error)\b/.test(body);
    if (attribute(attributes, 'name') === HOOK && !isFailed) continue;
    files.add(attribute(attributes, 'file'));
    if (isFailed) failed += 1;
    else if (/<skipped\b/.test(body)) skipped += 1;
    else passed += 1;
  }
  return { passed, failed, skipped, files };
}

function attribute(attributes: string, name: string): string {
  return new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
}
