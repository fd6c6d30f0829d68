// How much room the disk of STATE_DIR has left, so that an operator hears of it before the journal cannot be written. It keeps
// nothing from being signed: only a write that fails does. Asked off the loop, one question at a time: a disk that hangs occupies
// one thread of the pool, however long it hangs.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { createTroubleLog } from '../../lib/trouble.ts';
import type { LogPort } from '../../model/ports.ts';
import type { JournalFiles } from '../files.ts';

const CHECK_MS = 10_000;
/** An answer that is older than this says nothing any more. */
const KNOWN_FOR_MS = 60_000;
const GIB = 1024 ** 3;
/** Half a day without Kafka at ten rejected quotes a second. */
const FREE_LOW_BYTES = GIB;
/** Above the other limit, so that what is written and removed all the time does not switch it. */
const FREE_ENOUGH_BYTES = 1.25 * GIB;

type FreeSpaceState = {
  /** null: the disk has not said so for a minute, or not yet. */
  readonly bytes: number | null;
  readonly isLow: boolean;
  /** The disk does not answer, or answers with an error. */
  readonly isUnanswered: boolean;
};

export type FreeSpace = {
  state(): FreeSpaceState;
  /** @returns what stops it */
  start(): () => void;
};

export type FreeSpaceOptions = {
  readonly directory: string;
  readonly files: Pick<JournalFiles, 'freeBytes'>;
  readonly clock: Pick<Clock, 'elapsedUs' | 'every'>;
  readonly log: LogPort;
};

export function createFreeSpace({ directory, files, clock, log }: FreeSpaceOptions): FreeSpace {
  const low = createTroubleLog(log, 'disk_space_low');
  const unanswered = createTroubleLog(log, 'disk_space_unknown');
  let heard = { bytes: null as number | null, atUs: clock.elapsedUs() };
  let isLow = false;
  let isAsking = false;
  let isStopped = false;
  let problem = 'the disk does not answer';
  const isOld = (): boolean => clock.elapsedUs() - heard.atUs > KNOWN_FOR_MS * 1000;

  const take = (bytes: number): void => {
    heard = { bytes, atUs: clock.elapsedUs() };
    unanswered.recovered();
    isLow = bytes < (isLow ? FREE_ENOUGH_BYTES : FREE_LOW_BYTES);
    if (isLow)
      low.report('disk_low', `the disk of STATE_DIR has ${Math.floor(bytes / 1024 ** 2)} MiB free; ${LOW_FIX}`);
    else low.recovered();
  };
  const check = (): void => {
    if (isOld()) unanswered.report('disk_space_unknown', problem);
    if (isAsking) return;
    isAsking = true;
    files.freeBytes(directory, (error, bytes) => {
      isAsking = false;
      if (isStopped) return;
      problem = error === null ? 'the disk does not answer' : error.message;
      if (error === null) take(bytes);
    });
  };
  return {
    state: () => ({ bytes: isOld() ? null : heard.bytes, isLow, isUnanswered: isOld() }),
    start() {
      check();
      const stop = clock.every(CHECK_MS, check);
      return () => {
        isStopped = true;
        stop();
      };
    },
  };
}

const LOW_FIX = 'free space, or stop what fills it: when it is full the executor disarms until it is restarted';
