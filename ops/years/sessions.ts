// Sessions of analysts at the same time: each traces a quote and runs every documented query and check on a connection of its
// own, all in the same order, so that equal ones meet. What fails is a result, so that all failures are seen at once.

import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { loadRecords } from '../trace/load.ts';
import { readChecks, readQueries, withQuote } from './documented.ts';

export type Measured = {
  readonly name: string;
  /** Longest of the sessions. */
  readonly ms: number;
  readonly rows: number;
  readonly problems: readonly string[];
};

const SESSIONS = 5;

/** @param quotes ids that the sessions ask for in turn */
export async function runSessions(url: string, quotes: readonly string[]): Promise<Measured[]> {
  const sessions = Array.from({ length: SESSIONS }, (_, index) => ({
    sql: openDatabase(url, { name: 'unrip-years', connections: 2, statementTimeoutMs: 60_000 }),
    quoteId: quotes[index % quotes.length] ?? '',
  }));
  try {
    const measured: Measured[] = [];
    for (const work of works()) {
      const all = await Promise.all(
        sessions.map(async ({ sql, quoteId }) => await timed(() => work.run(sql, quoteId))),
      );
      measured.push({
        name: work.name,
        ms: Math.max(...all.map(({ ms }) => ms)),
        rows: Math.min(...all.map(({ rows }) => rows)),
        problems: all.flatMap(({ problem }) => (problem === null ? [] : [problem])),
      });
    }
    return measured;
  } finally {
    for (const { sql } of sessions) await sql.end({ timeout: 2 });
  }
}

type Work = { readonly name: string; run(sql: Database, quoteId: string): Promise<number> };

function works(): Work[] {
  const connect: Work = { name: '(connect)', run: async (sql) => (await sql`select 1`).length };
  const trace: Work = {
    name: 'trace',
    async run(sql, quoteId) {
      const loaded = await loadRecords(sql, quoteId, null);
      if (loaded.kind !== 'found') throw new Error(`quote ${quoteId} is ${loaded.kind}`);
      return loaded.records.results.length;
    },
  };
  const documented = [...readQueries(), ...readChecks()].map(({ name, text }) => ({
    name,
    run: async (sql: Database, quoteId: string) => (await sql.unsafe(withQuote(text, quoteId))).length,
  }));
  return [connect, trace, ...documented];
}

async function timed(run: () => Promise<number>) {
  const startedAt = performance.now();
  try {
    return { rows: await run(), ms: performance.now() - startedAt, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { rows: 0, ms: performance.now() - startedAt, problem };
  }
}
