// Priority of one thread: on Linux each has its own, by the number of the thread in place of that of the process.

import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const NICENESS_MAX = 19;

/**
 * The thread that calls it takes the processor behind the process's main thread, whatever priority that has.
 * @param by how far, 1 to 19; what is left up to the lowest priority there is
 * @returns false: not on this system, nothing was changed
 */
export function lowerThreadPriority(by: number): boolean {
  try {
    const thread = /^\d+\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1];
    if (thread === undefined) return false;
    setPriority(Number(thread), Math.min(NICENESS_MAX, getPriority(process.pid) + by));
    return true;
  } catch {
    return false;
  }
}
