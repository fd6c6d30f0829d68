// The servers in the directories below one, whoever started them and however that process ended: a server is a session of its own,
// and as root a user of its own, so that it ends with nobody. For directories whose data nobody needs any more.

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endKafkasBelow } from './kafka/kafka.ts';
import { endMemoryBrokersBelow } from './kafka/memory.ts';
import { endPostgresBelow } from './postgres/postgres.ts';
import { existingPlace, PLACE_FILE, removePlace } from './server-place.ts';

/** Ends them, and removes what they have outside of the directory. What runs in it must not start others meanwhile. */
export async function removeServersBelow(dir: string): Promise<void> {
  await endServersBelow(dir);
  for (const partDir of partsWithPlace(dir)) {
    const place = existingPlace(partDir);
    if (place.elsewhere) await endServersBelow(place.folder);
    removePlace(partDir);
  }
}

async function endServersBelow(dir: string): Promise<void> {
  await endKafkasBelow(dir);
  await endPostgresBelow(dir);
  await endMemoryBrokersBelow(dir);
}

/** Parts of stacks whose data lie elsewhere. */
function partsWithPlace(dir: string): string[] {
  return filesBelow(dir, (name) => name === PLACE_FILE).map((file) => dirname(file));
}

/** Paths of the files below a directory that have such a name; none where there is no directory. */
export function filesBelow(dir: string, isWanted: (name: string) => boolean): string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && isWanted(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}
