// The disk of the simulated machine: files and directories in memory, which of them survive a power cut, and what can go wrong.
// A write is in the page cache until the file is synced, and an entry of a directory until the directory is: a power cut leaves a
// beginning of what was not synced, which may end in the middle of a write.

import type { Random } from './random.ts';
import type { Owner, Schedule } from './schedule.ts';

type Change = {
  readonly undo: () => void;
  readonly redo: (part: number) => void;
  readonly bytes: number;
  /** True time. */
  readonly atUs: number;
};

export type FileNode = {
  readonly kind: 'file';
  readonly ino: number;
  data: Uint8Array;
  size: number;
  mode: number;
  /** Not synced yet, oldest first. */
  changes: Change[];
};

export type DirectoryNode = {
  readonly kind: 'directory';
  readonly ino: number;
  readonly entries: Map<string, FileNode | DirectoryNode>;
  changes: (() => void)[];
};

export type Node = FileNode | DirectoryNode;

/** What the disk does now. */
export type DiskFault =
  /** Nothing more can be written. */
  | 'full'
  /** Syncs take some hundred milliseconds. */
  | 'slow'
  /** Syncs do not end. */
  | 'stalled'
  /** Syncs fail. */
  | 'failing';

type Open = { readonly node: Node; readonly owner: Owner; at: number; readonly appends: boolean };

export class FileError extends Error {
  readonly code: string;

  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

const SYNC_US = 300;
const SLOW_US = 400_000;

export class Disk {
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #root: DirectoryNode;
  readonly #open = new Map<number, Open>();
  readonly #waiting: (() => void)[] = [];
  #inodes = 1;
  #files = 100;
  fault: DiskFault | null = null;
  /** Called for each write, sync and change of an entry; an engine that is killed here has not done it. False: it is not done. */
  touched: (path: string, what: 'write' | 'sync' | 'entry', owner: Owner) => boolean = () => true;

  constructor(schedule: Schedule, random: Random) {
    this.#schedule = schedule;
    this.#random = random;
    this.#root = this.#directory();
  }

  get schedule(): Schedule {
    return this.#schedule;
  }

  /** Syncs that stalled go on. */
  goOn(): void {
    this.fault = null;
    for (const run of this.#waiting.splice(0)) run();
  }

  find(path: string): Node {
    const node = this.look(path);
    if (node === null) throw new FileError('ENOENT', path);
    return node;
  }

  look(path: string): Node | null {
    let node: Node = this.#root;
    for (const name of namesOf(path)) {
      const next: Node | undefined = node.kind === 'directory' ? node.entries.get(name) : undefined;
      if (next === undefined) return null;
      node = next;
    }
    return node;
  }

  directoryOf(path: string): { readonly directory: DirectoryNode; readonly name: string } {
    const names = namesOf(path);
    const directory = this.find(`/${names.slice(0, -1).join('/')}`);
    if (directory.kind !== 'directory') throw new FileError('ENOTDIR', path);
    return { directory, name: names.at(-1) ?? '' };
  }

  makeDirectory(path: string): void {
    let node: Node = this.#root;
    for (const name of namesOf(path)) {
      if (node.kind !== 'directory') throw new FileError('ENOTDIR', path);
      const next: Node = node.entries.get(name) ?? this.#directory();
      node.entries.set(name, next);
      node = next;
    }
  }

  /** Puts a node at a path, or removes what is there. */
  link(path: string, node: Node | null): void {
    const { directory, name } = this.directoryOf(path);
    if (!this.touched(path, 'entry', this.#schedule.current)) return;
    const before = directory.entries.get(name);
    directory.changes.push(() => setEntry(directory, name, before));
    setEntry(directory, name, node ?? undefined);
  }

  newFile(): FileNode {
    return { kind: 'file', ino: ++this.#inodes, data: new Uint8Array(256), size: 0, mode: 0o600, changes: [] };
  }

  open(node: Node, appends: boolean): number {
    const file = ++this.#files;
    this.#open.set(file, { node, owner: this.#schedule.current, at: 0, appends });
    return file;
  }

  opened(file: number): Open {
    const opened = this.#open.get(file);
    if (opened === undefined) throw new FileError('EBADF', String(file));
    return opened;
  }

  close(file: number): void {
    this.#open.delete(file);
  }

  /** @returns how many bytes were taken */
  write(node: FileNode, path: string, bytes: Uint8Array, at: number): number {
    const { current } = this.#schedule;
    if (this.fault === 'full') throw new FileError('ENOSPC', path);
    if (!this.touched(path, 'write', current)) return bytes.length;
    // A copy: the slice of a Buffer is none, and its memory is used again for the next record.
    const kept = new Uint8Array(bytes);
    const before = node.data.slice(Math.min(at, node.size), Math.min(at + bytes.length, node.size));
    const sizeBefore = node.size;
    const apply = (part: number): void => put(node, kept.subarray(0, part), at);
    const undo = (): void => {
      put(node, before, at);
      node.size = sizeBefore;
    };
    apply(kept.length);
    node.changes.push({ undo, redo: apply, bytes: kept.length, atUs: this.#schedule.nowUs });
    return bytes.length;
  }

  truncate(node: FileNode, path: string, size: number): void {
    if (size === node.size || !this.touched(path, 'write', this.#schedule.current)) return;
    const before = node.data.slice(0, node.size);
    const undo = (): void => {
      node.data = before.slice();
      node.size = before.length;
    };
    const redo = (): void => {
      node.size = size;
    };
    redo();
    node.changes.push({ undo, redo, bytes: 0, atUs: this.#schedule.nowUs });
  }

  /** Off the loop; what it makes durable is what was there when it began. */
  sync(file: number, done: (error: FileError | null) => void): void {
    const { node, owner } = this.opened(file);
    const last = node.changes.at(-1);
    const finish = (): void => {
      const isFailing = this.fault === 'failing';
      if (!isFailing && last !== undefined)
        node.changes = (node.changes as unknown[]).slice((node.changes as unknown[]).indexOf(last) + 1) as never;
      done(isFailing ? new FileError('EIO', 'sync') : null);
    };
    if (!this.touched('', 'sync', owner)) return;
    const us = this.fault === 'slow' ? this.#random.around(SLOW_US) : this.#random.around(SYNC_US);
    const run = (): void => {
      if (this.fault === 'stalled') this.#waiting.push(() => this.#schedule.after(1, run, owner));
      else finish();
    };
    this.#schedule.after(us, run, owner);
  }

  /** Within the turn. */
  syncNow(file: number): void {
    const { node, owner } = this.opened(file);
    if (this.touched('', 'sync', owner)) node.changes = [];
  }

  /** An answer of the file system that takes a while. */
  later(run: () => void): void {
    this.#schedule.after(this.#random.around(100), run);
  }

  processEnded(owner: Owner): void {
    for (const [file, opened] of this.#open) if (opened.owner === owner) this.#open.delete(file);
    this.#waiting.length = 0;
  }

  /** What was not synced is lost, but for a beginning of it; the page cache is empty then. */
  powerCut(): void {
    for (const node of this.#nodes(this.#root)) {
      if (node.kind === 'directory') {
        const kept = this.#random.below(node.changes.length + 1);
        for (const undo of node.changes.slice(kept).reverse()) undo();
      } else {
        for (const { undo } of [...node.changes].reverse()) undo();
        const kept = this.#random.below(node.changes.length + 1);
        for (const { redo, bytes } of node.changes.slice(0, kept)) redo(bytes);
        const torn = node.changes[kept];
        if (torn !== undefined && torn.bytes > 0) torn.redo(this.#random.below(torn.bytes));
      }
      node.changes = [];
    }
  }

  /** Everything survives: the process is gone, the machine is not. */
  isSynced(path: string): boolean {
    return this.look(path)?.changes.length === 0;
  }

  /** Bytes of a file that a power cut cannot take. */
  durableBytes(node: FileNode): number {
    return node.size - node.changes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  *#nodes(directory: DirectoryNode): Generator<Node> {
    // Their own changes first: an entry that goes takes its file along.
    for (const node of directory.entries.values()) {
      if (node.kind === 'directory') yield* this.#nodes(node);
      else yield node;
    }
    yield directory;
  }

  #directory(): DirectoryNode {
    return { kind: 'directory', ino: ++this.#inodes, entries: new Map(), changes: [] };
  }
}

function setEntry(directory: DirectoryNode, name: string, node: Node | undefined): void {
  if (node === undefined) directory.entries.delete(name);
  else directory.entries.set(name, node);
}

function put(node: FileNode, bytes: Uint8Array, at: number): void {
  const end = at + bytes.length;
  if (end > node.data.length) {
    const grown = new Uint8Array(Math.max(end, node.data.length * 2));
    grown.set(node.data.subarray(0, node.size));
    node.data = grown;
  }
  node.data.set(bytes, at);
  node.size = Math.max(node.size, end);
}

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');
