// PostgreSQL refuses to run as root. As root, its programs run as another user that the machine already has; otherwise
// as whoever calls. The way of changing user is the first of setpriv, runuser and su that proves to work here.

import { toolEnvironment } from './tool-environment.ts';

/** Users that may own the data, in order; `nobody` exists nearly everywhere. */
const USERS = ['postgres', 'nobody'] as const;

export type ServerUser = {
  /** Null: the caller itself. */
  readonly name: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** The same command, run as this user. */
  as(argv: readonly string[]): string[];
};

const CALLER: ServerUser = { name: null, uid: null, gid: null, as: (argv) => [...argv] };

/** The user that PostgreSQL runs as. */
export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return CALLER;
  for (const name of USERS) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid === null || gid === null) continue;
    for (const as of waysToBecome(name, uid, gid)) {
      if (succeeds(as(['true']))) return { name, uid, gid, as };
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and none of the users ${USERS.join(', ')} could be used through setpriv, runuser ` +
      'or su; run ./unrip as an ordinary user',
  );
}

/** Whether this user can use the directory, whatever the modes and lists of access on the way are. */
export function canEnter(user: ServerUser, dir: string): boolean {
  return succeeds(user.as(['sh', '-c', 'cd "$1"', 'sh', dir]));
}

function waysToBecome(name: string, uid: number, gid: number): readonly ServerUser['as'][] {
  return [
    (argv) => ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--', ...argv],
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
