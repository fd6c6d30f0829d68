// What has to be listed somewhere before it works as a whole: commands, parts of the engine, sidecars, environment
// variables, tables. Types and tests of the
// one file cannot notice that it is missing in another. Pure: texts in, messages out; each names the file to change.

import { importsOf, ownTarget, type Source } from './sources.ts';

type Named = { readonly name: string };

/** Names of the commands in `ops/cli` that the table of `./unrip` does not list. */
export function unlistedCommands(sources: readonly Source[], table: readonly Named[]): string[] {
  const listed = new Set(table.map(({ name }) => name));
  return sources
    .filter(({ path, text }) => /^ops\/cli\/[a-z-]+\.ts$/.test(path) && /^export const command: Command\b/m.test(text))
    .filter(({ path }) => !listed.has(commandOf(path)))
    .map(({ path }) => `${path}: add a row with its name and summary to TABLE of ops/cli/main.ts`);
}

const commandOf = (path: string): string => path.slice('ops/cli/'.length, -'.ts'.length);

/** Folders of the engine that only tests use. */
export function unusedParts(sources: readonly Source[]): string[] {
  const code = sources.filter(({ path }) => !/\.(?:test|fixture)\.ts$/.test(path));
  const folders = new Set(code.flatMap(({ path }) => /^engine\/[a-z-]+\//.exec(path)?.[0] ?? []));
  const isUsed = (folder: string): boolean =>
    code.some(
      (source) =>
        !source.path.startsWith(folder) &&
        importsOf(source).some(({ specifier }) => ownTarget(source.path, specifier)?.startsWith(folder)),
    );
  return [...folders]
    .filter((folder) => !isUsed(folder))
    .map((folder) => `${folder}: only tests use it; engine/engine.ts makes the parts and connects them`);
}

/** What each folder of `sidecars` needs elsewhere. */
export function unlistedSidecars(
  sources: readonly Source[],
  known: { readonly services: readonly string[]; readonly kafkaUsers: readonly string[] },
): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  const imports = (from: string, target: string): boolean => {
    const source = sources.find(({ path }) => path === from);
    return source !== undefined && importsOf(source).some(({ specifier }) => ownTarget(from, specifier) === target);
  };
  const names = new Set([...paths].flatMap((path) => /^sidecars\/([a-z-]+)\//.exec(path)?.[1] ?? []));
  return [...names].flatMap((name) => {
    const config = `contracts/config/${name}.ts`;
    const needs: readonly (readonly [boolean, string])[] = [
      [known.services.includes(name), 'add its name to SERVICES of contracts/topics/ops-control-action.ts'],
      [paths.has(config), `declare what it reads from its environment in ${config}`],
      [
        imports('contracts/config/declared.ts', config),
        'add its variables to PROCESSES of contracts/config/declared.ts',
      ],
      [imports('contracts/documents.ts', config), 'add its variables to PROCESSES of contracts/documents.ts'],
      [known.kafkaUsers.includes(name), 'add what it reads and writes to KAFKA_USERS of contracts/topics/access.ts'],
      [paths.has(`ops/cli/${name}.ts`), `add its command, ops/cli/${name}.ts`],
    ];
    return needs.filter(([has]) => !has).map(([, what]) => `sidecars/${name}: ${what}`);
  });
}

/** Variables that are declared and that nothing reads: `key` is the field of the configuration. */
export function unreadVariables(
  sources: readonly Source[],
  declared: readonly { readonly key: string; readonly name: string; readonly file: string }[],
): string[] {
  const code = sources
    .filter(({ path }) => !path.startsWith('contracts/config/') && !/\.(?:test|fixture)\.ts$/.test(path))
    .map(({ masked }) => masked.code)
    .join('\n');
  return declared
    .filter(({ key }) => !new RegExp(`\\b${key}\\b`).test(code))
    .map(({ key, name, file }) => `${file}: nothing reads ${key} (${name}); use it, or remove the variable`);
}

/** Tables of the history-writer that no migration creates, or that the description of the tables leaves out. */
export function undescribedTables(
  tables: readonly Named[],
  texts: { readonly migrations: string; readonly document: string },
): string[] {
  return tables.flatMap(({ name }) => [
    ...(new RegExp(`^CREATE TABLE ${name} \\(`, 'm').test(texts.migrations)
      ? []
      : [`table ${name}: create it, with a comment on it and each column, in a new file of sql/migrations`]),
    ...(texts.document.includes(`\n| \`${name}\` |`) ? [] : [`table ${name}: add a row to "Tables" of sql/README.md`]),
  ]);
}
