// COPY over the driver's connection, on a real PostgreSQL.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FreshDatabase, freshDatabase } from '../../../ops/testing/database.ts';
import { describeWith } from '../../../ops/testing/services.ts';
import { copyIn } from './copy.ts';
import { type Database, openDatabase, troubleOf } from './database.ts';

describeWith(['database'], 'a copy', () => {
  let database: FreshDatabase;
  let sql: Database;

  beforeAll(async () => {
    database = await freshDatabase('copy');
    sql = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    await sql`create table copied (id integer primary key, text text)`;
  });
  afterAll(async () => {
    await sql?.end({ timeout: 2 });
    await database?.drop();
  });

  const INTO = 'copy copied (id, text) from stdin';
  const codeOf = (parts: Iterable<string>): Promise<string> =>
    sql
      .begin((transaction) => copyIn(transaction, INTO, parts))
      .then(
        () => 'written',
        (error: unknown) => troubleOf(error).code,
      );
  const rows = async (): Promise<number> => (await sql`select count(*)::integer as count from copied`)[0]?.['count'];

  test('writes what its parts hold, wherever they end, and says how many rows', async () => {
    const counts = await sql.begin(async (transaction) => [
      await copyIn(transaction, INTO, ['1\to', 'ne\n2\t', 'two\n']),
      await copyIn(transaction, INTO, []),
      await copyIn(transaction, INTO, [Buffer.from('3\tby'), Buffer.from('tes\n')]),
    ]);
    expect(counts).toEqual([2, 0, 1]);
    expect(await sql`select text from copied where id < 7 order by id`).toEqual([
      { text: 'one' },
      { text: 'two' },
      { text: 'bytes' },
    ] as never);
  });

  test.each([
    ['at its end', ['7\tnew\n', '7\tthe same\n'], '23505'],
    [
      'while more of it is to come',
      ['not a number\tx\n', ...Array.from({ length: 200 }, () => 'x'.repeat(65_536))],
      '22P02',
    ],
    ['before it began', [], '42P01'],
  ])(
    'that the server refuses %s rejects with its error, and the connection is good for the next',
    async (when, parts, code) => {
      const before = await rows();
      const begun = when === 'before it began';
      const result = begun
        ? sql
            .begin((transaction) => copyIn(transaction, 'copy absent from stdin', parts))
            .catch((error) => troubleOf(error).code)
        : codeOf(parts);
      expect(await result).toBe(code);
      expect(await rows()).toBe(before);
      expect(await codeOf([`${before + 100}\tnext\n`])).toBe('written');
    },
  );

  test('whose connection ends in the middle rejects as one whose server is away', async () => {
    const own = openDatabase(database.owner, { name: 'ended', connections: 1, statementTimeoutMs: null });
    const parts = function* (): Generator<string> {
      yield '900\tfirst\n';
      void sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ended'`.execute();
      for (let index = 0; index < 2000; index++) yield `${1000 + index}\t${'x'.repeat(60_000)}\n`;
    };
    const result = own.begin((transaction) => copyIn(transaction, INTO, parts()));
    expect(await result.catch((error) => troubleOf(error).kind)).toBe('unreachable');
    await own.end({ timeout: 0 });
  });
});
