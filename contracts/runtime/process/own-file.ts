// A small file of this process, replaced as a whole: a reader never sees half of it, and a link in its place is replaced, not
// followed.

import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes the file with mode 600; throws the error of the file system. */
export function writeOwnFile(path: string, text: string): void {
  replace(path, text, () => undefined);
}

/** The same, and on disk when it returns: after a loss of power the file is the former one or this one. */
export function writeDurableFile(path: string, text: string): void {
  replace(path, text, fsyncSync);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** @param settle is called with the open file once all of it is written */
function replace(path: string, text: string, settle: (handle: number) => void): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    try {
      // A single write may take a part of it only.
      writeFileSync(handle, text);
      settle(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, path);
  } catch (error) {
    try {
      unlinkSync(draft);
    } catch {
      // The first error says more.
    }
    throw error;
  }
}
