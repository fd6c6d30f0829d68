// What was measured on this machine, judged. Pure.

import type { Inspection } from '../../../engine/journal/inspect.ts';
import { fail, fatal, type Line, pass, warn } from '../check.ts';

/** Clients of the control API and the processes' own files; the launcher raises the limit where it may. */
const DESCRIPTORS_MIN = 1024;
const DESCRIPTORS_GOOD = 8192;

export function judgeDescriptors(limit: number | null): Line {
  const fix = 'start the processes with ./unrip, and let the service manager allow 65536 (LimitNOFILE=65536).';
  if (limit === null) return warn('the limit of open files cannot be read', fix);
  if (limit < DESCRIPTORS_MIN) return fail(`a process may open ${limit} files`, fix);
  if (limit < DESCRIPTORS_GOOD) return warn(`a process may open ${limit} files`, fix);
  return pass(`a process may open ${limit} files`);
}

export function judgeThreadPool(threads: number, threadsMin: number): Line {
  const text = `the pool for files has ${threads} threads`;
  return threads >= threadsMin
    ? pass(text)
    : warn(`${text}: an unreachable Kafka broker can occupy all of them`, `set UV_THREADPOOL_SIZE=${threadsMin}.`);
}

const MIB = 1024n * 1024n;
/** Two segments of the journal and their checkpoint. */
const FREE_MIN = 256n * MIB;
/** A day without Kafka at ten rejected quotes a second. */
const FREE_GOOD = 2048n * MIB;

export function judgeFreeSpace(what: string, freeBytes: bigint): Line {
  const text = `${what} has ${freeBytes / MIB} MiB free`;
  const fix = 'free space there, or move it to a larger disk: a full disk ends signing, or history.';
  if (freeBytes < FREE_MIN) return fail(text, fix);
  return freeBytes < FREE_GOOD ? warn(text, fix) : pass(text);
}

/** @param timesMs of syncs of a small file one after the other; null: one did not end; @param lagMaxMs JOURNAL_MAX_SYNC_LAG_MS */
export function judgeSyncTimes(timesMs: readonly number[] | null, lagMaxMs: number): Line {
  // The journal is not read then: that would hang as well, and with it the doctor.
  if (timesMs === null)
    return fatal(
      'a sync to the disk of STATE_DIR did not end within 5 s: the disk hangs, and an engine on it would not sign',
      "look for errors of the disk or its mount in the kernel's log (dmesg), or move STATE_DIR to another disk.",
    );
  const sorted = [...timesMs].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  const worst = sorted.at(-1) ?? 0;
  const text = `a sync to disk takes ${median.toFixed(1)} ms, at most ${worst.toFixed(1)} ms`;
  const fix = 'put STATE_DIR on a local SSD that no other program keeps busy.';
  if (worst > lagMaxMs)
    return fail(`${text}: longer than JOURNAL_MAX_SYNC_LAG_MS (${lagMaxMs} ms), so signing would stop`, fix);
  return worst > lagMaxMs / 2 || median > lagMaxMs / 10 ? warn(text, fix) : pass(text);
}

/** What a directory lies on, by the number that Linux gives to the kind of file system. */
const VOLATILE: ReadonlyMap<bigint, string> = new Map([
  [0x01021994n, 'in memory (tmpfs)'],
  [0x858458f6n, 'in memory (ramfs)'],
]);
const LAYERED = 0x794c7630n;
const REMOTE: ReadonlyMap<bigint, string> = new Map([
  [0x6969n, 'NFS'],
  [0x517bn, 'SMB'],
  [0xff534d42n, 'CIFS'],
  [0xfe534d42n, 'SMB2'],
  [0x01021997n, '9P'],
  [0x00c36400n, 'Ceph'],
  [0x65735546n, 'FUSE'],
]);

/** @param kind as Linux numbers it; null: it is not known, or there is no directory yet */
export function judgeFileSystem(kind: bigint | null): Line {
  if (kind === null) return pass('not looked at: there is no STATE_DIR yet, or this system does not tell');
  const memory = VOLATILE.get(kind);
  if (memory !== undefined)
    return fail(
      `STATE_DIR lies ${memory}: a restart of the machine loses the journal, and with it what quotes can still settle`,
      'put STATE_DIR on a disk.',
    );
  if (kind === LAYERED)
    return warn(
      'STATE_DIR lies in the layer of a container: the journal is gone when the container is made again',
      'mount a volume of its own at STATE_DIR.',
    );
  const remote = REMOTE.get(kind);
  if (remote === undefined) return pass('STATE_DIR lies on a disk of this machine');
  return warn(
    `STATE_DIR lies on ${remote}: its locks and syncs may not be those of a disk, and nothing is signed while it does not answer`,
    'put STATE_DIR on a local disk.',
  );
}

export type FoundPort = {
  readonly host: string;
  readonly port: number;
  /** The engine of this STATE_DIR runs. */
  readonly isOurs: boolean;
  readonly isTaken: boolean;
};

export function judgeControlPort({ host, port, isOurs, isTaken }: FoundPort): Line {
  if (isOurs) return pass('the engine of this STATE_DIR runs, and has its port');
  if (port === 0) return pass('the control API takes a free port');
  if (!isTaken) return pass(`port ${port} of ${host} is free for the control API`);
  return fail(
    `something listens on ${host}:${port} already, so that the engine would not start`,
    'end it, or set CONTROL_PORT of one of the two to another port: processes must not share one CONTROL_PORT.',
  );
}

export type FoundStateDir = {
  readonly path: string;
  readonly exists: boolean;
  readonly isDirectory: boolean;
  readonly isOwn: boolean;
  readonly mode: number;
  readonly isWritable: boolean;
};

const OPEN_TO_OTHERS = 0o077;

export function judgeStateDir(found: FoundStateDir): Line {
  const { path, mode } = found;
  if (!found.exists) {
    return warn(
      `${path} does not exist`,
      'nothing, before the first start: the engine creates it. Otherwise set STATE_DIR to the directory of this account: without it the executor cannot be armed for ten minutes.',
    );
  }
  if (!found.isDirectory) return fatal(`${path} is not a directory`, 'set STATE_DIR to a directory.');
  if (!found.isOwn) return fatal(`${path} belongs to another user`, 'run this as the user of the engine.');
  if (!found.isWritable) return fatal(`${path} cannot be written`, 'mount it writable for the user of the engine.');
  if ((mode & OPEN_TO_OTHERS) !== 0) {
    return warn(`${path} is open to others (mode ${(mode & 0o777).toString(8)})`, `chmod 700 ${path}`);
  }
  return pass(`${path} is closed to others`);
}

export function judgeJournal(found: Inspection, account: string): Line {
  switch (found.kind) {
    case 'none':
      return warn(
        'there is no journal: the executor cannot be armed in its first ten minutes',
        'nothing, if this account never quoted from elsewhere; else bring back the newest STATE_DIR.',
      );
    case 'in_use':
      return pass('an engine runs on it, and shows its state at /state');
    case 'too_large':
      return warn(
        `the journal has ${BigInt(found.bytes) / MIB} MiB and was not read`,
        'bring Kafka back, so that the engine can remove old segments; the engine checks the journal at its start.',
      );
    case 'refused':
      return fatal(found.problem, 'read "STATE_DIR" in ops/OPERATIONS.md before anything is moved.');
    case 'whole':
      return judgeWholeJournal(found, account);
  }
}

function judgeWholeJournal(found: Extract<Inspection, { kind: 'whole' }>, account: string): Line {
  if (found.account !== null && found.account !== account) {
    return fatal(
      `the journal is of the account ${found.account}, not of ${account}`,
      'set STATE_DIR to the directory of this account, or NEAR_ACCOUNT_ID to that of the journal.',
    );
  }
  if (found.isElsewhere) {
    return warn(
      `${found.records} records; the journal is a copy or was restored`,
      'read "Backup and restore" in ops/OPERATIONS.md: it signs nothing in its first ten minutes, and to arm it before takes --accept-recovery-findings.',
    );
  }
  const torn = found.tornAt === null ? '' : `; the last record is torn (${found.tornAt}) and will be cut at the start`;
  return pass(`${found.records} records are whole${torn}`);
}
