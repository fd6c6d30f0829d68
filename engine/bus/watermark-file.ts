// Keeps the watermark over a restart, in a file that is replaced as a whole. Written off the loop, at most every 250 ms,
// the newest value only. A file that is missing or damaged costs repeats, nothing else: the outbox then starts from the
// oldest record kept. A failure to write is told and tried again with the next value.

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { isFields, readJson, SMALL_JSON } from '../../contracts/json.ts';
import type { Clock } from '../ports.ts';

const WRITE_EVERY_MS = 250;
const OWNER_ONLY = 0o600;

/** The watermark kept in the file, or null when there is none that can be read. */
export function readWatermark(path: string): number | null {
  try {
    const read = readJson(readFileSync(path, 'utf8'), SMALL_JSON);
    const watermark = read.ok && isFields(read.value) ? read.value['watermark'] : null;
    return typeof watermark === 'number' && Number.isSafeInteger(watermark) && watermark >= 0 ? watermark : null;
  } catch {
    return null;
  }
}

export type WatermarkFileOptions = {
  readonly path: string;
  readonly clock: Clock;
  /** This value will be found after a restart. */
  readonly onKept: (watermark: number) => void;
  readonly onTrouble: (error: Error) => void;
};

export class WatermarkFile {
  readonly #options: WatermarkFileOptions;
  #wanted: number | null = null;
  #writing: Promise<void> | null = null;
  #stopTimer: (() => void) | null = null;

  constructor(options: WatermarkFileOptions) {
    this.#options = options;
  }

  /** Keeps this value, soon. */
  set(watermark: number): void {
    this.#wanted = watermark;
    if (this.#writing !== null || this.#stopTimer !== null) return;
    this.#stopTimer = this.#options.clock.after(WRITE_EVERY_MS, () => {
      this.#stopTimer = null;
      this.#start();
    });
  }

  /** Writes what is wanted now. */
  async flush(): Promise<void> {
    this.#cancelTimer();
    await this.#writing;
    this.#cancelTimer();
    this.#start();
    await this.#writing;
  }

  #cancelTimer(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
  }

  #start(): void {
    const watermark = this.#wanted;
    if (watermark === null) return;
    this.#wanted = null;
    this.#writing = this.#write(watermark).then(() => {
      this.#writing = null;
      if (this.#wanted !== null) this.set(this.#wanted);
    });
  }

  async #write(watermark: number): Promise<void> {
    const { path, onKept, onTrouble } = this.#options;
    const next = `${path}.next`;
    try {
      await writeFile(next, `${JSON.stringify({ watermark })}\n`, { mode: OWNER_ONLY });
      await rename(next, path);
      onKept(watermark);
    } catch (error) {
      // What is wanted by now is newer; else this value is tried again with the next one.
      this.#wanted ??= watermark;
      onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
