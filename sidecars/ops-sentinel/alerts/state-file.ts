// The file of STATE_DIR in which alerts survive this process. Written before anything is published, and replaced as a whole: killed
// at any instant, the next process finds what was raised, and publishes what was not acknowledged under the same ids.

import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import { lockFile } from '../../../contracts/runtime/process/file-lock.ts';
import { writeOwnFile } from '../../../contracts/runtime/process/own-file.ts';
import { type Moment, momentOf } from '../moment.ts';
import { type Kept, readKept, writeKept } from './saved.ts';

export type StateFile = {
  /** Null: there is none that can be used; one that is damaged was put aside. */
  load(): Kept | null;
  /** False: it could not be written; what is published now may be published again after a crash. */
  save(kept: Kept): boolean;
  /** Null: the last one was written. */
  problem(): string | null;
};

export type StateFileOptions = {
  readonly stateDir: string;
  readonly accountId: string;
  readonly clock: { nowMs(): number; elapsedUs(): number };
  readonly log: Pick<Log, 'warn' | 'error' | 'info'>;
};

const NAME = 'alerts.json';
const LOCK_NAME = 'ops-sentinel.lock';

/**
 * Two sentinels on one file would raise each alert twice, under ids of their own, and each would write over what the other has not
 * handed over. @returns what releases it; null: another process has it
 */
export const lockAlerts = (stateDir: string): (() => void) | null => lockFile(join(stateDir, LOCK_NAME));

export function createStateFile({ stateDir, accountId, clock, log }: StateFileOptions): StateFile {
  const path = join(stateDir, NAME);
  let problem: string | null = null;

  const putAside = (why: string, { nowMs }: Moment): void => {
    const aside = `${path}.unusable-${nowMs}`;
    log.error('alerts_unusable', { file: path, detail: why, kept_as: aside });
    renameSync(path, aside);
  };

  return {
    load() {
      const now = momentOf(clock);
      let text: string;
      try {
        text = readFileSync(path, 'utf8');
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
      const read = readKept(text, accountId, now);
      if (read.ok) return read.kept;
      putAside(read.problem, now);
      return null;
    },
    save(kept) {
      const before = problem;
      try {
        writeOwnFile(path, writeKept(kept, accountId, momentOf(clock)));
        problem = null;
      } catch (error) {
        problem = error instanceof Error ? error.message : 'unknown error';
      }
      if (problem !== null && before === null) log.error('alerts_not_saved', { file: path, detail: problem });
      if (problem === null && before !== null) log.info('alerts_saved_again', { file: path });
      return problem === null;
    },
    problem: () => problem,
  };
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
