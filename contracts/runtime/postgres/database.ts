// Connections to PostgreSQL, and what an error of one means: whether the server is away (try again), the records are at
// fault (trying again cannot help), or a person has to correct something.

import postgres from 'postgres';
import { type DatabaseAddress, databaseHostOf, parseDatabaseUrl } from '../../database-url.ts';
import { withoutSecrets } from '../log/redact.ts';

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

/**
 * Connects when the first statement is sent, and again by itself after a loss; of several hosts, to one that may be written
 * to. @param url as the configuration took it
 */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const parsed = parseDatabaseUrl(url);
  if (!parsed.ok) throw new Error(`the URL of the database ${parsed.problem}`);
  const limit = options.statementTimeoutMs === null ? {} : { statement_timeout: options.statementTimeoutMs };
  return postgres({
    ...placeOf(parsed.value),
    max: options.connections,
    connect_timeout: CONNECT_SECONDS,
    backoff: (retries: number) => Math.min(2 ** retries / 100, RECONNECT_SECONDS_MAX),
    connection: { application_name: options.name, ...SESSION, ...parsed.value.settings, ...limit },
    // Types of the server are not asked for: everything is sent as text and cast by the statements.
    fetch_types: false,
    onnotice: () => undefined,
  });
}

/** Where and as whom to connect, in the words of the driver, whose own reading of URLs knows fewer forms. */
function placeOf(address: DatabaseAddress): postgres.Options<Record<string, postgres.PostgresType>> {
  const { hosts, user, password, database, sslMode, prepare, sessionAttrs } = address;
  const [first] = hosts;
  const socket = first?.host.startsWith('/') ? `${first.host}/.s.PGSQL.${first.port}` : null;
  // The driver takes `verify-ca` for less than it is, and a certificate without its host is worth little.
  const ssl = sslMode === 'disable' || socket !== null ? false : sslMode === 'verify-ca' ? 'verify-full' : sslMode;
  return {
    // Lists, which the driver takes and its types do not know: in a text it would split an IPv6 address.
    host: (socket === null ? hosts.map(({ host }) => host) : ['localhost']) as unknown as string,
    port: hosts.map(({ port }) => port) as unknown as number,
    ...(socket === null ? {} : { path: socket }),
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
    ...(database === null ? {} : { database }),
    ssl,
    prepare,
    ...(sessionAttrs === 'any' ? {} : { target_session_attrs: sessionAttrs }),
  };
}

export type DatabaseTrouble = {
  /** `unreachable`: no server, or none that works now; `refused`: login or rights; `data`: what was sent; `other`. */
  readonly kind: 'unreachable' | 'refused' | 'data' | 'other';
  /** SQLSTATE, or the client's code. */
  readonly code: string;
  /** Without secrets. */
  readonly message: string;
};

/**
 * SQLSTATE classes: connection, resources, operator intervention; rollbacks that a second try may pass; and a server that has
 * become a standby, which is left for the one that took over.
 */
const UNREACHABLE = /^(?:08(?!P01)|53|57|40|55|25006)/;
/**
 * Objects, rights and prepared statements that are missing, what the server does not do, and its files that are damaged: no record is
 * to blame.
 */
const OF_SERVER = /^(?:42|0A|25|26|2B|3F|58|23|XX00[12])/;
const NO_RIGHT = '42501';
const REFUSED = /^(?:28|3D|42501)/;
/**
 * Values out of range, constraints, a row too large for an index. What our schema demands to be filled is filled by every
 * record that was taken, and it has no foreign keys: those constraints are somebody else's.
 */
const DATA = /^(?:22|23(?!502|503|P01)|54)/;
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

/** Whether an error, of which nothing else is known, may come from what was sent and not from server or connection. */
export const isOfRecord = ({ kind, code }: DatabaseTrouble): boolean =>
  kind === 'data' || (kind === 'other' && !OF_SERVER.test(code));

/** A pooler between us and PostgreSQL: what it refuses, and the setting that helps; null: it is not that. */
function poolerAdvice(code: string, message: string, variable: string): string | null {
  const parameter = /unsupported startup parameter(?: in options)?: "?(\w+)/.exec(message)?.[1];
  if (parameter !== undefined) {
    return `The connection pooler refuses the session setting ${parameter}: add it to ignore_startup_parameters of PgBouncer, or set ${variable} to the server itself.`;
  }
  if (code !== '26000' && code !== '42P05') return null;
  return `A connection pooler in transaction mode without prepared statements is in between: add ?prepare=false to ${variable}, set max_prepared_statements of PgBouncer above 0, or set ${variable} to the server itself.`;
}

/** Which database a command was to use, and the variable that says so. */
export type NamedDatabase = { readonly url: string; readonly variable: string };

/** One paragraph for a person who started a command: what went wrong at which server, and what to do. */
export function explainDatabase(error: unknown, { url, variable }: NamedDatabase): string {
  const { kind, code, message } = troubleOf(error);
  const server = `PostgreSQL at ${databaseHostOf(url)}`;
  const advice = poolerAdvice(code, message, variable);
  if (advice !== null) return `${server} refuses (${message}, ${code}). ${advice}`;
  switch (kind) {
    case 'unreachable':
      return `${server} cannot be reached (${message}). Start it (./unrip stack up starts one for this checkout), or set ${variable} to one that runs.`;
    case 'refused':
      return `${server} refuses (${message}, ${code}). ${
        code === NO_RIGHT
          ? 'This role lacks the right. The owner migrates (DATABASE_OWNER_URL), which grants writer and reader their rights; the history-writer writes (DATABASE_URL), trace reads (DATABASE_READER_URL).'
          : `Set ${variable} to a role and database that exist, with the right password.`
      }`;
    default:
      return `${server} answered with an error: ${message}${code === '' ? '' : ` (${code})`}.`;
  }
}
