// The file operations that a running journal is made of, as a port: a full disk and a failing one cannot be had for a
// test, so this is the one place where they are simulated.

import { closeSync, constants, fdatasync, fstatSync, fsync, openSync, stat, statfs, unlink, writeSync } from 'node:fs';

const OWNER_ONLY = 0o600;
/** Not through a link: the target would be somebody else's choice. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** Which file it is, whatever its name; and how long. */
export type FileIdentity = { readonly dev: number; readonly ino: number; readonly size: number };

export type JournalFiles = {
  /** Opens a file for appending, readable by its owner only; creates it when it is not there. */
  open(path: string): number;
  /** Opens a directory so that its entries can be made durable. */
  openDirectory(path: string): number;
  /** Appends `bytes[from, end)`; returns how many were taken, which may be fewer. Throws when none could be. */
  write(file: number, bytes: Uint8Array, from: number): number;
  /** Makes the content durable, off the loop. */
  syncData(file: number, done: (error: Error | null) => void): void;
  /** The same for content and entries of a directory. */
  syncDirectory(file: number, done: (error: Error | null) => void): void;
  /** Removes a file, off the loop. */
  remove(path: string, done: (error: NodeJS.ErrnoException | null) => void): void;
  identity(file: number): FileIdentity;
  /** What is at this path now. */
  identityAt(path: string, done: (error: Error | null, identity: FileIdentity) => void): void;
  /** How many bytes its disk can still take from this process, asked off the loop. */
  freeBytes(directory: string, done: (error: Error | null, bytes: number) => void): void;
  close(file: number): void;
};

export const REAL_FILES: JournalFiles = {
  open: (path) => openSync(path, APPEND, OWNER_ONLY),
  openDirectory: (path) => openSync(path, 'r'),
  write: (file, bytes, from) => writeSync(file, bytes, from, bytes.length - from),
  syncData: (file, done) => fdatasync(file, done),
  syncDirectory: (file, done) => fsync(file, done),
  remove: (path, done) => unlink(path, done),
  identity: (file) => fstatSync(file),
  identityAt: (path, done) => stat(path, done),
  freeBytes: (directory, done) =>
    statfs(directory, (error, stats) => done(error, error === null ? stats.bavail * stats.bsize : 0)),
  close: (file) => closeSync(file),
};

/** Appends all of it, in as many writes as it takes. */
export function writeAll(files: JournalFiles, file: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) {
    const taken = files.write(file, bytes, from);
    if (taken <= 0) throw new Error('the file took no more bytes');
    from += taken;
  }
}

/** What one round makes durable; `full` files are closed. */
export type SyncRound = {
  /** Oldest first. */
  readonly full: readonly number[];
  readonly current: number;
  /** Null when no file was added to it. */
  readonly directory: number | null;
};

/** One after the other, so that what is durable is a beginning of the journal; ends with the first error. */
export function syncRound(files: JournalFiles, round: SyncRound, done: (error: Error | null) => void): void {
  const { full, current, directory } = round;
  const syncDirectory = (error: Error | null): void =>
    error !== null || directory === null ? done(error) : files.syncDirectory(directory, done);
  const syncFrom = (index: number, error: Error | null): void => {
    const oldest = full[index];
    if (error !== null) {
      for (const file of full.slice(index)) files.close(file);
      done(error);
    } else if (oldest === undefined) {
      files.syncData(current, syncDirectory);
    } else {
      files.syncData(oldest, (problem) => {
        files.close(oldest);
        syncFrom(index + 1, problem);
      });
    }
  };
  syncFrom(0, null);
}
