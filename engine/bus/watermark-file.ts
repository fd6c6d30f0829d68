// Keeps the position of the outbox over a restart, in a file that is replaced as a whole. Written off the loop, at most
// every 250 ms, the newest value only. A file that is missing or damaged costs repeats, nothing else: the outbox then starts
// from the oldest record kept. A failure to write is reported once until it is over, and tried again with the next value.

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { type Fields, isFields, readJson, SMALL_JSON } from '../../contracts/json.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { crc32c } from '../lib/crc32c.ts';
import type { KnownOffsets } from './offset-watch.ts';
import { SEQ_MAX } from './outbox.ts';
import type { OpenLosses } from './republish/lost-records.ts';

const WRITE_EVERY_MS = 250;
const OWNER_ONLY = 0o600;

/** Everything up to `watermark` is acknowledged; up to `others`, but for what belongs to the topics in `behind`. */
export type OutboxPosition = {
  readonly watermark: number;
  readonly others: number;
  /** Topics that lag behind the others, with their own watermarks. */
  readonly behind: Readonly<Record<string, number>>;
  readonly offsets: KnownOffsets;
  readonly lost: OpenLosses;
};

const isSeq = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= SEQ_MAX;

/** The position kept in the file, or null when there is none that can be read. What is doubtful in it costs repeats. */
export function readPosition(path: string): OutboxPosition | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const read = readJson(text, SMALL_JSON);
  if (!read.ok || !isFields(read.value) || !isWhole(text, read.value)) return null;
  const { watermark, others, behind, offsets, lost } = read.value;
  if (!isSeq(watermark)) return null;
  const kept = { offsets: offsetsIn(offsets), lost: lossesIn(lost) };
  // A file of a version that had one watermark for all topics.
  const single = { watermark, others: watermark, behind: {}, ...kept };
  if (!isSeq(others) || others < watermark || !isFields(behind)) return single;
  const lagging: Record<string, number> = {};
  for (const [topic, seq] of Object.entries(behind)) {
    if (!isSeq(seq) || seq < watermark || seq > others) return single;
    lagging[topic] = seq;
  }
  return { watermark, others, behind: lagging, ...kept };
}

/** The last field is a checksum of the text before it. */
const CHECKSUM = /^(.*),"crc":([0-9]{1,10})\}\s*$/s;

/** What the versions without a checksum wrote: with any other name it was there, and is damaged. */
const NAMES_BEFORE_CHECKSUM = new Set(['watermark', 'others', 'behind', 'offsets']);

/** A position that is too high loses records, so that a number which the disk has changed must not be believed. */
function isWhole(text: string, fields: Fields): boolean {
  const [, body, crc] = CHECKSUM.exec(text) ?? [];
  if (body === undefined) return Object.keys(fields).every((name) => NAMES_BEFORE_CHECKSUM.has(name));
  return checksumOf(body) === Number(crc);
}

const checksumOf = (body: string): number => crc32c(Buffer.from(body), 0);

function textOf(position: OutboxPosition): string {
  const body = JSON.stringify(position).slice(0, -1);
  return `${body},"crc":${checksumOf(body)}}\n`;
}

function offsetsIn(value: unknown): KnownOffsets {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    Object.entries(value satisfies Fields).flatMap(([topic, list]) =>
      Array.isArray(list) ? [[topic, list.map((offset: unknown) => (isSeq(offset) ? offset : null))]] : [],
    ),
  );
}

function lossesIn(value: unknown): OpenLosses {
  if (!isFields(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([topic, seq]) => (isSeq(seq) ? [[topic, seq]] : [])));
}

export type WatermarkFileOptions = {
  readonly path: string;
  readonly clock: Clock;
  /** What to keep, asked when it is written. */
  readonly position: () => OutboxPosition;
  /** False: the file may be that of another process by now, and is left alone. */
  readonly isOwned: () => boolean;
  /** False: what the position passes over is on record, and that not yet on disk. Asked again soon. */
  readonly isReady: () => boolean;
  /** This watermark will be found after a restart. */
  readonly onKept: (watermark: number) => void;
  readonly onTrouble: (error: Error) => void;
};

export class WatermarkFile {
  readonly #options: WatermarkFileOptions;
  #isDirty = false;
  #writing: Promise<void> | null = null;
  #stopTimer: (() => void) | null = null;

  constructor(options: WatermarkFileOptions) {
    this.#options = options;
  }

  /** The position has changed: it is kept, soon. */
  changed(): void {
    this.#isDirty = true;
    if (this.#writing !== null || this.#stopTimer !== null) return;
    this.#stopTimer = this.#options.clock.after(WRITE_EVERY_MS, () => {
      this.#stopTimer = null;
      this.#start();
    });
  }

  /** Writes what has changed by now; tried once more when that fails, since nothing comes after it. */
  async flush(): Promise<void> {
    for (let tries = 0; tries < 2; tries++) {
      this.#cancelTimer();
      await this.#writing;
      this.#cancelTimer();
      this.#start();
      await this.#writing;
    }
    this.#cancelTimer();
  }

  #cancelTimer(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
  }

  #start(): void {
    if (!this.#isDirty || !this.#options.isOwned()) return;
    if (!this.#options.isReady()) {
      this.changed();
      return;
    }
    this.#isDirty = false;
    this.#writing = this.#write(this.#options.position()).then(() => {
      this.#writing = null;
      if (this.#isDirty) this.changed();
    });
  }

  async #write(position: OutboxPosition): Promise<void> {
    const { path, onKept, onTrouble } = this.#options;
    const next = `${path}.next`;
    try {
      await writeFile(next, textOf(position), { mode: OWNER_ONLY });
      await rename(next, path);
      onKept(position.watermark);
    } catch (error) {
      this.#isDirty = true;
      onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
