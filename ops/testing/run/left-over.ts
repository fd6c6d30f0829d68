// What the tests of a run have left running: its servers and children. A process that is killed, or that crashes, comes to no `finally`
// and no handler of its end, so whoever started the tests ends what they have started, found by the directories that they were given.

import { dirname } from 'node:path';
import { endStale, PART_FILE_SUFFIX } from '../../harness/stale.ts';
import { filesBelow, removeServersBelow } from '../../stack/servers-below.ts';

/** @param dirs of tests that have ended */
export async function endLeftOver(dirs: readonly string[]): Promise<void> {
  for (const dir of dirs) {
    const partFiles = filesBelow(dir, (name) => name.endsWith(PART_FILE_SUFFIX));
    await endStale([...new Set(partFiles.map((file) => dirname(file)))]);
    await removeServersBelow(dir);
  }
}
