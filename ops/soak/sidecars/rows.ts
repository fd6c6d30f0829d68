// What history says after a run of kills, read back from PostgreSQL.

import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import { TABLES } from '../../../sidecars/history-writer/postgres/tables.ts';
import type { DepositRow, ObservationRow, Rows } from './judge.ts';

export async function readRows(databaseUrl: string): Promise<Rows> {
  const sql = openDatabase(databaseUrl, { name: 'unrip-soak', connections: 1, statementTimeoutMs: null });
  try {
    const eventIds = new Map<string, readonly string[]>();
    for (const { name } of Object.values(TABLES)) {
      const rows = await sql.unsafe<{ event_id: string }[]>(`select event_id from ${name}`);
      eventIds.set(
        name,
        rows.map((row) => row.event_id),
      );
    }
    const observations = await sql<ObservationRow[]>`
      select distinct on (funding_observation_id) funding_observation_id as id, status, tx_hash as "txHash",
             liquidity_action_id as "actionId", bridge_deposit_tx_hash as "bridgeTxHash"
      from funding_observations order by funding_observation_id, observation_seq desc`;
    const deposits = await sql<DepositRow[]>`
      select distinct on (liquidity_action_id) liquidity_action_id as id, status, funding_observation_id as "observationId"
      from liquidity_actions where kind = 'deposit' order by liquidity_action_id, transition_seq desc`;
    return { eventIds, observations, deposits };
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** How many rows the table of a topic has now; null: the server does not answer. */
export const countRows = (databaseUrl: string, table: string): Promise<number | null> =>
  countOf(databaseUrl, `select count(*)::integer as count from ${table}`);

/** How many deposits have been seen on their chain and credited; null: the server does not answer. */
export const countCredited = (databaseUrl: string): Promise<number | null> =>
  countOf(
    databaseUrl,
    "select count(distinct tx_hash)::integer as count from funding_observations where status = 'credited'",
  );

async function countOf(databaseUrl: string, query: string): Promise<number | null> {
  const sql = openDatabase(databaseUrl, { name: 'unrip-soak', connections: 1, statementTimeoutMs: 5_000 });
  try {
    const [row] = await sql.unsafe<{ count: number }[]>(query);
    return row?.count ?? 0;
  } catch {
    return null;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
