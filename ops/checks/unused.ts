// What nobody uses: files that nothing imports or starts, exports that no other file imports, dependencies without an import. Found
// by knip, whose entry points are in knip.jsonc.

import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { run } from '../stack/run.ts';
import type { Violation } from './sources.ts';

const LIMIT_MS = 170_000;

const INSTEAD: Readonly<Record<string, string>> = {
  files: 'delete it; a program that is started by its path is an entry of knip.jsonc',
  dependencies: 'remove it from package.json; what is used by its path is named among ignoreDependencies of knip.jsonc',
  exports: 'drop `export`, and delete it where its own file does not use it either',
  unlisted: 'add it to package.json with an exact version',
  unresolved: 'correct the path of the import',
  duplicates: 'export it under one name',
};

/** Kinds of findings that share an advice. */
const SAME: Readonly<Record<string, string>> = {
  devDependencies: 'dependencies',
  optionalPeerDependencies: 'dependencies',
  types: 'exports',
  nsExports: 'exports',
  nsTypes: 'exports',
  enumMembers: 'exports',
  namespaceMembers: 'exports',
};

type Finding = { readonly name: string; readonly line?: number };
type Issue = { readonly file: string } & Readonly<Record<string, string | readonly (Finding | readonly Finding[])[]>>;

/** @param root a directory with package.json and knip.jsonc. Throws when knip cannot run or finds a mistake in its settings. */
export async function findUnused(root: string): Promise<Violation[]> {
  const knip = join(CHECKOUT, 'node_modules/knip/bin/knip.js');
  const options = ['--directory', root, '--reporter', 'json', '--no-progress', '--no-exit-code'];
  const out = await run([process.execPath, knip, ...options], { cwd: root, limitMs: LIMIT_MS });
  const { issues }: { issues: readonly Issue[] } = JSON.parse(out);
  return issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds).flatMap(([kind, found]) =>
      typeof found === 'string' ? [] : found.flat().map((finding) => describe(file, kind, finding)),
    ),
  );
}

function describe(file: string, kind: string, { name, line }: Finding): Violation {
  const advice = SAME[kind] ?? kind;
  const what = advice === 'files' ? 'nothing uses this file' : `${kind}: ${name} is not used elsewhere`;
  return { file, line: line ?? 1, message: `${what}. Instead: ${INSTEAD[advice] ?? 'see the documentation of knip'}` };
}
