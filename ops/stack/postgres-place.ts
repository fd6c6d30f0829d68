// Where PostgreSQL's data of a stack lie: in the stack's directory, or, where the server's user cannot reach that (root's
// checkout under a closed home), under /var/lib/unrip, in a folder named after the stack's directory.
// Invariant: a folder elsewhere carries the mark of the stack that made it; one that was made for a stack directory that
// has since been deleted is taken over empty, never with its old data (their password is gone).

import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopStrays } from './process.ts';
import { canEnter, type ServerUser } from './system-user.ts';

const ELSEWHERE = '/var/lib/unrip';

export type PostgresPlace = {
  /** Folder that holds the data directory. */
  readonly folder: string;
  readonly dataDir: string;
  /** The data directory while initdb works on it; renamed when complete. */
  readonly unfinishedDir: string;
  readonly elsewhere: boolean;
};

function placeAt(folder: string, elsewhere: boolean): PostgresPlace {
  return { folder, dataDir: join(folder, 'data'), unfinishedDir: join(folder, 'data.unfinished'), elsewhere };
}

function folderElsewhere(dir: string): string {
  return join(ELSEWHERE, createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 16));
}

/** The place as it stands, for status and stop; nothing is made. */
export function existingPlace(dir: string): PostgresPlace {
  const mark = readMark(join(dir, 'place'));
  if (mark === null) return placeAt(dir, false);
  return placeAt(folderElsewhere(dir), true);
}

/** Finds, or makes, the place for the data of the stack part in `dir`. */
export async function preparePlace(dir: string, user: ServerUser): Promise<PostgresPlace> {
  // Others may pass through, not list: the server's user has to reach its data below.
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, user.name === null ? 0o700 : 0o711);
  const mark = readMark(join(dir, 'place'));
  if (mark !== null || !(user.name === null || canEnter(user, dir))) return await prepareElsewhere(dir, mark);
  if (existsSync(folderElsewhere(dir))) await clear(folderElsewhere(dir));
  return placeAt(dir, false);
}

async function prepareElsewhere(dir: string, mark: string | null): Promise<PostgresPlace> {
  const folder = folderElsewhere(dir);
  if (mark === null || readMark(join(folder, 'place')) !== mark) {
    await clear(folder);
    const fresh = `${randomUUID()} of ${dir}`;
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    writeFileSync(join(folder, 'place'), fresh, { mode: 0o600 });
    writeFileSync(join(dir, 'place'), fresh, { mode: 0o600 });
  }
  return placeAt(folder, true);
}

/** Removes what a deleted stack directory of the same path left elsewhere. */
async function clear(folder: string): Promise<void> {
  await stopStrays([placeAt(folder, true).dataDir], [{ signal: 'SIGQUIT', limitMs: 10_000 }]);
  rmSync(folder, { recursive: true, force: true });
}

/** Removes all data of the stack part in `dir`, wherever they lie; the server must be down. */
export function removePlace(dir: string): void {
  if (!existsSync(dir)) return;
  const place = existingPlace(dir);
  if (place.elsewhere && readMark(join(place.folder, 'place')) === readMark(join(dir, 'place'))) {
    rmSync(place.folder, { recursive: true });
  }
  rmSync(dir, { recursive: true });
}

function readMark(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
