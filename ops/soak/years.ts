// Five years of history and a million quotes in a PostgreSQL of default settings: five sessions at once trace quotes and run
// every documented query and check, each within a second. The database is one of its own, removed at the end.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { type OwnPostgres, startOwnPostgres } from '../testing/own-postgres.ts';
import type { Soak } from '../testing/run/soak.ts';
import { fillYears, wholeQuoteOf, type YearsPlan } from '../years/fill.ts';
import { runSessions } from '../years/sessions.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-years');
const LIMIT_MS = 1000;
/** The first round reads from disk what the next finds in memory; both count. */
const ROUNDS = 2;

export const soak: Soak = {
  name: 'years',
  summary: 'every documented query on 60 months and a million quotes, five sessions at once (--quotes, --months)',
  async run(args) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    rmSync(DIR, { recursive: true, force: true });
    const server = await startOwnPostgres(DIR, (line) => console.log(line));
    try {
      return await runOn(server, plan);
    } finally {
      await server.remove();
    }
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[]): YearsPlan | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { quotes: { type: 'string', default: '1000000' }, months: { type: 'string', default: '60' } },
    });
    const [quotes, months] = [values.quotes, values.months].map((text) =>
      /^[0-9]{1,7}$/.test(text) ? Number(text) : -1,
    );
    if (quotes === undefined || quotes < 1000) return '--quotes must be a whole number from 1000 to 9999999';
    if (months === undefined || months < 1 || months > 240) return '--months must be a whole number from 1 to 240';
    return { quotes, months };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runOn({ database }: OwnPostgres, plan: YearsPlan): Promise<number> {
  const sql = openDatabase(database.owner, { name: 'unrip-years', connections: 1, statementTimeoutMs: null });
  try {
    await migrate(sql, readMigrations());
    console.log(`${plan.quotes} quotes over ${plan.months} months`);
    await fillYears(sql, plan, (line) => console.log(line));
    const [size] = await sql`select pg_size_pretty(pg_database_size(current_database())) as size`;
    console.log(`the database has ${size?.['size']}`);
  } finally {
    await sql.end({ timeout: 5 });
  }
  const quotes = [0, 1, 2, 3, 4].map((index) => wholeQuoteOf(index % Math.ceil(plan.quotes / 10_000)));
  let failed = false;
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name, ms, rows, problems } of await runSessions(database.reader, quotes)) {
      const bad = problems.length > 0 || ms > LIMIT_MS;
      failed ||= bad;
      console.log(
        `${bad ? 'NOT SO' : '    ok'} ${ms.toFixed(0).padStart(6)} ms ${String(rows).padStart(6)} rows  ${name}`,
      );
      for (const problem of new Set(problems)) console.log(`       ${problem}`);
    }
  }
  return failed ? EXIT.failure : EXIT.ok;
}
