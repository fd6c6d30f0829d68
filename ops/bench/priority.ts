// The places of engine and servers in the queue for the processor, as units and ops/OPERATIONS.md give them where all share a machine.
// On Linux each thread has a priority of its own, and a new one takes that of the thread that makes it.

import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** That of our sidecars, and what the operations manual gives Kafka and PostgreSQL. */
const SERVER_NICENESS = 5;

/** That of the unit of the engine. */
const ENGINE_NICENESS = -5;
const OUTSIDE_NICENESS = -10;

/** Lowers every thread of the process that is above. */
export function lowerPriority(pid: number, niceness = SERVER_NICENESS): void {
  renice(pid, niceness, (present) => present < niceness);
}

/** The engine's, and that of what it is compared with. */
export function raiseToEngine(pid: number): void {
  raise(pid, ENGINE_NICENESS);
}

/** For what is on another machine in reality, and waits for nobody here. */
export function raiseOutside(pid: number): void {
  raise(pid, OUTSIDE_NICENESS);
}

/** Does nothing where that takes a right that this user has not: delays show as lateness then. */
const raise = (pid: number, niceness: number): void => renice(pid, niceness, (present) => present > niceness);

/** What has ended meanwhile is left out. */
function renice(pid: number, niceness: number, isDue: (present: number) => boolean): void {
  for (const thread of threadsOf(pid)) {
    try {
      if (isDue(getPriority(thread))) setPriority(thread, niceness);
    } catch {
      // It has ended, or this user may not.
    }
  }
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    // No Linux: the priority is that of the process.
    return [pid];
  }
}
