// This machine: the state directory with its disk and journal, and the limits that the processes get.

import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  lstatSync,
  openSync,
  readFileSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { readPosition } from '../../../engine/bus/watermark-file.ts';
import { isLocked } from '../../../engine/journal/flock.ts';
import { inspectJournal } from '../../../engine/journal/inspect.ts';
import { THREADS_MIN, threadsOf } from '../../../engine/startup/thread-pool.ts';
import { type Category, type Line, pass } from '../check.ts';
import type { Context } from '../context.ts';
import {
  type FoundPort,
  type FoundStateDir,
  judgeControlPort,
  judgeDescriptors,
  judgeFileSystem,
  judgeFreeSpace,
  judgeJournal,
  judgeStateDir,
  judgeSyncTimes,
  judgeThreadPool,
} from '../judge/machine.ts';
import { isAnswered } from './world.ts';

/** A second of reading; see "Disk" in ops/OPERATIONS.md for what is usual. */
const JOURNAL_BYTES_MAX = 1024 * 1024 * 1024;
const SYNCS = 20;
const SYNC_BYTES = 4096;
/** An address of this machine answers, or refuses, at once. */
const CONNECT_LIMIT_MS = 1000;

export function machineCategory(context: Context): Category {
  const { stateDir, settings, env } = context;
  const { config } = settings;
  return {
    name: 'machine',
    checks: [
      { name: 'open files', fix: 'read /proc/self/limits.', run: () => [judgeDescriptors(openFilesMax())] },
      {
        name: 'thread pool',
        fix: `set UV_THREADPOOL_SIZE=${THREADS_MIN}.`,
        run: () => [judgeThreadPool(threadsOf(env['UV_THREADPOOL_SIZE']), THREADS_MIN)],
      },
      { name: 'STATE_DIR', fix: 'check the directory and its mount.', run: () => [judgeStateDir(look(stateDir))] },
      { name: 'file system', fix: 'check the mount of STATE_DIR.', run: () => [judgeFileSystem(kindOf(stateDir))] },
      { name: 'free space', fix: 'check the mount of STATE_DIR.', run: () => [spaceLine(stateDir)] },
      {
        name: 'disk sync',
        fix: 'check the disk of STATE_DIR.',
        run: () => syncLines(stateDir, config.journalMaxSyncLagMs),
      },
      {
        name: 'journal',
        fix: 'check the files of STATE_DIR/journal.',
        run: () => [judgeJournal(inspect(stateDir), config.account)],
      },
      {
        name: 'control port',
        fix: 'check CONTROL_HOST and CONTROL_PORT.',
        run: async () => [judgeControlPort(await lookAtPort(stateDir, config))],
      },
    ],
  };
}

/** Of this process, which has it from the same launcher as the others; null: the system does not tell. */
function openFilesMax(): number | null {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

function look(path: string): FoundStateDir {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    return { path, exists: false, isDirectory: false, isOwn: false, mode: 0, isWritable: false };
  }
  const { mode, uid } = statSync(path);
  return {
    path,
    exists: true,
    isDirectory: statSync(path).isDirectory(),
    isOwn: uid === process.geteuid?.(),
    mode,
    isWritable: isWritable(path),
  };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The directory itself, or the one in which it would be made. */
function nearestDirectory(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

/** Other systems number them otherwise. */
function kindOf(stateDir: string): bigint | null {
  if (process.platform !== 'linux' || !existsSync(stateDir)) return null;
  return statfsSync(stateDir, { bigint: true }).type;
}

type Listens = { readonly controlHost: string; readonly controlPort: number };

/** Asked by a connection: whoever listens there for a moment keeps an engine from starting that begins just then. */
async function lookAtPort(stateDir: string, { controlHost: host, controlPort: port }: Listens): Promise<FoundPort> {
  const isOurs = existsSync(stateDir) && isLocked(stateDir);
  return {
    host,
    port,
    isOurs,
    isTaken: !isOurs && port !== 0 && (await isAnswered(EVERYWHERE[host] ?? host, port, CONNECT_LIMIT_MS)),
  };
}

/** Everywhere is here as well. */
const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function spaceLine(stateDir: string): Line {
  const { bavail, bsize } = statfsSync(nearestDirectory(stateDir), { bigint: true });
  return judgeFreeSpace('the disk of STATE_DIR', bavail * bsize);
}

/** Writes and syncs a small file of its own, as the journal is synced: what is written stays in the directory for a moment only. */
function syncLines(stateDir: string, lagMaxMs: number): readonly Line[] {
  if (!existsSync(stateDir)) return [pass('not measured: STATE_DIR does not exist yet')];
  const path = join(stateDir, `.doctor.${process.pid}.${randomBytes(4).toString('hex')}`);
  const file = openSync(path, 'wx', 0o600);
  try {
    const block = Buffer.alloc(SYNC_BYTES);
    const times = Array.from({ length: SYNCS }, () => {
      const beganMs = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return performance.now() - beganMs;
    });
    return [judgeSyncTimes(times, lagMaxMs)];
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}

function inspect(stateDir: string) {
  const position = readPosition(join(stateDir, 'journal', 'outbox.json'));
  return inspectJournal({ stateDir, durableAtLeast: position?.others ?? 0, bytesMax: JOURNAL_BYTES_MAX });
}
