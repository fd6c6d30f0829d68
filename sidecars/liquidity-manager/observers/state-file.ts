// The file of an observer: replaced as a whole after each reading, so that a crash loses at most what one reading found, which the next
// one finds again.

import { closeSync, fstatSync, openSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurableFile } from '../../../contracts/runtime/process/own-file.ts';
import { decodeSaved, encodeSaved, SAVED_CHARS_MAX, type Saved } from './ledger/saved.ts';
import type { ObservedChain } from './types.ts';

export type Loaded =
  | { readonly kind: 'saved'; readonly saved: Saved }
  | { readonly kind: 'none' }
  /** It was put aside; the observer starts over. */
  | { readonly kind: 'unusable'; readonly detail: string };

const PREFIX = 'funding-observer-';

/** Whether an observer has run on this directory: it writes its file before it reads anything. */
export const hasObserverFile = (stateDir: string): boolean =>
  readdirSync(stateDir).some((name) => name.startsWith(PREFIX));

export class StateFile {
  readonly #chain: ObservedChain;
  readonly #path: string;

  constructor(stateDir: string, chain: ObservedChain) {
    this.#chain = chain;
    this.#path = join(stateDir, `${PREFIX}${chain.replace(':', '-')}.json`);
  }

  /** Never throws. */
  load(): Loaded {
    let text: string | null;
    try {
      text = this.#read();
    } catch (error) {
      return this.#putAside(error instanceof Error ? error.message : String(error));
    }
    if (text === null) return { kind: 'none' };
    const decoded = decodeSaved(this.#chain, text);
    return decoded.ok ? { kind: 'saved', saved: decoded.saved } : this.#putAside(decoded.detail);
  }

  /** @returns why it could not be written; null: it was */
  save(saved: Saved): string | null {
    try {
      writeDurableFile(this.#path, encodeSaved(this.#chain, saved));
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #read(): string | null {
    let handle: number;
    try {
      handle = openSync(this.#path, 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
    try {
      const { size } = fstatSync(handle);
      if (size > SAVED_CHARS_MAX) throw new Error(`it has ${size} bytes, of at most ${SAVED_CHARS_MAX}`);
      return readFileSync(handle, 'utf8');
    } finally {
      closeSync(handle);
    }
  }

  #putAside(detail: string): Loaded {
    try {
      renameSync(this.#path, `${this.#path}.unusable`);
    } catch {
      // The next save replaces it.
    }
    return { kind: 'unusable', detail };
  }
}
