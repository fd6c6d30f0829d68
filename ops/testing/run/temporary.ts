// Where the temporary files of a test run lie: in the checkout, or, where only its owner can reach that (root's checkout under a home of
// mode 700), in a folder under /var/lib/unrip: some tests become another user, and its servers run as one.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SHARED_DIRECTORY } from '../../stack/system-user.ts';

/** @param own the directory in the checkout for it; it need not exist
 *  @param isRoot whether tests can become another user */
export function temporaryDir(own: string, isRoot: boolean): string {
  if (!isRoot || canBeReached(own)) return own;
  // A name of this checkout's own: runs of several do not delete each other's files.
  const name = createHash('sha256').update(own).digest('hex').slice(0, 16);
  return join(SHARED_DIRECTORY, `test-${name}`);
}

/** Whether everybody may pass through each directory above; those that do not exist yet are made so. */
function canBeReached(path: string): boolean {
  const parent = dirname(path);
  if (parent === path) return true;
  const found = statSync(parent, { throwIfNoEntry: false });
  return (found === undefined || (found.mode & 0o001) !== 0) && canBeReached(parent);
}
