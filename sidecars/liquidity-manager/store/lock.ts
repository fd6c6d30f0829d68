// One manager at a time on a state directory: two would follow the same deposits with records of their own. The kernel releases the
// lock however the process ends.

import { Database } from 'bun:sqlite';
import { chmodSync } from 'node:fs';

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
