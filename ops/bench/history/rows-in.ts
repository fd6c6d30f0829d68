// How many records of the backlog are in the tables.

import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';

/** @param url of the database @param accountId of the backlog: a writer's own records have none of it */
export async function rowsIn(url: string, accountId: string): Promise<number> {
  const sql = openDatabase(url, { name: 'unrip-bench', connections: 1, statementTimeoutMs: null });
  try {
    const [row] = await sql`
      select (select count(*) from raw_near_intents_quotes where account_id = ${accountId})
        + (select count(*) from swap_demand_events where account_id = ${accountId})
        + (select count(*) from trade_decisions where account_id = ${accountId})
        + (select count(*) from execute_trade_commands where account_id = ${accountId})
        + (select count(*) from trade_execution_results where account_id = ${accountId}) as rows`;
    return Number(row?.['rows']);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
