// The queries of the runbooks on a database of the current schema: an operator finds out at night that a column has another name.

import { expect, test } from 'bun:test';
import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../../contracts/runtime/postgres/migrations.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { freshDatabase } from '../../testing/database.ts';
import { describeWith } from '../../testing/services.ts';
import { readDocuments } from '../documents.ts';
import { queriesIn, RUNBOOKS } from './runbooks.ts';

describeWith(['database'], 'the queries of the runbooks', () => {
  test('run on a database of the current schema, as a role that only reads', async () => {
    await using database = await freshDatabase('runbooks');
    const owner = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(owner, readMigrations());
    await owner.end({ timeout: 2 });
    const sql = openDatabase(database.reader, { name: 'test', connections: 1, statementTimeoutMs: 10_000 });
    try {
      const failures: string[] = [];
      for (const { path, text } of readDocuments(CHECKOUT).filter((document) => document.path.startsWith(RUNBOOKS))) {
        for (const query of queriesIn(text))
          await sql.unsafe(query).catch((error: unknown) => failures.push(`${path}: ${String(error)}: ${query}`));
      }
      expect(failures).toEqual([]);
    } finally {
      await sql.end({ timeout: 2 });
    }
  });
});
