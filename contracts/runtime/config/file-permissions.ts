// Whether a file that holds a secret is kept as one. Two ways count: a file of this user that nobody else may open, and a file
// of root that others may not open, which its group may read. The second is how services are handed secrets: systemd's
// credentials and Kubernetes' volumes with `fsGroup` are root's, mode 0440, on mounts whose modes cannot be changed from inside.
// A process of root gets them so too; an ordinary file that root itself can narrow has to be closed to the group.
//
// Nothing here waits: what is no regular file is not opened, and no more than the limit is read.

import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';

type FileFault = {
  /** As the rest of a sentence about the file. */
  readonly problem: string;
  /** What can be done about it where this file is. */
  readonly fix: string;
};

export type FileText =
  | {
      readonly ok: true;
      readonly text: string;
      /** Why it may not hold a secret; null when it may. */
      readonly exposed: FileFault | null;
      /** Why its content cannot be trusted: somebody else may change it. Null when only this user and root can. */
      readonly changeable: FileFault | null;
    }
  | { readonly ok: false; readonly missing: boolean; readonly problem: string };

export type OwnedFileOptions = {
  /** `CREDENTIALS_DIRECTORY` of systemd. */
  readonly credentialsDirectory?: string | undefined;
  /** For files that this software makes itself: a link in their place was put there by somebody else. */
  readonly refuseLink?: boolean;
};

/** Above this a file is no key, token or `.env`. */
const FILE_BYTES_MAX = 1 << 20;

/** Reads the file once and judges what was opened, so that it cannot be changed in between. Never throws, never waits. */
export function readOwnedFile(path: string, options: OwnedFileOptions = {}): FileText {
  let handle: number;
  try {
    // Opening a device may already do something, so it is not opened; a pipe put there meanwhile does not block.
    if (!statSync(path).isFile()) return { ok: false, missing: false, problem: 'is not a regular file' };
    const noFollow = options.refuseLink === true ? constants.O_NOFOLLOW : 0;
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
  } catch (error) {
    const code = errorCode(error);
    return { ok: false, missing: code === 'ENOENT' || code === 'ENOTDIR', problem: openProblem(code) };
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return { ok: false, missing: false, problem: 'is not a regular file' };
    const text = readText(handle);
    if (text === null) return { ok: false, missing: false, problem: 'is larger than 1 MiB' };
    return { ok: true, text, ...judge(path, found, options) };
  } catch (error) {
    return { ok: false, missing: false, problem: openProblem(errorCode(error)) };
  } finally {
    closeSync(handle);
  }
}

/** Null when there is more than the limit; a size is not relied on, since some file systems give 0 for all files. */
function readText(handle: number): string | null {
  const bytes = Buffer.alloc(FILE_BYTES_MAX + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(handle, bytes, length, bytes.length - length, null);
    if (read === 0) return bytes.toString('utf8', 0, length);
    length += read;
  }
  return null;
}

type Found = { readonly mode: number; readonly uid: number };

const OTHERS = 0o007;
const GROUP = 0o070;
const GROUP_BUT_READ = 0o030;
const WRITE_OF_OWNER = 0o200;
const WRITE_OF_OTHERS = 0o022;

function judge(path: string, { mode, uid }: Found, options: OwnedFileOptions) {
  const self = process.geteuid?.() ?? uid;
  const shown = (mode & 0o777).toString(8).padStart(3, '0');
  if (uid !== self && uid !== 0) {
    const foreign: FileFault = {
      problem: `belongs to another user (uid ${uid})`,
      fix: placeFix(path, options) ?? `chown ${self} ${path} && chmod 600 ${path}`,
    };
    return { exposed: foreign, changeable: foreign };
  }
  const handedOver = uid === 0 && (self !== 0 || (mode & WRITE_OF_OWNER) === 0 || placeFix(path, options) !== null);
  const closed = OTHERS | (handedOver ? GROUP_BUT_READ : GROUP);
  const narrow =
    uid === self ? `chmod 600 ${path}` : `as root: chmod 640 ${path}, with a group that only this user is in`;
  const openToOthers: FileFault = {
    problem: `is open to others (mode ${shown})`,
    fix: placeFix(path, options) ?? narrow,
  };
  const changedByOthers: FileFault = {
    problem: `can be changed by others (mode ${shown})`,
    fix: placeFix(path, options) ?? `${uid === self ? '' : 'as root: '}chmod go-w ${path}`,
  };
  return {
    exposed: (mode & closed) === 0 ? null : openToOthers,
    changeable: (mode & WRITE_OF_OTHERS) === 0 ? null : changedByOthers,
  };
}

/** Segment of a path inside a Kubernetes volume: the link `..data`, and the dated folder that it leads to. */
const KUBERNETES_SEGMENT = /(?:^|\/)\.\.(?:data|[0-9])/;

/** What can be done where a mode is not ours to change; null for an ordinary file. */
function placeFix(path: string, { credentialsDirectory }: OwnedFileOptions): string | null {
  const real = realPath(path);
  const credentials = credentialsDirectory === undefined ? null : realPath(credentialsDirectory);
  if (real.startsWith('/run/credentials/') || (credentials !== null && real.startsWith(`${credentials}/`)))
    return 'pass it with LoadCredential= of systemd to a service that runs as this user; credentials cannot be changed in place.';
  if (KUBERNETES_SEGMENT.test(linkText(path)) || KUBERNETES_SEGMENT.test(real))
    return "set defaultMode: 0440 on the secret's volume and fsGroup in the pod's securityContext; the volume cannot be changed from inside.";
  if (real.startsWith('/run/secrets/'))
    return "set mode: 0400 and this user's uid on the secret of the service in the Compose file; it cannot be changed from inside.";
  return isReadOnly(path)
    ? 'set owner and mode 0400 where this read-only mount is made; they cannot be changed from here.'
    : null;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function linkText(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // No link.
    return '';
  }
}

function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return errorCode(error) === 'EROFS';
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
      return 'does not exist (a part of its path is not a directory)';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read by this user';
    case 'ELOOP':
      return 'is a symbolic link';
    case 'EISDIR':
      return 'is a directory';
    default:
      return `cannot be read (${code})`;
  }
}
