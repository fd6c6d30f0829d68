// This machine: the state directory with its disk and journal, and the limits that the processes get.

import { constants, existsSync, readFileSync } from 'node:fs';
import { access, lstat, stat, statfs } from 'node:fs/promises';
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
import { measureSyncs } from './sync-times.ts';
import { isAnswered } from './world.ts';

/** A second of reading; see "Disk" in ops/OPERATIONS.md for what is usual. */
const JOURNAL_BYTES_MAX = 1024 * 1024 * 1024;
/** Beyond that of the measurement. */
const SYNC_LIMIT_MS = 8000;
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
      {
        name: 'STATE_DIR',
        fix: 'check the directory and its mount.',
        run: async () => [judgeStateDir(await look(stateDir))],
      },
      {
        name: 'file system',
        fix: 'check the mount of STATE_DIR.',
        run: async () => [judgeFileSystem(await kindOf(stateDir))],
      },
      { name: 'free space', fix: 'check the mount of STATE_DIR.', run: async () => [await spaceLine(stateDir)] },
      {
        name: 'disk sync',
        fix: 'check the disk of STATE_DIR.',
        limitMs: SYNC_LIMIT_MS,
        run: async () => [await syncLine(stateDir, config.journalMaxSyncLagMs, context.clock)],
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

async function look(path: string): Promise<FoundStateDir> {
  if ((await ifThere(lstat(path))) === null) {
    return { path, exists: false, isDirectory: false, isOwn: false, mode: 0, isWritable: false };
  }
  const found = await stat(path);
  return {
    path,
    exists: true,
    isDirectory: found.isDirectory(),
    isOwn: found.uid === process.geteuid?.(),
    mode: found.mode,
    isWritable: await access(path, constants.W_OK).then(
      () => true,
      () => false,
    ),
  };
}

/** null: there is nothing at the path. */
async function ifThere<Found>(asked: Promise<Found>): Promise<Found | null> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The directory itself, or the one in which it would be made. */
async function nearestDirectory(path: string): Promise<string> {
  let at = path;
  while ((await ifThere(stat(at))) === null && dirname(at) !== at) at = dirname(at);
  return at;
}

/** Other systems number them otherwise. */
async function kindOf(stateDir: string): Promise<bigint | null> {
  if (process.platform !== 'linux' || (await ifThere(stat(stateDir))) === null) return null;
  return (await statfs(stateDir, { bigint: true })).type;
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

async function spaceLine(stateDir: string): Promise<Line> {
  const { bavail, bsize } = await statfs(await nearestDirectory(stateDir), { bigint: true });
  return judgeFreeSpace('the disk of STATE_DIR', bavail * bsize);
}

async function syncLine(stateDir: string, lagMaxMs: number, clock: Context['clock']): Promise<Line> {
  if ((await ifThere(stat(stateDir))) === null) return pass('not measured: STATE_DIR does not exist yet');
  return judgeSyncTimes(await measureSyncs(stateDir, clock), lagMaxMs);
}

function inspect(stateDir: string) {
  const position = readPosition(join(stateDir, 'journal', 'outbox.json'));
  return inspectJournal({ stateDir, durableAtLeast: position?.others ?? 0, bytesMax: JOURNAL_BYTES_MAX });
}
