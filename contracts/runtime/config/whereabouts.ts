// Why a command finds no process to call on a state directory. That none runs is said only where it is so: an operator who is to
// disarm and reads that there is no engine leaves one running.

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileText } from './file-permissions.ts';
import type { ConfigProblem } from './problem.ts';

type Sought = {
  /** As the subject of a sentence: `an engine`. */
  readonly process: string;
  readonly stateDir: string;
  /** Where the process writes its address, and what was read there. */
  readonly addressPath: string;
  readonly address: FileText;
  /** Whether some process holds the lock of the directory. */
  isLocked(): boolean;
};

/** As a sentence without its end; null when no process runs there. */
export function whyUnaddressed({ process: sought, stateDir, addressPath, address, isLocked }: Sought): string | null {
  if (!address.ok && !address.missing)
    return `whether ${sought} runs with STATE_DIR ${stateDir} is not known, since ${addressPath} ${address.problem}${asItsUser(stateDir)}`;
  try {
    if (!isLocked()) return null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    return `whether ${sought} runs with STATE_DIR ${stateDir} is not known, since its lock cannot be looked at (${codeOf(error)})${asItsUser(stateDir)}`;
  }
  return `${sought} runs with STATE_DIR ${stateDir}, and ${addressPath} does not say where it can be called. It is starting or ending: try again in a moment. If that lasts, end it with SIGTERM`;
}

/** A token of another user's process is not to be made one's own: that user could not read it any more. */
export function withOwner(problem: ConfigProblem, stateDir: string): ConfigProblem {
  const uid = foreignOwnerOf(stateDir);
  return uid === null ? problem : { ...problem, fix: `run this command as the user of that process: ${sudo(uid)}.` };
}

function asItsUser(stateDir: string): string {
  const uid = foreignOwnerOf(stateDir);
  const who = uid === null ? 'the user of that process' : `its user (uid ${uid}), as with ${sudo(uid)}`;
  return `. Run this command as ${who}`;
}

const sudo = (uid: number): string => `sudo -u '#${uid}' env STATE_DIR=... ./unrip ...`;

/** Null when the directory is of this user, or its owner is not to be seen. */
function foreignOwnerOf(stateDir: string): number | null {
  // One that cannot be looked at is behind one that is closed.
  for (const path of [stateDir, dirname(stateDir)]) {
    try {
      const { uid } = statSync(path);
      return uid === (process.geteuid?.() ?? uid) ? null : uid;
    } catch (error) {
      if (codeOf(error) !== 'EACCES') return null;
    }
  }
  return null;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
