// The place of threads in the queue for the processor. On Linux each thread has one of its own, and a new one takes that of the thread
// that makes it. A thread with real-time priority runs at once when it is woken; one without waits until what runs has had its
// share of some milliseconds, whatever their niceness. The calls are sched_setscheduler(2) and setpriority(2).

import { FFIType } from 'bun:ffi';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { cLibrary } from '../c-library.ts';

/** Policies of Linux: by niceness, and real time in turns. */
const SCHED_OTHER = 0;
const SCHED_RR = 2;

const library = cLibrary({
  sched_setscheduler: { args: [FFIType.i32, FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
});

/** Those of a process; on another system than Linux the process, which has one priority. */
export function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}

/** @param priority 1 to 99, the higher the sooner @returns false: not on this system, or it may not */
export const takeRealTime = (thread: number, priority: number): boolean => schedule(thread, SCHED_RR, priority);

/** From now on niceness counts. @returns false: not on this system */
export const leaveRealTime = (thread: number): boolean => schedule(thread, SCHED_OTHER, 0);

function schedule(thread: number, policy: number, priority: number): boolean {
  if (process.platform !== 'linux' || library === null) return false;
  return library.sched_setscheduler(thread, policy, Int32Array.of(priority)) === 0;
}

/** Of the main thread of this process, as its log names it; `real_time` is 0 without one, null where the system does not say. */
export function ownPriority(): { readonly niceness: number; readonly real_time: number | null } {
  return { niceness: getPriority(process.pid), real_time: realTimeOf(process.pid) };
}

/** Of the fields of /proc/PID/stat behind the name, which is in parentheses and may hold anything; see proc_pid_stat(5). */
const RT_PRIORITY_AT = 37;

/** 0: none. null: not on this system, or there is no such process. */
export function realTimeOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[RT_PRIORITY_AT]);
  } catch {
    return null;
  }
}

/** Lowers every thread of a process that is above this niceness. */
export function lowerProcess(pid: number, niceness: number): void {
  for (const thread of threadsOf(pid)) {
    try {
      if (getPriority(thread) < niceness) setPriority(thread, niceness);
    } catch {
      // It has ended meanwhile.
    }
  }
}
