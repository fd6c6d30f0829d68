import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessTable, KAFKA_USERS } from '../../contracts/topics/access.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { readDocuments } from './documents.ts';
import { checkOperations, codesIn, codesOf, metricsIn, namesIn, OPERATIONS, unknownNames } from './operations.ts';
import { importsOf, isTest, makeSource, readSources } from './sources.ts';

const OPERATORS_READ = /^(?:README\.md|ops\/OPERATIONS\.md|ops\/(?:runbooks|deploy)\/.*\.md)$/;

const sources = readSources(CHECKOUT);
const document = readFileSync(join(CHECKOUT, OPERATIONS), 'utf8');

test('the operations document has a row for every code, and names no metric and no code that does not exist', () => {
  expect(metricsIn(document).length).toBeGreaterThan(30);
  expect(checkOperations(document, sources)).toEqual([]);
});

test('what documents send operators to in logs and states is called so in the code', () => {
  const read = readDocuments(CHECKOUT).filter(({ path }) => OPERATORS_READ.test(path));
  expect(read.length).toBeGreaterThan(40);
  expect(namesIn(document).length).toBeGreaterThan(200);
  expect(read.flatMap(({ path, text }) => unknownNames(text, sources).map((name) => `${path}: ${name}`))).toEqual([]);
});

test('the operations document says who may do what with each topic of the registry', () => {
  const missing = accessTable()
    .split('\n')
    .filter((row) => !document.includes(row));
  expect(missing.map((row) => `${OPERATIONS}, "Rights", lacks the row ${row}`)).toEqual([]);
  expect(document).toContain(accessTable());
  for (const { name } of TOPICS) {
    for (const does of ['writes', 'reads', 'creates'] as const)
      expect({ name, does, users: KAFKA_USERS.filter((user) => user[does].includes(name)).length > 0 }).toEqual({
        name,
        does,
        users: true,
      });
  }
  // A process that is not on the list would be refused by a Kafka that asks.
  const sidecars = readdirSync(join(CHECKOUT, 'sidecars')).filter((folder) => folder !== 'shared');
  const listed = KAFKA_USERS.map(({ command }) => String(command));
  expect(['engine', ...sidecars].filter((name) => !listed.includes(name))).toEqual([]);
});

test('who may read topics is who reads them', () => {
  const folders = KAFKA_USERS.map((user) => ({
    user,
    folder: user.command === 'engine' ? 'engine/' : `sidecars/${user.command}/`,
  }));
  const built = folders.filter(({ folder }) => sources.some(({ path }) => path.startsWith(folder)));
  expect(built.length).toBeGreaterThanOrEqual(4);
  for (const { user, folder } of built) {
    const isReading = sources.some(
      (source) =>
        source.path.startsWith(folder) &&
        !isTest(source.path) &&
        importsOf(source).some(({ specifier }) => specifier.includes('/runtime/kafka/consumer/')),
    );
    expect([user.command, user.reads.length > 0]).toEqual([user.command, isReading]);
  }
});

test('the README leads to it', () => {
  expect(readFileSync(join(CHECKOUT, 'README.md'), 'utf8')).toContain(`(${OPERATIONS})`);
});

describe('the check', () => {
  test('finds codes of every kind: of decisions, gates, health, notes, composed ones', () => {
    const { codes } = codesOf(sources);
    for (const code of [
      'journal_behind',
      'account_locked',
      'outbox_behind',
      'stopped_itself',
      'topic_blocked',
      'refused',
    ])
      expect(codes).toContain(code);
    expect(codes).not.toContain('accepted');
  });

  test('names a metric that is gone, a code without a row, and a row without a code', () => {
    const changed = `${document.replace('`journal_behind`', '`journal_late`')}\nunrip_no_such_total\n`;
    expect(checkOperations(changed, sources)).toEqual([
      `${OPERATIONS} names the metric unrip_no_such_total, which nothing has`,
      `${OPERATIONS} has no row for journal_behind`,
      `${OPERATIONS} has a row for journal_late, which nothing has`,
    ]);
  });

  test('names an event of the log that is called otherwise', () => {
    const text = 'See `group_rejoined` (`group_joined_anew`, `SOME_VARIABLE`).\n\n```sql\nSELECT `not_ours`\n```\n';
    expect(unknownNames(text, sources)).toEqual(['group_joined_anew']);
  });

  test('names a place in the code that is not where it was', () => {
    const moved = sources.map(({ path, text }) =>
      path === 'engine/executor/gate.ts'
        ? makeSource(path, text.replaceAll('ExecutorObstacle', 'Other'))
        : makeSource(path, text),
    );
    expect(codesOf(moved).missing).toEqual(['engine/executor/gate.ts has no type ExecutorObstacle']);
  });

  test('names a file with codes of health that is among no place', () => {
    const text = "export const health = () => partHealth(['hedge_late'], []);";
    expect(codesOf([...sources, makeSource('engine/hedge/hedge.ts', text)]).missing).toEqual([
      'engine/hedge/hedge.ts: add what gives codes of health there to PLACES of ops/checks/operations.ts',
    ]);
  });

  test('reads codes from the first column of tables of codes alone', () => {
    const text = '| code | meaning |\n|---|---|\n| `a_b`, `c:D` | `x_y` |\n\n| metric | x |\n|---|---|\n| `m` | |\n';
    expect([...codesIn(text)]).toEqual(['a_b', 'c']);
  });
});
