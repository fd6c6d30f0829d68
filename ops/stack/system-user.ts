// As root, each server of a stack runs as an unprivileged user of its own, so that neither reaches the other's data nor
// anything else; PostgreSQL refuses root in any case. Otherwise they run as whoever calls. The user is one that the machine
// has for that server, else one that is made. The way of changing user is the first of setpriv, runuser and su that works here.

import { mkdirSync } from 'node:fs';
import { cacheDir } from './directory.ts';
import { toolEnvironment } from './tool-environment.ts';

export type ServerName = 'kafka' | 'postgres';

type Names = {
  /** Users of the server, in order. */
  readonly own: readonly string[];
  /** Made when none of them exists. */
  readonly made: string;
  /** Where none can be made: exists nearly everywhere, and is another one for each server. */
  readonly last: string;
};

const NAMES: { readonly [Name in ServerName]: Names } = {
  kafka: { own: ['kafka', 'unrip-kafka'], made: 'unrip-kafka', last: 'daemon' },
  postgres: { own: ['postgres', 'unrip-postgres'], made: 'unrip-postgres', last: 'nobody' },
};

export type ServerUser = {
  /** Null: the caller itself. */
  readonly name: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** The same command, run as this user. */
  as(argv: readonly string[]): string[];
};

const CALLER: ServerUser = { name: null, uid: null, gid: null, as: (argv) => [...argv] };

/** The user that a server runs as. */
export function serverUser(server: ServerName): ServerUser {
  if (process.getuid?.() !== 0) return CALLER;
  const { own, made, last } = NAMES[server];
  const found = firstUsable(own);
  if (found !== null) return found;
  makeUser(made);
  const other = firstUsable([made, last]);
  if (other !== null) return other;
  throw new Error(
    `${server} is not run as root, and none of the users ${[...own, last].join(', ')} could be used through setpriv, ` +
      'runuser or su; run ./unrip as an ordinary user',
  );
}

function firstUsable(names: readonly string[]): ServerUser | null {
  for (const name of names) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid === null || gid === null || uid === 0) continue;
    for (const as of waysToBecome(name, uid, gid)) {
      if (succeeds(as(['true']))) return { name, uid, gid, as };
    }
  }
  return null;
}

/** Does nothing where it cannot be done, and nothing when another start has just done it. */
function makeUser(name: string): void {
  const flags = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell'];
  for (const argv of [
    ['useradd', ...flags, '/usr/sbin/nologin', name],
    ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', name],
  ]) {
    if (idOf('-u', name) === null) succeeds(argv);
  }
}

/** Whether this user can use the directory, whatever the modes and lists of access on the way are. */
export function canEnter(user: ServerUser, dir: string): boolean {
  return succeeds(user.as(['sh', '-c', 'cd "$1"', 'sh', dir]));
}

/** Where lies what other users have to reach when root's own directories are closed to them: programs and data of servers, files of tests. */
export const SHARED_DIRECTORY = '/var/lib/unrip';

/** The cache that this user can read programs from. */
export function reachableCache(user: ServerUser): string {
  const own = cacheDir();
  mkdirSync(own, { recursive: true });
  if (user.name === null || canEnter(user, own)) return own;
  mkdirSync(SHARED_DIRECTORY, { recursive: true, mode: 0o755 });
  return SHARED_DIRECTORY;
}

function waysToBecome(name: string, uid: number, gid: number): readonly ServerUser['as'][] {
  const setpriv = ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  // No way back either: nothing that it runs can get rights that it has not.
  const forGood = ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'];
  return [
    (argv) => [...setpriv, ...forGood, '--', ...argv],
    (argv) => [...setpriv, '--', ...argv],
    (argv) => ['runuser', '-u', name, '--', ...argv],
    (argv) => ['su', '-s', '/bin/sh', name, '-c', `exec ${argv.map(quoted).join(' ')}`],
  ];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function succeeds(argv: readonly string[]): boolean {
  try {
    return (
      Bun.spawnSync([...argv], { cwd: '/', env: toolEnvironment(), stdio: ['ignore', 'ignore', 'ignore'] }).exitCode ===
      0
    );
  } catch {
    // The program does not exist.
    return false;
  }
}

function idOf(flag: '-u' | '-g', name: string): number | null {
  const id = Bun.spawnSync(['id', flag, name], { env: toolEnvironment(), stderr: 'ignore' });
  return id.exitCode === 0 ? Number(id.stdout.toString().trim()) : null;
}
