// An exclusive lock of the operating system on a directory. It is held by the open directory itself, not by a name in it, so
// that nothing which is removed from the directory can let a second process in; the kernel releases it when the process ends,
// SIGKILL included. Bun has no call for it, so the C library is called directly.

import { FFIType } from 'bun:ffi';
import { closeSync, openSync } from 'node:fs';
import { cLibrary } from '../../contracts/runtime/process/c-library.ts';
import { JournalRefused } from './problems.ts';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

type Flock = (file: number, operation: number) => number;
let loaded: Flock | null = null;

function flock(): Flock {
  if (loaded !== null) return loaded;
  const library = cLibrary({ flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });
  if (library === null)
    throw new JournalRefused('the journal cannot be locked: no C library with flock was found (glibc, musl or macOS)');
  loaded = (file, operation) => library.flock(file, operation);
  return loaded;
}

/** A command may look at the lock (`isLocked`) just when an engine starts: it is over within one pause. */
const ATTEMPTS = 4;
const PAUSE_MS = 10;

/** Locks the directory; gives the open file that holds the lock, or null when somebody else has it. */
export function lockDirectory(path: string): number | null {
  const lock = flock();
  const file = openSync(path, 'r');
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (attempt > 1) Bun.sleepSync(PAUSE_MS);
    if (lock(file, LOCK_EX | LOCK_NB) === 0) return file;
  }
  closeSync(file);
  return null;
}

/** Whether some process has the directory locked; nothing but taking the lock, shared, for a moment says so. */
export function isLocked(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    return flock()(file, LOCK_SH | LOCK_NB) !== 0;
  } finally {
    closeSync(file);
  }
}
