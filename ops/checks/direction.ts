// Holds every import against the table of architecture.ts. Pure: sources in, violations out.

import { ARCHITECTURE, RESERVED, type Reserved, type Row, TESTS_ALSO } from './architecture.ts';
import { type Import, importsOf, isTest, ownTarget, type Source, type Violation } from './sources.ts';

export function checkDirection(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) => [
    ...importsOf(source).flatMap((found) => {
      const message = judge(source, found);
      return message === null ? [] : [{ file: source.path, line: found.line, message }];
    }),
    ...hiddenNames(source),
  ]);
}

/** Where each folder is a part, a room or a process of its own, and the list in architecture.ts that it belongs into. */
const LISTED: readonly { readonly within: string; readonly list: string }[] = [
  { within: 'engine/', list: 'STAGES, or gets a row of its own' },
  { within: 'contracts/runtime/', list: 'RUNTIME_ROOMS' },
  { within: 'sidecars/', list: 'SIDECARS' },
];

/** Folders that no row of the table is about, so that at most the row of the folder above would hold them. */
export function checkPlaces(sources: readonly Source[]): Violation[] {
  return LISTED.flatMap(({ within, list }) => {
    const inside = sources.filter(({ path }) => path.startsWith(within) && !isTest(path));
    const folders = new Set(inside.flatMap(({ path }) => path.slice(within.length).split('/').slice(0, -1)[0] ?? []));
    return [...folders]
      .filter((name) => !ARCHITECTURE.some(({ files }) => files === `${within}${name}/`))
      .map((name) => ({
        file: `${within}${name}`,
        line: 1,
        message: `no row of ARCHITECTURE is about this folder: add it to ops/checks/architecture.ts, where it belongs into ${list}`,
      }));
  });
}

function judge(source: Source, found: Import): string | null {
  const row = ARCHITECTURE.find(({ files }) => source.path.startsWith(files));
  if (row === undefined)
    return 'no row of ops/checks/architecture.ts is about this file: add one (a sidecar: its name in SIDECARS)';
  return judgeTarget(row, source.path, found) ?? judgeReserved(source.path, found);
}

function judgeTarget(row: Row, path: string, { specifier }: Import): string | null {
  const target = ownTarget(path, specifier);
  const test = isTest(path);
  if (target !== null) {
    if (test && TESTS_ALSO.some((prefix) => target.startsWith(prefix))) return null;
    if (test && folderOf(target) === folderOf(path)) return null;
    if (!test && isTest(target)) return `imports ${target}, which is for tests only`;
    const allowed = row.ours.some((prefix) => target.startsWith(prefix));
    const excepted = row.butNot?.some((prefix) => target.startsWith(prefix)) ?? false;
    return allowed && !excepted ? null : `imports ${target}: ${row.instead}`;
  }
  if (specifier === 'bun:test')
    return test || path.startsWith('ops/testing/') ? null : 'imports bun:test outside a test';
  if (test) return null;
  if (specifier === 'bun' || /^(?:node|bun):/.test(specifier)) {
    return row.platform ? null : `imports ${specifier}: ${row.instead}`;
  }
  return row.npm === 'any' || row.npm.includes(packageOf(specifier)) ? null : `imports ${specifier}: ${row.instead}`;
}

function judgeReserved(path: string, found: Import): string | null {
  if (isTest(path)) return null;
  const broken = RESERVED.find((reserved) => holdsFor(reserved, path) && touches(reserved, path, found));
  return broken === undefined ? null : `imports ${found.specifier}: ${broken.instead}`;
}

/** A reserved package that is named in a text, as for a loader that is handed its name, counts like an import. */
function hiddenNames(source: Source): Violation[] {
  if (isTest(source.path) || source.path.startsWith('ops/checks/') || source.path.startsWith('ops/toolchain/'))
    return [];
  const imported = importsOf(source);
  return RESERVED.filter((reserved) => reserved.names.length === 0 && holdsFor(reserved, source.path)).flatMap(
    (reserved) =>
      source.masked.withTexts.split('\n').flatMap((text, index) => {
        const line = index + 1;
        if (!text.includes(reserved.module) || imported.some((found) => found.line === line)) return [];
        return [{ file: source.path, line, message: `names ${reserved.module}: ${reserved.instead}` }];
      }),
  );
}

function holdsFor(reserved: Reserved, path: string): boolean {
  return path.startsWith(reserved.within) && !reserved.only.some((prefix) => path.startsWith(prefix));
}

function touches(reserved: Reserved, path: string, { specifier, clause }: Import): boolean {
  if ((ownTarget(path, specifier) ?? packageOf(specifier)) !== reserved.module) return false;
  if (reserved.names.length === 0) return true;
  // Anything but a list of names (`* as x`, a default, a call) hands over the whole module.
  const list = /^(?:type\s+)?\{([^}]*)\}$/.exec(clause)?.[1];
  if (list === undefined) return true;
  const names = list.split(',').map(
    (entry) =>
      entry
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+/)[0],
  );
  return names.some((name) => name !== undefined && reserved.names.includes(name));
}

/** The folder at the top: `engine/bus/outbox.ts` -> `engine`. */
function folderOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

/** `@scope/name/sub/path` -> `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
