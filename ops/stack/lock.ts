// A lock between processes, by path: one `./unrip` at a time starts the stack of a directory or fills the cache.
// Method: an exclusive SQLite transaction on a small file, which is a lock of the operating system underneath. The
// kernel releases it however its holder dies, so there is no stale lock to recognise and no age to guess.
// Out of scope: file systems without working locks (some network mounts).

import { Database } from 'bun:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

const POLL_MS = 100;

export type LockOptions = {
  /** Longest wait for another holder. */
  readonly limitMs: number;
  /** What the lock guards, for the messages: "the stack in .unrip/stack". */
  readonly what: string;
  /** Called once when somebody else holds it. */
  readonly progress?: (line: string) => void;
  /** Ends the wait; what works under the lock watches it by itself. */
  readonly signal?: AbortSignal;
};

/** Runs `work` while this process alone holds the lock at `path`; fails when it is not free within the limit. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const database = new Database(path);
  try {
    database.run('PRAGMA busy_timeout = 0');
    await acquire(database, path, options);
    return await work();
  } finally {
    // Closing ends the open transaction, and with it the lock.
    database.close();
  }
}

async function acquire(database: Database, path: string, options: LockOptions): Promise<void> {
  const endsAtMs = performance.now() + options.limitMs;
  let said = false;
  while (!tryBegin(database)) {
    if (options.signal?.aborted) throw new Error('interrupted');
    if (performance.now() >= endsAtMs) {
      throw new Error(`another ./unrip still uses ${options.what} after ${options.limitMs} ms (lock: ${path})`);
    }
    if (!said) options.progress?.(`waiting for another ./unrip that uses ${options.what}`);
    said = true;
    await Bun.sleep(POLL_MS);
  }
}

function tryBegin(database: Database): boolean {
  try {
    database.run('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return false;
    throw error;
  }
}
