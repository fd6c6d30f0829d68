// The files of the checkout that are no TypeScript and that people read: documents, and programs in other languages.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from './sources.ts';

export type Document = { readonly path: string; readonly text: string };

const FOLDERS = '{contracts,engine,sidecars,ops,sql}';

/** Paths from the root, in order; none below a node_modules. */
function findPaths(root: string, ...patterns: readonly string[]): string[] {
  return patterns
    .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root })])
    .filter((path) => !path.includes('node_modules/'))
    .sort();
}

/** Every file of the checkout, apart from those whose name begins with a dot. */
export const allPaths = (root: string): string[] => findPaths(root, '*', `${FOLDERS}/**/*`);

export function readDocuments(root: string): Document[] {
  return findPaths(root, '*.md', 'unrip', `${FOLDERS}/**/*.{md,sql,sh,cc,h,py}`).map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }));
}

/** As a source in which everything is prose. */
export function asProse({ path, text }: Document): Source {
  const blank = text.replace(/[^\n]/g, ' ');
  return { path, text, masked: { withTexts: blank, code: blank } };
}
