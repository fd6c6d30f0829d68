// A PostgreSQL server of a test's own, with the settings that a server has when nobody set any.

import { ensurePostgres, postgresStatus, stopPostgres } from '../stack/postgres/postgres.ts';
import { type DatabaseUrls, urlsOf } from '../stack/postgres/roles.ts';
import { removePlace } from '../stack/server-place.ts';
import { waitFor } from './wait.ts';

/** Connections of one that was killed may hold its memory for a moment. */
const START_AGAIN_LIMIT_MS = 60_000;

export type OwnPostgres = {
  readonly adminUrl: string;
  readonly database: DatabaseUrls;
  /** Transactions under way are rolled back. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again with what it had, where it was. */
  start(): Promise<void>;
  /** Ends the server and removes its data. */
  remove(): Promise<void>;
};

/** @param dir a folder for it, made when it is missing @param settings instead of the defaults */
export async function startOwnPostgres(
  dir: string,
  progress: (line: string) => void = () => {},
  settings: Readonly<Record<string, string>> = {},
): Promise<OwnPostgres> {
  const options = { progress, settings: { ...DEFAULTS, ...settings } };
  const { adminUrl } = await ensurePostgres(dir, options);
  const port = Number(new URL(adminUrl).port);
  return {
    adminUrl,
    database: urlsOf(adminUrl),
    async stop() {
      await stopPostgres(dir);
    },
    async kill() {
      const { pid } = postgresStatus(dir);
      if (pid !== null) process.kill(pid, 'SIGKILL');
      await waitFor(() => !postgresStatus(dir).up, { what: 'the end of PostgreSQL' });
    },
    async start() {
      const tryIt = () =>
        ensurePostgres(dir, { ...options, port }).then(
          () => true,
          () => false,
        );
      await waitFor(tryIt, { what: 'PostgreSQL to start again', limitMs: START_AGAIN_LIMIT_MS });
    },
    async remove() {
      await stopPostgres(dir);
      removePlace(dir);
    },
  };
}

/** Where the stack's servers differ from the defaults. */
const DEFAULTS = { max_connections: '100' } as const;
