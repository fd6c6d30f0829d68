// `node:fs/promises` of the simulated machine: each call takes a while.

import * as fs from './fs.ts';
import { diskInUse } from './in-use.ts';

const soon = <Value>(run: () => Value): Promise<Value> =>
  new Promise((resolve, reject) => {
    diskInUse().later(() => {
      try {
        resolve(run());
      } catch (error) {
        reject(error);
      }
    });
  });

class FileHandle {
  readonly #file: number;

  constructor(file: number) {
    this.#file = file;
  }

  write(bytes: Uint8Array, from: number, length: number, at: number): Promise<{ bytesWritten: number }> {
    return soon(() => ({ bytesWritten: fs.writeSync(this.#file, bytes, from, length, at) }));
  }

  read(into: Uint8Array, from: number, length: number, at: number): Promise<{ bytesRead: number }> {
    return soon(() => ({ bytesRead: fs.readSync(this.#file, into, from, length, at) }));
  }

  truncate(size: number): Promise<void> {
    return soon(() => {
      const { node } = diskInUse().opened(this.#file);
      if (node.kind === 'file') diskInUse().truncate(node, '', size);
    });
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#file, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  sync(): Promise<void> {
    return this.datasync();
  }

  close(): Promise<void> {
    return soon(() => fs.closeSync(this.#file));
  }
}

export const open = (path: unknown, flags: string | number, mode?: number): Promise<FileHandle> =>
  soon(() => new FileHandle(fs.openSync(path, flags, mode)));

export const rename = (from: unknown, to: unknown): Promise<void> => soon(() => fs.renameSync(from, to));

export const writeFile = (path: unknown, content: string): Promise<void> => soon(() => fs.writeFileSync(path, content));

export const rm = (path: unknown): Promise<void> => soon(() => fs.rmSync(path));
