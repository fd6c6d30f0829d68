// The tables and views of the history as a document, made from the migrations: what they create, and the comments that are in the
// database as well. Pure.

type Column = { readonly name: string; readonly type: string | null; readonly isNullable: boolean };
type Relation = {
  readonly kind: 'table' | 'view';
  readonly name: string;
  readonly meaning: string | null;
  readonly columns: readonly (Column & { readonly meaning: string | null })[];
};

/** @param migrations their texts, in order: what a later one says of a column replaces what an earlier one said */
export function relationsOf(migrations: readonly string[]): readonly Relation[] {
  // Bodies of functions create what has no fixed name.
  const text = migrations.join('\n').replace(/\$\$[\s\S]*?\$\$/g, '');
  const meanings = new Map<string, string>();
  for (const [, name = '', meaning = ''] of text.matchAll(
    /^COMMENT ON (?:TABLE|VIEW|COLUMN) ([a-z_.]+) IS\s+'((?:[^']|'')*)';/gm,
  )) {
    meanings.set(name, meaning.replaceAll("''", "'"));
  }
  const tables = [...text.matchAll(/^CREATE TABLE ([a-z_]+) \(\n([\s\S]*?)\n\)/gm)].map(([, name = '', body = '']) => ({
    kind: 'table' as const,
    name,
    columns: [...body.split('\n').flatMap(columnOf), ...addedTo(name, text)],
  }));
  const views = [...text.matchAll(/^CREATE (?:OR REPLACE )?VIEW ([a-z_]+) AS$/gm)].map(([, name = '']) => ({
    kind: 'view' as const,
    name,
    columns: namedIn(meanings, name),
  }));
  // The migrator makes this table itself.
  const own = { kind: 'table' as const, name: 'schema_migrations', columns: namedIn(meanings, 'schema_migrations') };
  return [...tables, own, ...new Map(views.map((view) => [view.name, view])).values()].map(
    ({ kind, name, columns }) => ({
      kind,
      name,
      meaning: meanings.get(name) ?? null,
      columns: columns.map((column) => ({ ...column, meaning: meanings.get(`${name}.${column.name}`) ?? null })),
    }),
  );
}

const COLUMN = /^ {2}([a-z_0-9]+)\s+([a-z]+(?:\([^)]*\))?)(.*)$/;

function columnOf(line: string): Column[] {
  const match = COLUMN.exec(line);
  if (match === null) return [];
  const [, name = '', type = '', rest = ''] = match;
  return [{ name, type, isNullable: !/NOT NULL|PRIMARY KEY/.test(rest) }];
}

function addedTo(table: string, text: string): Column[] {
  const added = text.matchAll(new RegExp(`^ALTER TABLE ${table} ADD COLUMN (.*);$`, 'gm'));
  return [...added].flatMap(([, definition = '']) => columnOf(`  ${definition}`));
}

/** The columns of which there is a comment; what a view has else is found by a test on the database. */
function namedIn(meanings: ReadonlyMap<string, string>, relation: string): Column[] {
  const prefix = `${relation}.`;
  return [...meanings.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ name: name.slice(prefix.length), type: null, isNullable: true }));
}

/** Names of tables, views and columns without a comment. */
export function undocumented(relations: readonly Relation[]): readonly string[] {
  return relations.flatMap(({ name, meaning, columns }) => [
    ...(meaning === null ? [name] : []),
    ...(columns.length === 0 ? [`${name}: every column`] : []),
    ...columns.filter((column) => column.meaning === null).map((column) => `${name}.${column.name}`),
  ]);
}

export function tablesDocument(relations: readonly Relation[]): string {
  const lines = [
    '# Tables and views of the history',
    '',
    'Generated from the comments of `sql/migrations` by `ops/contracts/generate.ts`; the database has the same. How the tables belong',
    'together, and what to ask of them: [sql/README.md](../../sql/README.md).',
  ];
  for (const [kind, title] of [
    ['table', 'Tables'],
    ['view', 'Views'],
  ] as const) {
    lines.push('', `## ${title}`);
    for (const relation of relations.filter((one) => one.kind === kind)) lines.push(...sectionOf(relation));
  }
  return `${lines.join('\n')}\n`;
}

function sectionOf({ name, meaning, columns }: Relation): string[] {
  const isTyped = columns.some(({ type }) => type !== null);
  const rows = columns.map((column) => {
    const type = isTyped ? ` ${column.type ?? ''}${column.isNullable ? '' : ', never NULL'} |` : '';
    return `| \`${column.name}\` |${type} ${cell(column.meaning ?? '')} |`;
  });
  const head = isTyped ? ['| column | type | meaning |', '|---|---|---|'] : ['| column | meaning |', '|---|---|'];
  return ['', `### ${name}`, '', `${meaning ?? ''}.`, '', ...head, ...rows];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
