// Whether everything that an engine recorded in a run has arrived at the other end: a decision for each quote that it was sent, a
// command and a result for each that it answered, read from PostgreSQL.

import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';

export type Expectation = {
  readonly accountId: string;
  /** Of the ids of the measured quotes; those of the others go on behind it. */
  readonly prefix: string;
  readonly quotes: number;
  readonly answers: number;
  /** Quotes that were dropped undecided, as is meant when they come faster than they can be handled. */
  readonly shed: number;
};

export type Arrived = Expectation & {
  readonly decisions: number;
  readonly commands: number;
  readonly results: number;
  /** From the end of the measurement until the last one was there, or was given up. */
  readonly afterMs: number;
  /** How many of the measured quotes were not answered, by the reason of the decision. */
  readonly rejected: Readonly<Record<string, number>>;
};

/** Given up when nothing has come for so long. */
const IDLE_LIMIT_MS = 30_000;
const EVERY_MS = 1_000;

/** @param readerUrl of the database that history-writer writes */
export async function waitArrived(readerUrl: string, expected: Expectation): Promise<Arrived> {
  const sql = openDatabase(readerUrl, { name: 'unrip-bench', connections: 1, statementTimeoutMs: null });
  const startMs = performance.now();
  let changedMs = startMs;
  let last: Counts = { decisions: -1, commands: -1, results: -1 };
  try {
    for (;;) {
      const counts = await countsOf(sql, expected);
      const nowMs = performance.now();
      const arrived = { ...expected, ...counts };
      if (sumOf(counts) > sumOf(last)) changedMs = nowMs;
      if (missingOf(arrived) === 0 || nowMs - changedMs > IDLE_LIMIT_MS) {
        return { ...arrived, afterMs: nowMs - startMs, rejected: await rejectedOf(sql, expected) };
      }
      last = counts;
      await Bun.sleep(EVERY_MS);
    }
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** How many records have not arrived. More than expected is none: an engine may decide on a quote whose answer came too late to be counted. */
export function missingOf({ quotes, answers, shed, decisions, commands, results }: Expectation & Counts): number {
  const lacking = (have: number, wanted: number): number => Math.max(0, wanted - have);
  return lacking(decisions, quotes - shed) + lacking(commands, answers) + lacking(results, answers);
}

type Counts = Pick<Arrived, 'decisions' | 'commands' | 'results'>;

const sumOf = ({ decisions, commands, results }: Counts): number => decisions + commands + results;

async function countsOf(sql: ReturnType<typeof openDatabase>, { accountId, prefix }: Expectation): Promise<Counts> {
  // Distinct: a record that was sent twice must not stand for another that is missing.
  const count = (table: string, column: string) =>
    sql`select count(distinct ${sql(column)})::integer as count from ${sql(table)}
        where account_id = ${accountId} and starts_with(${sql(column)}, ${`${prefix}-`})`;
  const of = async (table: string, column: string): Promise<number> =>
    Number((await count(table, column))[0]?.['count'] ?? 0);
  return {
    decisions: await of('trade_decisions', 'quote_id'),
    commands: await of('execute_trade_commands', 'quote_id'),
    results: await of('trade_execution_results', 'quote_id'),
  };
}

async function rejectedOf(
  sql: ReturnType<typeof openDatabase>,
  { accountId, prefix }: Expectation,
): Promise<Readonly<Record<string, number>>> {
  const rows = await sql`
    select decision_reason as reason, count(*)::integer as count from trade_decisions
    where account_id = ${accountId} and quote_id ~ ${`^${prefix}-[0-9]+$`} and decision <> 'accepted'
    group by decision_reason order by count(*) desc`;
  return Object.fromEntries(rows.map((row) => [String(row['reason']), Number(row['count'])]));
}
