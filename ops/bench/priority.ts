// The places of engine and servers in the queue for the processor, as units and ops/OPERATIONS.md give them where all share a machine.

import { getPriority, setPriority } from 'node:os';
import { lowerProcess, takeRealTime, threadsOf } from '../../contracts/runtime/process/scheduling/scheduling.ts';

/** That of our sidecars, and what the operations manual gives Kafka and PostgreSQL. */
const SERVER_NICENESS = 5;

/** Of the engine's unit; where real time is not allowed, its niceness. */
const ENGINE = { realTime: 1, niceness: -5 };
const OUTSIDE = { realTime: 2, niceness: -10 };

export const lowerServer = (pid: number): void => lowerProcess(pid, SERVER_NICENESS);

/** The engine's, and that of what it is compared with. */
export const raiseToEngine = (pid: number): void => raise(pid, ENGINE);

/** For what is on another machine in reality, and waits for nobody here. */
export const raiseOutside = (pid: number): void => raise(pid, OUTSIDE);

/** Does nothing where that takes a right that this user has not: delays show as lateness then. */
function raise(pid: number, { realTime, niceness }: typeof ENGINE): void {
  const own = getPriority(pid);
  for (const thread of threadsOf(pid)) {
    try {
      // One that has put itself behind the others, as that of the control API does, stays there.
      if (getPriority(thread) > own || takeRealTime(thread, realTime)) continue;
      if (own > niceness) setPriority(thread, niceness);
    } catch {
      // It has ended, or this user may not.
    }
  }
}
