// A small file of this process, replaced as a whole: a reader never sees half of it, and a link in its place is replaced, not
// followed.

import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';

/** Writes the file with mode 600; throws the error of the file system. */
export function writeOwnFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    try {
      // A single write may take a part of it only.
      writeFileSync(handle, text);
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
