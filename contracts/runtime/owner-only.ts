// Whether a file that holds a secret is kept as one: a regular file of ours (or root's) that nobody else may open.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

export type FileText =
  | {
      readonly ok: true;
      readonly text: string;
      /** Why it may not hold a secret, as a sentence about the file; null when it may. */
      readonly exposed: string | null;
      readonly exposedFix: string | null;
    }
  | { readonly ok: false; readonly missing: boolean; readonly problem: string };

/** Above this a file is no key, token or `.env`. */
const FILE_BYTES_MAX = 1 << 20;

/** Reads the file once and judges what was opened, so that it cannot be changed in between. Never throws. */
export function readOwnedFile(path: string): FileText {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    const code = errorCode(error);
    return { ok: false, missing: code === 'ENOENT' || code === 'ENOTDIR', problem: openProblem(code) };
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return { ok: false, missing: false, problem: 'is not a regular file' };
    if (found.size > FILE_BYTES_MAX) return { ok: false, missing: false, problem: 'is larger than 1 MiB' };
    const text = readFileSync(handle, 'utf8');
    const mode = (found.mode & 0o777).toString(8).padStart(3, '0');
    const self = process.getuid?.() ?? found.uid;
    if ((found.mode & 0o077) !== 0)
      return { ok: true, text, exposed: `is open to others (mode ${mode})`, exposedFix: `chmod 600 ${path}` };
    if (found.uid !== self && found.uid !== 0)
      return {
        ok: true,
        text,
        exposed: `belongs to another user (uid ${found.uid})`,
        exposedFix: `chown ${self} ${path} && chmod 600 ${path}`,
      };
    return { ok: true, text, exposed: null, exposedFix: null };
  } catch (error) {
    return { ok: false, missing: false, problem: openProblem(errorCode(error)) };
  } finally {
    closeSync(handle);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}

function openProblem(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'does not exist';
    case 'ENOTDIR':
      return 'does not exist (a part of its path is no directory)';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read by this user';
    case 'EISDIR':
      return 'is a directory';
    default:
      return `cannot be read (${code})`;
  }
}
