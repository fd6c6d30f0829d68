// The locks of the simulated machine: one process of the engine runs at a time, and the one before it is gone.

import { openSync } from './fs.ts';

/** In the place of SQLite, of which the engine needs the lock alone. */
export class Database {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    openSync(path, 'a');
  }

  run(_statement: string): string {
    return this.#path;
  }

  close(): void {}
}

export const lockDirectory = (path: string): number | null => openSync(path, 'r');
export const isLocked = (): boolean => true;
