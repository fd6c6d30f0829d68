// One engine at a time on a state directory. Two locks are taken, and the kernel releases both however the process dies,
// SIGKILL included:
//   - a lock on the state directory and on the journal's directory themselves: nothing that is removed from them lets a
//     second engine in;
//   - an exclusive SQLite transaction on the small file `lock`, which is the lock that earlier versions of the engine know.
// A file next to it has the holder's pid, for the message only. While the journal is open, `ownership.ts` checks that what
// is locked is still what lies at these paths.
// Out of scope: file systems without working locks (some network mounts).

import { Database } from 'bun:sqlite';
import { chmodSync, closeSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwnFile } from '../../contracts/runtime/process/own-file.ts';
import { isLocked, lockDirectory } from './flock.ts';
import type { OwnedPath } from './ownership.ts';
import { JournalRefused } from './problems.ts';

const OWNER_ONLY = 0o600;

export type Lock = {
  /** The paths that have to stay what they are for as long as the lock is held. */
  readonly owned: readonly OwnedPath[];
  release(): void;
};

/** Takes the locks of both directories, which exist; throws `JournalRefused` when another process has one of them. */
export function acquireLock(stateDir: string, journalDirectory: string): Lock {
  const path = join(stateDir, 'lock');
  const holderPath = join(stateDir, 'lock.pid');
  const database = lockFile(path, stateDir, holderPath);
  const directories: number[] = [];
  const release = (): void => {
    for (const file of directories.splice(0)) closeSync(file);
    database.close();
  };
  try {
    for (const directory of [stateDir, journalDirectory]) {
      const file = lockDirectory(directory);
      if (file === null) throw inUse(stateDir, holderPath);
      directories.push(file);
    }
    writeOwnFile(holderPath, `${process.pid}\n`);
    const owned = [stateDir, journalDirectory, path].map((each) => {
      const { dev, ino } = statSync(each);
      return { path: each, dev, ino };
    });
    return { owned, release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Whether the process can be the engine that runs on the directory: somebody holds its lock, and the file next to it names no
 * other process. A file of an engine that was killed names a process too, by now perhaps one of somebody else.
 */
export function canBeHolder(stateDir: string, pid: number): boolean {
  if (!isLocked(stateDir)) return false;
  const holder = holderPid(join(stateDir, 'lock.pid'));
  return holder === null || holder === pid;
}

function lockFile(path: string, stateDir: string, holderPath: string): Database {
  const database = new Database(path);
  try {
    chmodSync(path, OWNER_ONLY);
    database.run('PRAGMA busy_timeout = 0');
    // Nothing is ever written to the database, so it needs no rollback file.
    database.run('PRAGMA journal_mode = MEMORY');
    database.run('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    const { code } = error as { code?: string };
    if (code === 'SQLITE_BUSY') throw inUse(stateDir, holderPath);
    if (code === 'SQLITE_NOTADB')
      throw new JournalRefused(`${path} is not a lock file of an engine: remove it; it contains no data`);
    throw error;
  }
}

const inUse = (stateDir: string, holderPath: string): JournalRefused =>
  new JournalRefused(
    `the journal in ${stateDir} is in use by ${holderOf(holderPath)}; stop that engine first, or set another STATE_DIR`,
  );

function holderOf(path: string): string {
  const pid = holderPid(path);
  return pid === null ? 'another process' : `process ${pid}`;
}

function holderPid(path: string): number | null {
  try {
    const pid = readFileSync(path, 'utf8').trim();
    return /^[1-9][0-9]{0,9}$/.test(pid) ? Number(pid) : null;
  } catch {
    return null;
  }
}
