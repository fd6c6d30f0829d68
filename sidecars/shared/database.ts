// Connections to PostgreSQL, and what an error of one means: whether the server is away (try again), the records are at
// fault (trying again cannot help), or something has to be mended by a person.

import postgres from 'postgres';
import { hostOf, withoutSecrets } from '../../contracts/runtime/showable.ts';

export type Database = postgres.Sql;
export type Transaction = postgres.TransactionSql;

/** Any other session setting is the server's. */
const SESSION = {
  TimeZone: 'UTC',
  // A row counts as written when it is on disk, whatever the server's default is.
  synchronous_commit: 'on',
} as const;

const CONNECT_SECONDS = 5;
/** The driver's own rule lets a lost connection wait for up to 20 s, and history with it. */
const RECONNECT_SECONDS_MAX = 1;

export type DatabaseOptions = {
  /** Shown by the server in pg_stat_activity. */
  readonly name: string;
  readonly connections: number;
  /** Longest statement; null: no limit. */
  readonly statementTimeoutMs: number | null;
};

/** Connects when the first statement is sent, and again by itself after a loss. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const limit = options.statementTimeoutMs === null ? {} : { statement_timeout: options.statementTimeoutMs };
  return postgres(url, {
    max: options.connections,
    connect_timeout: CONNECT_SECONDS,
    backoff: (retries: number) => Math.min(2 ** retries / 100, RECONNECT_SECONDS_MAX),
    connection: { application_name: options.name, ...SESSION, ...limit },
    // Types of the server are not asked for: everything is sent as text and cast by the statements.
    fetch_types: false,
    onnotice: () => undefined,
  });
}

export type DatabaseTrouble = {
  /** `unreachable`: no server, or none that works now; `refused`: login or rights; `data`: what was sent; `other`. */
  readonly kind: 'unreachable' | 'refused' | 'data' | 'other';
  /** SQLSTATE, or the client's code. */
  readonly code: string;
  /** Without secrets. */
  readonly message: string;
};

/** SQLSTATE classes: connection, resources, operator intervention; and rollbacks that a second try may pass. */
const UNREACHABLE = /^(?:08|53|57|40|55)/;
const REFUSED = /^(?:28|3D|42501)/;
/** Values out of range, constraints, a row too large for an index. */
const DATA = /^(?:22|23|54)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Total: anything that was thrown. */
export function troubleOf(error: unknown): DatabaseTrouble {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = withoutSecrets(error instanceof Error ? error.message : String(error));
  if (!SQLSTATE.test(code)) {
    const byClient = /^(?:CONNECT|CONNECTION_|ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE|FailedToOpen)/.test(code);
    return { kind: byClient ? 'unreachable' : 'other', code, message };
  }
  if (REFUSED.test(code)) return { kind: 'refused', code, message };
  if (UNREACHABLE.test(code)) return { kind: 'unreachable', code, message };
  return { kind: DATA.test(code) ? 'data' : 'other', code, message };
}

/** One paragraph for a person who started a command: what went wrong at which server, and what to do. */
export function explainDatabase(error: unknown, url: string): string {
  const { kind, code, message } = troubleOf(error);
  const server = `PostgreSQL at ${hostOf(url)}`;
  switch (kind) {
    case 'unreachable':
      return `${server} cannot be reached (${message}). Start it (./unrip stack up starts one for this checkout), or set DATABASE_URL to one that runs.`;
    case 'refused':
      return `${server} refuses (${message}, ${code}). Set DATABASE_URL to a role and database that exist, with the right password; the role must own the database's schema.`;
    default:
      return `${server} answered with an error: ${message}${code === '' ? '' : ` (${code})`}.`;
  }
}
