// Servers behind the engine in the queue for the processor, as ops/OPERATIONS.md says where all share a machine. On Linux each
// thread has a priority of its own, and a new one takes that of the thread that makes it.

import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** That of our sidecars, and what the operations manual gives Kafka and PostgreSQL. */
const SERVER_NICENESS = 5;

const OUTSIDE_NICENESS = -5;

/** Lowers every thread of the process that is above; what has ended meanwhile is left out. */
export function lowerPriority(pid: number, niceness = SERVER_NICENESS): void {
  for (const thread of threadsOf(pid)) {
    try {
      if (getPriority(thread) < niceness) setPriority(thread, niceness);
    } catch {
      // It has ended.
    }
  }
}

/** For what is on another machine in reality, and waits for nobody here. Does nothing where that takes a right that this user has not. */
export function raisePriority(pid: number): void {
  try {
    setPriority(pid, OUTSIDE_NICENESS);
  } catch {
    // Its delays show as lateness.
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
