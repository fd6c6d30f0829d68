// Whether the journal lies where the engine wrote it. A copy, or a backup that was restored, does not know the quotes that were
// signed after it was made: their capital would be promised and their nonces be signed a second time. A directory cannot take its
// inode and its time of birth along, so both are kept: in a file in it, and in the journal itself, so that a copy without the file is
// known too. What cannot be seen: files that were put back into the same directory one by one, and file systems that are rolled back
// as a whole, or have no time of birth.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { writeOwnFile } from '../../contracts/runtime/process/own-file.ts';
import type { LogPort } from '../model/ports.ts';

export type Place = {
  /** What an operator has to know before anything is signed; null: nothing. */
  readonly finding: string | null;
  /** Where the journal belongs, for the journal: of a copy the former place. null: the file system does not say. */
  readonly directory: string | null;
  /** Makes this the place, once nothing that the journal does not know can settle any more. @returns what stops that */
  acceptAfter(ms: number, clock: Pick<Clock, 'after'>, log: LogPort): () => void;
};

const Kept = Type.Object({ directory: Type.String({ maxLength: 64 }) });

const FINDING =
  'the journal is a copy or was restored: quotes signed after the copy was made are not in it, and can settle for ten minutes ' +
  'after the engine that signed it ended';

const FILE = 'place.json';

/** Whether the directory is another one than the journal was written in; reads only. Throws what the file system says. */
export function isCopy(journalDirectory: string): boolean {
  const here = identityOf(journalDirectory);
  const kept = keptIn(join(journalDirectory, FILE));
  return here !== null && kept !== null && kept !== here;
}

/** @param recorded where it belongs, by its own records; null: they do not say. Throws what the file system says. */
export function placeOf(journalDirectory: string, recorded: string | null): Place {
  const path = join(journalDirectory, FILE);
  const accept = (): void => {
    const directory = identityOf(journalDirectory);
    if (directory !== null) writeOwnFile(path, `${JSON.stringify({ directory })}\n`);
  };
  const here = identityOf(journalDirectory);
  const inFile = keptIn(path);
  const kept = inFile ?? recorded;
  const isElsewhere = here !== null && kept !== null && kept !== here;
  if (inFile === null && !isElsewhere) accept();
  return {
    finding: isElsewhere ? FINDING : null,
    directory: isElsewhere ? kept : here,
    acceptAfter(ms, clock, log) {
      if (!isElsewhere) return () => {};
      return clock.after(ms, () => {
        try {
          accept();
        } catch (error) {
          log.warn('journal_place_not_kept', {
            detail: 'the finding will appear again at the next start',
            failure: error,
          });
        }
      });
    },
  };
}

/** Null where the file system does not keep the time of birth: it is then given as 0. */
function identityOf(directory: string): string | null {
  const { ino, birthtimeNs } = statSync(directory, { bigint: true });
  return birthtimeNs > 0n ? `${ino}-${birthtimeNs}` : null;
}

/** Null when there is none: a journal of an earlier version, or a damaged file. */
function keptIn(path: string): string | null {
  try {
    const read = readJson(readFileSync(path, 'utf8'), SMALL_JSON);
    return read.ok && Value.Check(Kept, read.value) ? read.value.directory : null;
  } catch {
    return null;
  }
}
