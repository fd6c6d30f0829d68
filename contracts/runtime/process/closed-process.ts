// Closes the memory of this process to all but root. The limit on core dumps, which the launcher sets, does not hold where the
// system hands them to a program (core_pattern with a pipe, as with apport), and another process of the same user could attach as
// a debugger or read /proc/PID/environ. On Linux one call is against all of that; elsewhere nothing is done.

import { FFIType } from 'bun:ffi';
import { cLibrary } from './c-library.ts';

const PR_SET_DUMPABLE = 4;
const NOT_DUMPABLE = 0n;

/** To be called before a secret is read. @returns false when it could not be done on a system that has it */
export function closeProcess(): boolean {
  if (process.platform !== 'linux') return true;
  const { i32, u64 } = FFIType;
  const library = cLibrary({ prctl: { args: [i32, u64, u64, u64, u64], returns: i32 } });
  return library !== null && library.prctl(PR_SET_DUMPABLE, NOT_DUMPABLE, 0n, 0n, 0n) === 0;
}
