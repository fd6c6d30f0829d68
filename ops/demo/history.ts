// What PostgreSQL holds of one run: how far history is, what was decided and why, what settled, how many rows there are.

import postgres from 'postgres';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';

export type RequestKind = 'exact_in' | 'exact_out';
export type Direction = 'BTC->EURe' | 'EURe->BTC';

export type SettledQuote = {
  readonly quoteId: string;
  readonly direction: Direction;
  readonly kind: RequestKind;
};

export type History = {
  decisions(): Promise<number>;
  /** Decisions that rejected, by reason, the most frequent first. */
  rejectedByReason(): Promise<readonly Count[]>;
  /** Attempts by the code of a result that ended them without a settlement, the most frequent first. */
  resultsByCode(): Promise<readonly Count[]>;
  /** In the order of their settlement. */
  settled(): Promise<readonly SettledQuote[]>;
  rowsByTable(): Promise<readonly Count[]>;
  close(): Promise<void>;
};

export type Count = { readonly name: string; readonly count: number };

/** Of one account; the rows by table are those of the whole database. */
export function openHistory(databaseUrl: string, accountId: string): History {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  return {
    async decisions() {
      const rows = await sql<{ count: number }[]>`
        select count(*)::int as count from trade_decisions where account_id = ${accountId}`;
      return rows[0]?.count ?? 0;
    },
    async rejectedByReason() {
      return await sql<Count[]>`
        select decision_reason as name, count(*)::int as count from trade_decisions
        where account_id = ${accountId} and decision_reason <> 'accepted'
        group by decision_reason order by count desc, name`;
    },
    async resultsByCode() {
      return await sql<Count[]>`
        select result_code as name, count(*)::int as count from trade_execution_results
        where account_id = ${accountId}
        group by result_code order by count desc, name`;
    },
    async settled() {
      const rows = await sql<{ quote_id: string; direction: Direction; request_kind: RequestKind }[]>`
        select d.quote_id, d.direction, d.request_kind
        from trade_execution_results r
        join trade_decisions d using (account_id, quote_id)
        where r.account_id = ${accountId} and r.status = 'settled'
        order by r.at, r.quote_id`;
      return rows.map(({ quote_id, direction, request_kind }) => ({
        quoteId: quote_id,
        direction,
        kind: request_kind,
      }));
    },
    async rowsByTable() {
      const counts: Count[] = [];
      for (const { name } of Object.values(TABLES)) {
        const rows = await sql<{ count: number }[]>`select count(*)::int as count from ${sql(name)}`;
        counts.push({ name, count: rows[0]?.count ?? 0 });
      }
      return counts;
    },
    close: () => sql.end({ timeout: 2 }),
  };
}
