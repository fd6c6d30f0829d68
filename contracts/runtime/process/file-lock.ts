// One process at a time: an exclusive SQLite transaction on a small file, which the kernel releases however the process ends.
// Out of scope: file systems without working locks (some network mounts).

import { Database } from 'bun:sqlite';
import { chmodSync, existsSync } from 'node:fs';

/** Gives what releases the lock, or null when another process has it; throws the error of the file system. */
export function lockFile(path: string): (() => void) | null {
  const database = new Database(path);
  try {
    chmodSync(path, 0o600);
    database.run('PRAGMA busy_timeout = 0');
    // Nothing is ever written to it, so it needs no rollback file.
    database.run('PRAGMA journal_mode = MEMORY');
    database.run('BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    database.close();
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return null;
    throw error;
  }
}

/** Whether a process has the lock now; nothing but trying it says so. */
export function isFileLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const release = lockFile(path);
  release?.();
  return release === null;
}
