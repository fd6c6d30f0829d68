// Secrets that live in files: reading one that the operator names, and the control token that a process makes for itself.

import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlToken } from '../../config/shared.ts';
import { shownValue } from '../log/redact.ts';
import { type FileText, readOwnedFile } from './file-permissions.ts';
import type { ConfigProblem } from './problem.ts';

export type SecretText =
  | { readonly ok: true; readonly text: string }
  /** `isEmpty`: there is no such file, or no text in it. */
  | { readonly ok: false; readonly problem: ConfigProblem; readonly isEmpty: boolean };

/**
 * The text of the file that `variable` names, without white space around it. Refused unless it is kept as a secret (see
 * file-permissions.ts). The problem names the variable and the fix, never the content.
 */
export function readSecretFile(variable: string, path: string, credentialsDirectory?: string): SecretText {
  return secretOf({
    variable,
    path,
    file: readOwnedFile(path, { credentialsDirectory }),
    unreadFix: `set ${variable} to a file that this user can read.`,
    emptyFix: `write the secret into it, or set ${variable} to another file.`,
  });
}

type Found = {
  readonly variable: string;
  readonly path: string;
  readonly file: FileText;
  readonly unreadFix: string;
  readonly emptyFix: string;
};

function secretOf({ variable, path, file, unreadFix, emptyFix }: Found): SecretText {
  const text = file.ok ? file.text.trim() : '';
  const refuse = (problem: string, fix: string): SecretText => ({
    ok: false,
    isEmpty: file.ok ? text === '' : file.missing,
    problem: {
      variable,
      problem: `names ${shownValue(path)}, which ${problem}`,
      shape: 'file that only this user, or root, can read',
      fix,
    },
  });
  if (!file.ok) return refuse(file.problem, unreadFix);
  if (file.exposed !== null) return refuse(file.exposed.problem, file.exposed.fix);
  return text === '' ? refuse('is empty', emptyFix) : { ok: true, text };
}

/** 256 bits. */
const TOKEN_BYTES = 32;

/**
 * The control token of `stateDir/control-token`; made (mode 600, synced) when it is not there. Two processes that start at
 * once on one directory end up with one token: the file is linked into place, and the loser reads the winner's. A token that
 * somebody wrote there is held to the same length as one of the configuration, or it could be guessed.
 */
export function controlTokenOf(stateDir: string): SecretText {
  const path = join(stateDir, 'control-token');
  const found = readOwnedFile(path, { refuseLink: true });
  if (found.ok || !found.missing) return controlTokenIn(path, found, OWN_FIX);
  const failure = makeToken(path);
  const made = readOwnedFile(path, { refuseLink: true });
  if (made.ok || !made.missing || failure === null) return controlTokenIn(path, made, OWN_FIX);
  const fix = FULL.has(failure) ? `free space on the disk of STATE_DIR. ${KEEP}` : OWN_FIX;
  return controlTokenIn(path, { ...made, problem: `cannot be made (${failure})` }, fix);
}

/** Codes of a full disk and of a full quota. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
/** Another directory would begin without the journal of what can still settle. */
const KEEP = 'Do not name another directory: the state is in this one.';
const OWN_FIX = `let this user read and write the files of STATE_DIR. ${KEEP}`;

/** The control token of a process that runs on `stateDir`; makes nothing. */
export function keptControlToken(stateDir: string): SecretText {
  const path = join(stateDir, 'control-token');
  const file = readOwnedFile(path, { refuseLink: true });
  const fix =
    'set CONTROL_TOKEN_FILE to a file with the token that the process was given, or with one of its CONTROL_TOKENS_FILE.';
  return controlTokenIn(path, file, fix);
}

function controlTokenIn(path: string, file: FileText, unreadFix: string): SecretText {
  const variable = 'STATE_DIR';
  const emptyFix = `remove ${path}: the next start makes a new token.`;
  const token = secretOf({ variable, path, file, unreadFix, emptyFix });
  if (!token.ok) return token;
  const parsed = controlToken.parse(token.text);
  if (parsed.ok) return token;
  const { shape } = controlToken;
  const problem = `names ${shownValue(path)}, which holds a token that ${parsed.problem}`;
  return {
    ok: false,
    isEmpty: false,
    problem: { variable, problem, shape, fix: emptyFix },
  };
}

/** Null when it was made, by this process or by another one meanwhile; else the code of what went wrong. */
function makeToken(path: string): string | null {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const handle = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(handle, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    linkSync(draft, path);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return code === 'EEXIST' ? null : code;
  } finally {
    discard(draft);
  }
}

/** What cannot be removed was not made, mostly; why it was not is what the operator has to know. */
function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // The error that led here is reported.
  }
}
