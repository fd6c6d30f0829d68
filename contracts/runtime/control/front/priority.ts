// Priority of one thread: on Linux each has its own, by the number of the thread in place of that of the process.

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * The thread that calls it takes the processor behind those of a lower niceness.
 * @param niceness 1 to 19
 * @returns false: not on this system, nothing was changed
 */
export function lowerThreadPriority(niceness: number): boolean {
  try {
    const thread = /^\d+\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1];
    if (thread === undefined) return false;
    setPriority(Number(thread), niceness);
    return true;
  } catch {
    return false;
  }
}
