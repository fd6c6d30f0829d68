import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { readChecks, readQueries } from '../years/documented.ts';
import { relationsOf, tablesDocument, undocumented } from './tables.ts';

const FOLDER = join(CHECKOUT, 'sql/migrations');
const relations = relationsOf(
  readdirSync(FOLDER)
    .sort()
    .map((file) => readFileSync(join(FOLDER, file), 'utf8')),
);
const readme = readFileSync(join(CHECKOUT, 'sql/README.md'), 'utf8');

test('no table, view or column lacks a comment', () => {
  expect(undocumented(relations)).toEqual([]);
  const tables = relations.filter(({ kind }) => kind === 'table').map(({ name }) => name);
  for (const { name } of Object.values(TABLES)) expect(tables).toContain(name);
});

test('a comment that is missing is named', () => {
  const bare = `CREATE TABLE samples (
  id    bigint NOT NULL,
  value numeric(39, 0),
  PRIMARY KEY (id)
);
ALTER TABLE samples ADD COLUMN note text;
CREATE VIEW newest AS
SELECT 1 AS id;
COMMENT ON TABLE samples IS 'what was seen';
COMMENT ON COLUMN samples.id IS
  'it''s the number';`;
  expect(undocumented(relationsOf([bare]))).toEqual([
    'samples.value',
    'samples.note',
    'schema_migrations',
    'schema_migrations: every column',
    'newest',
    'newest: every column',
  ]);
  const document = tablesDocument(relationsOf([bare]));
  expect(document).toContain("| `id` | bigint, never NULL | it's the number |");
  expect(document).toContain('| `value` | numeric(39, 0) |  |');
});

test('a later comment replaces an earlier one', () => {
  const comment = (meaning: string) => `COMMENT ON VIEW newest IS '${meaning}';`;
  const [, view] = relationsOf(['CREATE VIEW newest AS\nSELECT 1;', comment('first'), comment('second')]);
  expect(view).toMatchObject({ kind: 'view', name: 'newest', meaning: 'second' });
});

const views = relations.filter(({ kind }) => kind === 'view').map(({ name }) => name);
const asked = [...readQueries(), ...readChecks()].map(({ text }) => text).join('\n');

test.each(views)('the view %s is listed for analysts, and a documented query reads it', (view) => {
  expect(readme).toMatch(new RegExp(`^\\| .*\`${view}\`.*\\|.*\\|$`, 'm'));
  expect(asked).toMatch(new RegExp(`\\bFROM ${view}\\b`));
});
