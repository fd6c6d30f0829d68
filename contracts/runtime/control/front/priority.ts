// Priority of one thread: on Linux each has its own, by the number of the thread in place of that of the process.

import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const NICENESS_MAX = 19;

/**
 * The thread that calls it takes the processor behind the process's main thread, whatever priority that has.
 * @param by how far, 1 to 19; what is left up to the lowest priority there is
 * @returns the number of the thread; null: not on this system, nothing was changed
 */
export function lowerThreadPriority(by: number): number | null {
  try {
    const found = /^\d+\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1];
    if (found === undefined) return null;
    const thread = Number(found);
    setPriority(thread, Math.min(NICENESS_MAX, getPriority(process.pid) + by));
    return thread;
  } catch {
    return null;
  }
}
