// `node:fs` of the simulated machine, in the place of the real one: as much of it as the engine uses.

import { constants as real } from 'node:fs';
import { FileError as Failure, type FileError, type FileNode, type Node } from './disk.ts';
import { diskInUse } from './in-use.ts';

export const constants = real;

type Flags = string | number;
type Stats = {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly birthtimeNs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

const DEVICE = 1;

export function statsOf(node: Node): Stats {
  return {
    dev: DEVICE,
    ino: node.ino,
    size: node.kind === 'file' ? node.size : 0,
    mode: node.kind === 'file' ? node.mode : 0o700,
    uid: process.getuid?.() ?? 0,
    birthtimeNs: BigInt(node.ino) + 1n,
    isFile: () => node.kind === 'file',
    isDirectory: () => node.kind === 'directory',
    isSymbolicLink: () => false,
  };
}

const pathOf = (path: unknown): string => (path instanceof URL ? path.pathname : String(path));

function modesOf(flags: Flags): { creates: boolean; truncates: boolean; appends: boolean; exclusive: boolean } {
  if (typeof flags === 'string') {
    const [kind = 'r'] = flags;
    const exclusive = flags.includes('x');
    return { creates: kind !== 'r', truncates: kind === 'w', appends: kind === 'a', exclusive };
  }
  return {
    creates: (flags & constants.O_CREAT) !== 0,
    truncates: (flags & constants.O_TRUNC) !== 0,
    appends: (flags & constants.O_APPEND) !== 0,
    exclusive: (flags & constants.O_EXCL) !== 0,
  };
}

export function openSync(name: unknown, flags: Flags = 'r', mode = 0o600): number {
  const disk = diskInUse();
  const path = pathOf(name);
  const { creates, truncates, appends, exclusive } = modesOf(flags);
  let node = disk.look(path);
  if (node !== null && exclusive) throw new Failure('EEXIST', path);
  if (node === null) {
    if (!creates) throw new Failure('ENOENT', path);
    if (disk.fault === 'full') throw new Failure('ENOSPC', path);
    const file = disk.newFile();
    file.mode = mode;
    disk.link(path, file);
    node = file;
  }
  if (truncates && node.kind === 'file') disk.truncate(node, path, 0);
  return disk.open(node, appends);
}

export const closeSync = (file: number): void => diskInUse().close(file);

const fileOf = (file: number): FileNode => {
  const { node } = diskInUse().opened(file);
  if (node.kind !== 'file') throw new Failure('EISDIR', String(file));
  return node;
};

export function writeSync(
  file: number,
  bytes: Uint8Array,
  from = 0,
  length = bytes.length - from,
  at?: number,
): number {
  const disk = diskInUse();
  const opened = disk.opened(file);
  const node = fileOf(file);
  const start = at ?? (opened.appends ? node.size : opened.at);
  const taken = disk.write(node, String(file), bytes.subarray(from, from + length), start);
  opened.at = start + taken;
  return taken;
}

export function readSync(file: number, into: Uint8Array, from: number, length: number, at: number): number {
  const { data, size } = fileOf(file);
  const bytes = data.subarray(at, Math.min(size, at + length));
  into.set(bytes, from);
  return bytes.length;
}

export const fstatSync = (file: number): Stats => statsOf(diskInUse().opened(file).node);
export const statSync = (path: unknown, _options?: unknown): Stats => statsOf(diskInUse().find(pathOf(path)));
export const existsSync = (path: unknown): boolean => diskInUse().look(pathOf(path)) !== null;

export function readFileSync(name: unknown, encoding?: unknown): Buffer | string {
  const node = diskInUse().find(pathOf(name));
  if (node.kind !== 'file') throw new Failure('EISDIR', pathOf(name));
  const bytes = Buffer.from(node.data.slice(0, node.size));
  return encoding === undefined ? bytes : bytes.toString('utf8');
}

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

export function writeFileSync(target: unknown, content: string | Uint8Array): void {
  if (typeof target === 'number') {
    writeSync(target, bytesOf(content));
    return;
  }
  const file = openSync(target, 'w');
  writeSync(file, bytesOf(content));
  closeSync(file);
}

export function readdirSync(name: unknown): string[] {
  const node = diskInUse().find(pathOf(name));
  if (node.kind !== 'directory') throw new Failure('ENOTDIR', pathOf(name));
  return [...node.entries.keys()].sort();
}

export const mkdirSync = (path: unknown, _options?: unknown): void => diskInUse().makeDirectory(pathOf(path));

export function chmodSync(path: unknown, mode: number): void {
  const node = diskInUse().find(pathOf(path));
  if (node.kind === 'file') node.mode = mode;
}

export function truncateSync(path: unknown, size = 0): void {
  const node = diskInUse().find(pathOf(path));
  if (node.kind === 'file') diskInUse().truncate(node, pathOf(path), size);
}

export function unlinkSync(path: unknown): void {
  diskInUse().find(pathOf(path));
  diskInUse().link(pathOf(path), null);
}

export const rmSync = (path: unknown, _options?: unknown): void => {
  if (existsSync(path)) unlinkSync(path);
};

export function renameSync(from: unknown, to: unknown): void {
  const disk = diskInUse();
  const node = disk.find(pathOf(from));
  if (disk.fault === 'full') throw new Failure('ENOSPC', pathOf(to));
  disk.link(pathOf(to), node);
  disk.link(pathOf(from), null);
}

export const linkSync = (from: unknown, to: unknown): void =>
  diskInUse().link(pathOf(to), diskInUse().find(pathOf(from)));

export const fsyncSync = (file: number): void => diskInUse().syncNow(file);

type Done = (error: FileError | null) => void;

export const fdatasync = (file: number, done: Done): void => diskInUse().sync(file, done);
export const fsync = (file: number, done: Done): void => diskInUse().sync(file, done);

const tried = (run: () => void): FileError | null => {
  try {
    run();
    return null;
  } catch (error) {
    return error as FileError;
  }
};

export const unlink = (path: unknown, done: Done): void => diskInUse().later(() => done(tried(() => unlinkSync(path))));

export function stat(path: unknown, done: (error: FileError | null, stats?: Stats) => void): void {
  diskInUse().later(() => {
    const node = diskInUse().look(pathOf(path));
    if (node === null) done(new Failure('ENOENT', pathOf(path)));
    else done(null, statsOf(node));
  });
}

/** A disk that does not answer syncs does not answer this either. */
export function statfs(_path: unknown, done: (error: null, stats: { bavail: number; bsize: number }) => void): void {
  const { fault, schedule } = diskInUse();
  if (fault !== 'stalled')
    schedule.after(100, () => done(null, { bavail: fault === 'full' ? 0 : 2 ** 24, bsize: 4096 }));
}

export default {};
