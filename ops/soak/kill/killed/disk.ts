// The files of a journal on a disk of which it is known what would survive a power cut: of a file what its last finished sync
// covered, of a directory the names that its last finished sync covered. A cut leaves exactly that.
// Segments that the journal removes are kept in a folder next to it, so that the whole history of a run can be read.

import { linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type JournalFiles, REAL_FILES } from '../../../../engine/journal/files.ts';
import { firstSeqOf } from '../../../../engine/journal/segments/segment.ts';

export type CutDisk = {
  readonly files: JournalFiles;
  /** Takes away what no sync has covered. The journal that writes here is not to write again. */
  cut(): void;
};

/** Where segments are kept that the journal has removed. */
export const removedIn = (stateDir: string): string => join(stateDir, 'removed');

/** @param files whose syncs end when what they cover is durable */
export function cutDisk(stateDir: string, files: JournalFiles = REAL_FILES): CutDisk {
  const directory = join(stateDir, 'journal');
  const archive = removedIn(stateDir);
  mkdirSync(archive, { recursive: true, mode: 0o700 });
  /** Bytes of each segment that survive, by name. */
  const syncedBytes = new Map<string, number>();
  const names = new Map<number, string>();
  let durableNames = new Set<string>();
  /** Removed since the last sync of the directory: a cut may bring them back. */
  const removed = new Set<string>();
  const segments = (): string[] => readdirSync(directory).filter((name) => firstSeqOf(name) !== null);

  return {
    files: {
      ...files,
      openDirectory(path) {
        // What an earlier process left is made durable by the opening of the journal, before anything is written.
        durableNames = new Set(segments());
        for (const name of durableNames) syncedBytes.set(name, statSync(join(directory, name)).size);
        return files.openDirectory(path);
      },
      open(path) {
        const file = files.open(path);
        names.set(file, basename(path));
        return file;
      },
      syncData(file, done) {
        const covered = files.identity(file).size;
        files.syncData(file, (error) => {
          const name = names.get(file);
          if (error === null && name !== undefined) {
            syncedBytes.set(name, Math.max(covered, syncedBytes.get(name) ?? 0));
          }
          done(error);
        });
      },
      syncDirectory(file, done) {
        const covered = segments();
        const gone = [...removed];
        files.syncDirectory(file, (error) => {
          if (error === null) {
            durableNames = new Set([...durableNames, ...covered].filter((name) => !gone.includes(name)));
            for (const name of gone) removed.delete(name);
          }
          done(error);
        });
      },
      remove(path, done) {
        const name = basename(path);
        rmSync(join(archive, name), { force: true });
        linkSync(path, join(archive, name));
        files.remove(path, (error) => {
          if (error === null) removed.add(name);
          done(error);
        });
      },
    },
    cut() {
      for (const name of segments()) {
        const path = join(directory, name);
        if (durableNames.has(name)) cutTo(path, syncedBytes.get(name) ?? 0);
        else rmSync(path, { force: true });
      }
      for (const name of removed) renameSync(join(archive, name), join(directory, name));
    },
  };
}

/** A segment of which the removal is under way may be gone by now, as after a removal that reached the disk. */
function cutTo(path: string, bytes: number): void {
  try {
    truncateSync(path, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
