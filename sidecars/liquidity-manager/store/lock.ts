// One manager at a time on a state directory: two would follow the same deposits with records of their own. The kernel releases the
// lock however the process ends.

import { Database } from 'bun:sqlite';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'liquidity-manager.lock';

/** Gives what releases the lock, or null when another process has it; throws the error of the file system. */
export const lockStateDir = (stateDir: string): (() => void) | null => lockFile(join(stateDir, LOCK_FILE));

/** Whether a manager runs on the directory now; nothing but trying the lock says so. */
export function isManagerOf(stateDir: string): boolean {
  const path = join(stateDir, LOCK_FILE);
  if (!existsSync(path)) return false;
  const release = lockFile(path);
  release?.();
  return release === null;
}

function lockFile(path: string): (() => void) | null {
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
