// One engine at a time on a state directory. Method: an exclusive SQLite transaction on a small file, which underneath is
// a lock of the operating system. The kernel lets go of it when its holder ends in whatever way, kill -9 included, so
// there is no stale lock to clean up and no age to guess. A file beside it tells the holder's pid, for the message only.
// Out of scope: file systems without working locks (some network mounts).

import { Database } from 'bun:sqlite';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JournalRefused } from './problems.ts';

const OWNER_ONLY = 0o600;

/** Takes the lock of the directory and returns what gives it back; throws `JournalRefused` when another process has it. */
export function acquireLock(directory: string): () => void {
  const path = join(directory, 'lock');
  const holderPath = join(directory, 'lock.pid');
  const database = new Database(path);
  try {
    chmodSync(path, OWNER_ONLY);
    database.run('PRAGMA busy_timeout = 0');
    // Nothing is ever written to the database, so it needs no rollback file beside it.
    database.run('PRAGMA journal_mode = MEMORY');
    database.run('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new JournalRefused(
      `the journal in ${directory} is in use by ${holderOf(holderPath)}; stop that engine first, or set another STATE_DIR`,
    );
  }
  writeFileSync(holderPath, `${process.pid}\n`, { mode: OWNER_ONLY });
  return () => database.close();
}

function holderOf(path: string): string {
  try {
    const pid = readFileSync(path, 'utf8').trim();
    return /^[0-9]+$/.test(pid) ? `process ${pid}` : 'another process';
  } catch {
    return 'another process';
  }
}
