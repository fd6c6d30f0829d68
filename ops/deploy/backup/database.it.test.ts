// A history that is backed up while it is written, and put back into an empty database: the history-writer goes on from there, and has
// every record once.

import { expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import { openJournal } from '../../../engine/journal/fixtures.ts';
import { recentText } from '../../../sidecars/history-writer/fixtures.ts';
import { migrateTo } from '../../cli/migrate.ts';
import { freshDatabase } from '../../testing/database.ts';
import type { Produced } from '../../testing/history/produce.ts';
import { startWriterProcess } from '../../testing/history/writer-process.ts';
import { makeHarness } from '../../testing/history-writer.ts';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { scriptWith } from './scripts.fixture.ts';

const LIMIT_MS = 120_000;
const PARTITIONS = 6;
const silent = (): void => {};

const demands = (label: string, count: number): Produced[] =>
  Array.from({ length: count }, (_, index) => ({
    topic: 'norm.swap_demand',
    partition: index % PARTITIONS,
    value: recentText('norm.swap_demand', { event_id: randomUUID(), payload: { quote_id: `${label}-${index}` } }),
  }));

describeWith(['kafka', 'database', 'pg_dump'], 'a backup of the history', ({ kafka }) => {
  test(
    'that was made while it was written goes on in an empty database: each record once, for the roles that it had',
    async () => {
      using dir = tempDir('history');
      const journal = openJournal(join(dir.path, 'state'));
      await journal.close({ kind: 'closed', atMs: 1 });
      await using harness = await makeHarness('backup');
      const writer = await harness.startWriter();
      await harness.produce(demands('before', 500));
      await harness.waitForRows('swap_demand_events', 100);

      const [backup] = await Promise.all([
        scriptWith(
          { DATABASE_OWNER_URL: harness.ownerUrl },
          'backup',
          join(dir.path, 'state'),
          join(dir.path, 'backups'),
        ),
        harness.produce(demands('meanwhile', 2000)),
      ]);
      expect(backup).toMatchObject({ code: 0, err: '' });
      await harness.waitForRows('swap_demand_events', 2500);
      await writer[Symbol.asyncDispose]();
      await harness.produce(demands('since', 100));

      await using database = await freshDatabase('restored');
      const restore = () => scriptWith({ DATABASE_OWNER_URL: database.owner }, 'restore-database', backup.out);
      expect(await restore()).toMatchObject({ code: 0, err: '' });
      expect(await restore()).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') });
      expect(await migrateTo({ url: database.owner, variable: 'DATABASE_OWNER_URL' }, false, silent)).toBe(0);

      const sql = openDatabase(database.reader, { name: 'test', connections: 1, statementTimeoutMs: null });
      try {
        const count = async () => {
          const [row] = await sql<{ rows: number; events: number; quotes: number }[]>`
            select count(*)::integer as rows, count(distinct event_id)::integer as events,
              count(distinct quote_id)::integer as quotes from swap_demand_events`;
          return row ?? { rows: 0, events: 0, quotes: 0 };
        };
        expect((await count()).rows).toBeGreaterThanOrEqual(100);
        await using _writer = await startWriterProcess({
          ...{ brokers: kafka.brokers, databaseUrl: database.writer, group: harness.group, prefix: harness.prefix },
          env: {},
        });
        await waitFor(async () => (await count()).rows >= 2600, { what: 'what the backup lacks', limitMs: LIMIT_MS });
        expect(await count()).toEqual({ rows: 2600, events: 2600, quotes: 2600 });
        // A setting of the database is in no dump.
        expect(await sql`show jit`).toMatchObject([{ jit: 'off' }]);
      } finally {
        await sql.end({ timeout: 2 });
      }
    },
    2 * LIMIT_MS,
  );
});
