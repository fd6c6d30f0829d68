// Where the data of a server of a stack lie: in the stack's directory, or, where the server's user cannot reach that (root's
// checkout under a closed home), under /var/lib/unrip, in a folder named after the stack's directory.
// Invariant: a folder elsewhere carries the mark of the stack that made it; one that was made for a stack directory that
// has since been deleted is taken over empty, never with its old data (their password is gone).

import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StopStep, stopStrays } from './process.ts';
import { run } from './run.ts';
import { canEnter, type ServerUser, SHARED_DIRECTORY } from './system-user.ts';

/** In the directory of the part, and in its folder elsewhere: the mark that both share. */
export const PLACE_FILE = 'place';
const CHOWN_LIMIT_MS = 60_000;

export type ServerPlace = {
  /** Folder that holds the data directory. */
  readonly folder: string;
  readonly dataDir: string;
  /** The data directory while it is being made; renamed when complete. */
  readonly unfinishedDir: string;
  readonly elsewhere: boolean;
};

export type PlaceOptions = {
  readonly user: ServerUser;
  /** What the command line of a server on a place has: one whose stack is gone is ended by these steps. */
  readonly marksOf: (place: ServerPlace) => readonly string[];
  readonly stop: readonly StopStep[];
};

function placeAt(folder: string, elsewhere: boolean): ServerPlace {
  return { folder, dataDir: join(folder, 'data'), unfinishedDir: join(folder, 'data.unfinished'), elsewhere };
}

function folderElsewhere(dir: string): string {
  return join(SHARED_DIRECTORY, createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 16));
}

/** The place as it is, for status and stop; nothing is made. */
export function existingPlace(dir: string): ServerPlace {
  const mark = readMark(join(dir, PLACE_FILE));
  if (mark === null) return placeAt(dir, false);
  return placeAt(folderElsewhere(dir), true);
}

/** Finds, or makes, the place for the data of the stack part in `dir`. Data of another user become the server's user's. */
export async function preparePlace(dir: string, options: PlaceOptions): Promise<ServerPlace> {
  const { user } = options;
  // Others may pass through, not list: the server's user has to reach its data below.
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, user.name === null ? 0o700 : 0o711);
  const mark = readMark(join(dir, PLACE_FILE));
  const isReachable = user.name === null || canEnter(user, dir);
  if (mark === null && isReachable && existsSync(folderElsewhere(dir))) await clear(folderElsewhere(dir), options);
  const place = mark === null && isReachable ? placeAt(dir, false) : await prepareElsewhere(dir, mark, options);
  await handOver(place.dataDir, user);
  return place;
}

/** A folder of the server's user alone, made when it is missing. */
export async function makeDirOf(dir: string, user: ServerUser): Promise<void> {
  mkdirSync(dir, { mode: 0o700 });
  await handOver(dir, user);
}

/** As root only; everybody else works with what is theirs. */
async function handOver(path: string, { uid, gid }: ServerUser): Promise<void> {
  if (uid === null || gid === null || !existsSync(path) || statSync(path).uid === uid) return;
  await run(['chown', '-R', '-h', `${uid}:${gid}`, path], { limitMs: CHOWN_LIMIT_MS });
}

async function prepareElsewhere(dir: string, mark: string | null, options: PlaceOptions): Promise<ServerPlace> {
  const folder = folderElsewhere(dir);
  if (mark === null || readMark(join(folder, PLACE_FILE)) !== mark) {
    await clear(folder, options);
    const fresh = `${randomUUID()} of ${dir}`;
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    writeFileSync(join(folder, PLACE_FILE), fresh, { mode: 0o600 });
    writeFileSync(join(dir, PLACE_FILE), fresh, { mode: 0o600 });
  }
  return placeAt(folder, true);
}

/** Removes what a deleted stack directory of the same path left elsewhere. */
async function clear(folder: string, { marksOf, stop }: PlaceOptions): Promise<void> {
  await stopStrays(marksOf(placeAt(folder, true)), stop);
  rmSync(folder, { recursive: true, force: true });
}

/** Removes all data of the stack part in `dir`, wherever they lie; the server must be down. */
export function removePlace(dir: string): void {
  if (!existsSync(dir)) return;
  const place = existingPlace(dir);
  if (place.elsewhere && readMark(join(place.folder, PLACE_FILE)) === readMark(join(dir, PLACE_FILE))) {
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
