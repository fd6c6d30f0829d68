// Whether what a running journal holds open is still what lies at its paths, and whether only this process wrote to it. The
// locks keep a second engine out as long as the directories are the same; a directory that was removed or replaced takes its
// lock with it, and then nothing that is written counts any more.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { FileIdentity, JournalFiles } from './files.ts';

/** How often it is checked. */
const CHECK_MS = 1000;

export type OwnedPath = Pick<FileIdentity, 'dev' | 'ino'> & { readonly path: string };

/** The segment that is being written: how long it is by what this process wrote. */
type OwnedSegment = OwnedPath & { readonly bytes: () => number };

export type OwnershipOptions = {
  readonly files: Pick<JournalFiles, 'identityAt'>;
  readonly clock: Pick<Clock, 'every'>;
  readonly owned: readonly OwnedPath[];
  /** The segment that is being written now. */
  readonly segment: () => OwnedSegment;
  readonly onLost: (why: string) => void;
};

/** Checks again and again, off the loop, at most one check at a time. @returns what ends that */
export function watchOwnership({ files, clock, owned, segment, onLost }: OwnershipOptions): () => void {
  let isChecking = false;
  let isOver = false;
  const check = async (): Promise<void> => {
    if (isChecking) return;
    isChecking = true;
    const checked = segment();
    const lost = await lostOwnership(files, owned, checked);
    isChecking = false;
    // A segment that is no longer the current one may have been removed meanwhile, and rightly.
    if (lost === null || isOver || segment().path !== checked.path) return;
    stop();
    onLost(lost);
  };
  const stopTimer = clock.every(CHECK_MS, () => void check());
  const stop = (): void => {
    isOver = true;
    stopTimer();
  };
  return stop;
}

/** Why the journal is no longer this process's own, in words; null when it is. */
async function lostOwnership(
  files: Pick<JournalFiles, 'identityAt'>,
  owned: readonly OwnedPath[],
  segment: OwnedSegment,
): Promise<string | null> {
  for (const { path, dev, ino } of [...owned, segment]) {
    const bytesBefore = segment.bytes();
    const found = await identityAt(files, path);
    if (found instanceof Error)
      return `${path} was removed or became unreadable while the engine was running: ${found.message}`;
    if (found.dev !== dev || found.ino !== ino) return `${path} was replaced while the engine was running`;
    // Records of this process may come in between.
    const isOurLength = found.size >= bytesBefore && found.size <= segment.bytes();
    if (path === segment.path && !isOurLength) {
      return `${path} has ${found.size} bytes, not the ${segment.bytes()} that this process wrote: another program changed it`;
    }
  }
  return null;
}

function identityAt(files: Pick<JournalFiles, 'identityAt'>, path: string): Promise<FileIdentity | Error> {
  return new Promise((resolve) => files.identityAt(path, (error, identity) => resolve(error ?? identity)));
}
