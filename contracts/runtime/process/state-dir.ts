// The directory that a process keeps its state in: closed to all others, and with nothing in it that somebody else put there.
// Files below it are opened by name, as root perhaps, so a link planted in it would let that somebody choose what is overwritten.
//
// A volume whose root belongs to root and is writable by this process through a group (Kubernetes: fsGroup) cannot be closed by
// it. The state then goes into a directory of its own inside, and the process prints a note.

import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { ConfigProblem } from '../config/problem.ts';
import { shownValue } from '../log/redact.ts';

export type StateDir =
  | {
      readonly ok: true;
      /** Where the state is kept: absolute, so that messages which name it are true in every working directory. */
      readonly path: string;
      /** What the operator should know about the directory; null: nothing. */
      readonly note: string | null;
    }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** Inside a volume that cannot be closed. */
const INSIDE = 'unrip';

const CLOSED = 0o700;
const OPEN_TO_OTHERS = 0o077;
const WRITE_OF_ALL = 0o002;
const STICKY = 0o1000;

class Unusable extends Error {
  readonly fix: string;
  constructor(problem: string, fix: string) {
    super(problem);
    this.fix = fix;
  }
}

/** Makes the directory with mode 700, or narrows one of this user that is there. Never throws. */
export function prepareStateDir(variable: string, given: string): StateDir {
  const path = resolve(given);
  const another = `set ${variable} to a directory of this user, or to one that does not exist yet.`;
  try {
    mkdirSync(path, { recursive: true, mode: CLOSED });
    const found = directoryAt(path, another);
    if (found.uid === self(found)) {
      narrow(path, found);
      refuseForeignEntries(path);
      proveWritable(path);
      return { ok: true, path, note: null };
    }
    const inside = insideOf(path, found, another);
    refuseForeignEntries(inside);
    proveWritable(inside);
    return {
      ok: true,
      path: inside,
      note: `${variable} names ${shownValue(path)}, which belongs to root and cannot be closed to others; the state is kept in ${inside} (mode 700)`,
    };
  } catch (error) {
    return { ok: false, problem: problemOf(variable, path, error) };
  }
}

/** Where a process of this user that was given `given` keeps its state, as an absolute path; makes and changes nothing. */
export function keptStateDir(given: string): string {
  const path = resolve(given);
  try {
    return isRoots(statSync(path)) ? join(path, INSIDE) : path;
  } catch {
    // Missing or out of reach: opening it reports that.
    return path;
  }
}

const isRoots = (found: Stats): boolean => found.uid === 0 && self(found) !== 0;

function self(found: Stats): number {
  return process.geteuid?.() ?? found.uid;
}

/** The directory itself may be reached through a link, as systemd's are, if nobody else can point it elsewhere. */
function directoryAt(path: string, fix: string): Stats {
  const link = lstatSync(path);
  if (link.uid !== self(link) && link.uid !== 0)
    throw new Unusable(`belongs to another user (uid ${link.uid})`, `${fix}${chownFix(path, link)}`);
  const found = statSync(path);
  if (!found.isDirectory()) throw new Unusable('is not a directory', fix);
  if (found.uid !== self(found) && !isRoots(found))
    throw new Unusable(`belongs to another user (uid ${found.uid})`, `${fix}${chownFix(path, found)}`);
  return found;
}

const chownFix = (path: string, found: Stats): string => ` To keep using its content: chown -R ${self(found)} ${path}`;

function narrow(path: string, found: Stats): void {
  if ((found.mode & OPEN_TO_OTHERS) === 0) return;
  chmodSync(path, CLOSED);
  // Some network file systems take the call and keep the mode.
  const now = statSync(path).mode & OPEN_TO_OTHERS;
  if (now !== 0)
    throw new Unusable(
      `stays open to others (mode ${(statSync(path).mode & 0o777).toString(8)}) on a file system that keeps its own modes`,
      'mount it with mode 700 for this user, or use a file system that supports modes.',
    );
}

function insideOf(path: string, found: Stats, fix: string): string {
  if ((found.mode & WRITE_OF_ALL) !== 0 && (found.mode & STICKY) === 0)
    throw new Unusable('belongs to root, and everybody can replace its content', fix);
  const inside = join(path, INSIDE);
  mkdirSync(inside, { recursive: true, mode: CLOSED });
  const made = lstatSync(inside);
  if (made.isSymbolicLink() || !made.isDirectory() || made.uid !== self(made))
    throw new Unusable(
      `holds ${shownValue(INSIDE)}, which is not a directory of this user`,
      `remove ${inside}, or ${fix}`,
    );
  narrow(inside, made);
  return inside;
}

/** Throws what a read-only mount or the mode has against it: here it comes with the fix, later it would end a start halfway. */
function proveWritable(path: string): void {
  const probe = join(path, `.probe.${process.pid}.${randomBytes(4).toString('hex')}`);
  closeSync(openSync(probe, 'wx', 0o600));
  unlinkSync(probe);
}

/** Two levels: nothing keeps state deeper than that. */
function refuseForeignEntries(path: string): void {
  for (const entry of readdirSync(path)) {
    const below = join(path, entry);
    if (!isJudgedDirectory(below)) continue;
    for (const file of readdirSync(below)) isJudgedDirectory(join(below, file));
  }
}

/** Throws when somebody else made it; true when there may be more in it. */
function isJudgedDirectory(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  // Another process of this directory may have removed it meanwhile.
  if (found === undefined) return false;
  if (found.uid !== self(found) && found.uid !== 0)
    throw new Unusable(
      `holds ${shownValue(path)}, which belongs to another user (uid ${found.uid})`,
      `find out who made it; remove it, or chown ${self(found)} ${path}`,
    );
  if (found.isSymbolicLink()) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new Unusable(
        `holds ${shownValue(path)}, a symbolic link in place of a file`,
        `find out who made it, and remove it.`,
      );
  } else if (!found.isFile() && !found.isDirectory()) {
    throw new Unusable(`holds ${shownValue(path)}, which is not a file`, `find out who made it, and remove it.`);
  }
  return found.isDirectory();
}

function problemOf(variable: string, path: string, error: unknown): ConfigProblem {
  const problemWith = (problem: string, fix: string): ConfigProblem => ({
    variable,
    problem: `names ${shownValue(path)}, which ${problem}`,
    shape: 'directory of this user',
    fix,
  });
  if (error instanceof Unusable) return problemWith(error.message, error.fix);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const readOnly = code === 'EROFS' ? 'mount it writable, or ' : '';
  return problemWith(
    `cannot be created, read, written or set to mode 700 (${code})`,
    `${readOnly}set ${variable} to a directory that this user can write.`,
  );
}
