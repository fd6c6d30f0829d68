// One manager at a time on a state directory: two would follow the same deposits with records of their own.

import { join } from 'node:path';
import { isFileLocked, lockFile } from '../../../contracts/runtime/process/file-lock.ts';

const LOCK_FILE = 'liquidity-manager.lock';

/** Gives what releases the lock, or null when another process has it; throws the error of the file system. */
export const lockStateDir = (stateDir: string): (() => void) | null => lockFile(join(stateDir, LOCK_FILE));

/** Whether a manager runs on the directory now. */
export const isManagerOf = (stateDir: string): boolean => isFileLocked(join(stateDir, LOCK_FILE));
