// The files that the checks look at, and their imports as written. Type-only imports count: a type is knowledge, too.

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { lineOf, type Masked, mask } from './mask.ts';

/** Folders with TypeScript; at the top there is none. */
const FOLDERS = ['contracts', 'engine', 'sidecars', 'ops', 'sql'] as const;

export type Source = {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly masked: Masked;
};

export type Import = {
  readonly specifier: string;
  readonly line: number;
  /** What is between `import` and `from`, for rules about single names; empty for other forms. */
  readonly clause: string;
};

export type Violation = {
  readonly file: string;
  readonly line: number;
  /** What is wrong, and what is permitted instead. */
  readonly message: string;
};

export function makeSource(path: string, text: string): Source {
  return { path, text, masked: mask(text) };
}

/** What was read before: each check asks for it, and nothing changes while they run. */
const known = new Map<string, readonly Source[]>();

/** Every TypeScript file of the checkout, in order of path; read once a process. */
export function readSources(root: string): readonly Source[] {
  const before = known.get(root);
  if (before !== undefined) return before;
  const paths = FOLDERS.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.ts`).scanSync({ cwd: root })]);
  const sources = paths.sort().map((path) => makeSource(path, readFileSync(join(root, path), 'utf8')));
  known.set(root, sources);
  return sources;
}

const FROM = /\b(?:import|export)\b([^;'"`]*?)\bfrom\s*(['"])( *)\2/g;
const BARE = /\bimport\s*()(['"])( *)\2/g;
const CALLED = /\b(?:import|require|require\.resolve)\s*\(\s*()(['"`])( *)\2/g;

/** All imports of a file: static, side effect only, dynamic, `require`, and types written as `import('...')`. */
export function importsOf(source: Source): Import[] {
  const { code } = source.masked;
  return [FROM, BARE, CALLED].flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => {
      const length = match[3]?.length ?? 0;
      const end = match.index + match[0].length - 1;
      const specifier = source.text.slice(end - length, end);
      return { specifier, line: lineOf(source.text, end), clause: match[1]?.trim() ?? '' };
    }),
  );
}

/** The path from the root that a relative import leads to; null for a package. */
export function ownTarget(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : null;
}

/** Test files, and the builders that only tests use. */
export function isTest(path: string): boolean {
  return /(?:\.test|\.fixture|\/fixtures)\.ts$/.test(path);
}

/** One line a violation, for the screen. */
export function render(violations: readonly Violation[]): string {
  return violations.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n');
}
