// PostgreSQL of one stack: made at the first start, started detached, stopped, recognised again.
// It listens on loopback only, with a generated password (scram-sha-256) and without a unix socket, whose path would be
// too long in a deep checkout. Its process is the one that postmaster.pid names, if its command line names our data.

import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { freePorts, isFree } from '../ports.ts';
import {
  isAlive,
  isOurs,
  readNumber,
  type StopStep,
  serverEnvironment,
  spawnDetached,
  stopProcess,
  stopStrays,
  untilReady,
} from '../process.ts';
import { run } from '../run.ts';
import { existingPlace, makeDirOf, preparePlace, type ServerPlace } from '../server-place.ts';
import { type ServerUser, serverUser } from '../system-user.ts';
import { ensureDatabase } from './databases.ts';
import { findPostgres, type PostgresPrograms } from './programs.ts';
import { makeRoles, setPasswords } from './roles.ts';

/** The administrator of a stack's server. None of our processes works as this role: see roles.ts. */
const ROLE = 'unrip';
const DATABASE = 'unrip';
const INIT_LIMIT_MS = 120_000;
/** Long enough for recovery after a crash in the middle of much writing. */
const START_LIMIT_MS = 60_000;
const START_TRIES = 3;
/** The immediate shutdown, which writes nothing more and which the next start recovers from. */
const STOP_AT_ONCE: readonly StopStep[] = [
  { signal: 'SIGQUIT', limitMs: 10_000 },
  { signal: 'SIGKILL', limitMs: 5_000 },
];
const STOP: readonly StopStep[] = [{ signal: 'SIGINT', limitMs: 20_000 }, ...STOP_AT_ONCE];

export type PostgresOptions = {
  readonly progress: (line: string) => void;
  readonly port?: number;
  /** Instead of those of a stack. */
  readonly settings?: Readonly<Record<string, string>>;
};
export type RunningPostgres = {
  /** As the administrator; the database is that of the stack. */
  readonly adminUrl: string;
  readonly version: string;
};
export type PostgresStatus = { readonly up: boolean; readonly pid: number | null; readonly port: number | null };

/** Brings the server in `dir` up, unless it already answers; the caller holds the stack's lock. */
export async function ensurePostgres(dir: string, options: PostgresOptions): Promise<RunningPostgres> {
  const status = postgresStatus(dir);
  if (status.up && status.port !== null) {
    if (options.port !== undefined && options.port !== status.port) {
      throw new Error(`PostgreSQL already runs on port ${status.port}, not ${options.port}: run stack down first`);
    }
    const version = await serverVersion(urlOf(dir, status.port, 'postgres'));
    if (version !== null) return await ready(dir, status.port, version);
    // It runs but does not answer (it may be ending): start again.
    await stopPostgres(dir);
  }
  return await startPostgres(dir, options);
}

/** What is in the directory and in the table of processes; asks the server nothing. */
export function postgresStatus(dir: string): PostgresStatus {
  const place = existingPlace(dir);
  const pid = readNumber(join(place.dataDir, 'postmaster.pid'));
  const up = pid !== null && isOurs(pid, marksOf(place));
  return { up, pid: up ? pid : null, port: readPort(dir) };
}

/** Ends the server; transactions under way are rolled back. Does nothing when it does not run. */
export async function stopPostgres(dir: string): Promise<boolean> {
  const place = existingPlace(dir);
  const { pid } = postgresStatus(dir);
  if (pid === null) return false;
  await stopProcess(pid, marksOf(place), STOP);
  return true;
}

/** Ends every server, and whatever makes the data of one, in the directories below this one; for data that nobody needs any more. */
export async function endPostgresBelow(dir: string): Promise<void> {
  await stopStrays([`-D ${dir}/`], STOP_AT_ONCE);
}

async function startPostgres(dir: string, options: PostgresOptions): Promise<RunningPostgres> {
  const user = serverUser('postgres');
  const place = await preparePlace(dir, { user, marksOf, stop: STOP_AT_ONCE });
  if (place.elsewhere) {
    options.progress(`PostgreSQL's data lie in ${place.folder}: user ${user.name} cannot reach ${dir}`);
  }
  // Before anything is made: a server whose directory was deleted would write its end into the new one of that name.
  await stopStrays(marksOf(place), STOP_AT_ONCE);
  const programs = await findPostgres(user, majorOfData(place, user), options.progress);
  if (majorOfData(place, user) === null) {
    await initialise(dir, { place, programs, user, progress: options.progress });
  }
  discardStrangersPidFile(place);
  for (let tries = 1; ; tries++) {
    const port = options.port ?? usablePort(dir);
    try {
      const version = await startOn({ port, dir, place, programs, user, settings: options.settings ?? {} });
      writeFileSync(join(dir, 'port'), `${port}\n`, { mode: 0o600 });
      return await ready(dir, port, version);
    } catch (error) {
      // Somebody may have taken the port between the check and the bind.
      if (options.port !== undefined || isFree(port) || tries === START_TRIES) throw error;
    }
  }
}

type Start = {
  readonly port: number;
  readonly dir: string;
  readonly place: ServerPlace;
  readonly programs: PostgresPrograms;
  readonly user: ServerUser;
  readonly settings: Readonly<Record<string, string>>;
};

async function startOn({ port, dir, place, programs, user, settings: over }: Start): Promise<string> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...over,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logFile = join(dir, 'postgres.log');
  const child = spawnDetached(user.as([join(programs.binDir, 'postgres'), '-D', place.dataDir, ...flags]), {
    logFile,
    cwd: place.folder,
    env: serverEnvironment(),
  });
  return await untilReady(child, {
    what: `PostgreSQL ${programs.version}`,
    limitMs: START_LIMIT_MS,
    logFile,
    probe: async () => await serverVersion(urlOf(dir, port, 'postgres')),
  });
}

async function ready(dir: string, port: number, version: string): Promise<RunningPostgres> {
  await ensureDatabase(urlOf(dir, port, 'postgres'), DATABASE);
  const adminUrl = urlOf(dir, port, DATABASE);
  await makeRoles(adminUrl);
  await setPasswords(adminUrl);
  return { adminUrl, version };
}

type NewServer = {
  readonly place: ServerPlace;
  readonly programs: PostgresPrograms;
  readonly user: ServerUser;
  readonly progress: (line: string) => void;
};

async function initialise(dir: string, { place, programs, user, progress }: NewServer): Promise<void> {
  progress(`PostgreSQL ${programs.version}: making a new database cluster in ${place.dataDir}`);
  const password = randomBytes(24).toString('base64url');
  const passwordFile = join(place.folder, 'initial-password');
  rmSync(place.unfinishedDir, { recursive: true, force: true });
  await makeDirOf(place.unfinishedDir, user);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user.uid !== null && user.gid !== null) chownSync(passwordFile, user.uid, user.gid);
  try {
    const flags = ['-U', ROLE, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C'];
    await run(user.as([join(programs.binDir, 'initdb'), '-D', place.unfinishedDir, ...flags]), {
      cwd: place.folder,
      env: serverEnvironment(),
      limitMs: INIT_LIMIT_MS,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  writeFileSync(join(dir, 'password'), password, { mode: 0o600 });
  renameSync(place.unfinishedDir, place.dataDir);
}

/**
 * PostgreSQL refuses to start while the process of postmaster.pid lives, even where a crash and a new boot gave that
 * number to a stranger. When nobody has the number the file stays: PostgreSQL then looks itself for what is left.
 */
function discardStrangersPidFile(place: ServerPlace): void {
  const file = join(place.dataDir, 'postmaster.pid');
  const pid = readNumber(file);
  if (pid !== null && isAlive(pid) && !isOurs(pid, marksOf(place))) rmSync(file);
}

function marksOf(place: ServerPlace): readonly string[] {
  return [`-D ${place.dataDir} `];
}

/** Major version that made the data; null when there are none yet. */
function majorOfData(place: ServerPlace, user: ServerUser): number | null {
  const said = Bun.spawnSync(user.as(['cat', join(place.dataDir, 'PG_VERSION')]), {
    cwd: '/',
    env: serverEnvironment(),
    stderr: 'ignore',
  });
  return said.exitCode === 0 ? Number.parseInt(said.stdout.toString(), 10) : null;
}

/** The port of last time, so that a URL stays good over restarts, unless somebody else has it now. */
function usablePort(dir: string): number {
  const last = readPort(dir);
  if (last !== null && isFree(last)) return last;
  const [port] = freePorts(1);
  if (port === undefined) throw new Error('no free port for PostgreSQL');
  return port;
}

function readPort(dir: string): number | null {
  return readNumber(join(dir, 'port'));
}

function urlOf(dir: string, port: number, database: string): string {
  const file = join(dir, 'password');
  if (!existsSync(file)) {
    throw new Error(`${file} is missing, and without it the data cannot be opened: remove ${dir} to start afresh`);
  }
  return `postgres://${ROLE}:${readFileSync(file, 'utf8')}@127.0.0.1:${port}/${database}`;
}

/** The server's version, as the answer to a query; null when it does not answer. */
async function serverVersion(url: string): Promise<string | null> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    const [row] = await sql<
      { version: string }[]
    >`select split_part(current_setting('server_version'), ' ', 1) as version`;
    return row?.version ?? null;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') {
      throw new Error('PostgreSQL refuses the password of this stack: remove its directory to start afresh');
    }
    return null;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
