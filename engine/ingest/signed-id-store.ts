// Keeps the signed ids over a restart: one append-only file for each of their tables, below STATE_DIR/signed-ids. Nothing is
// written in the turn of a quote. The journal has every id that was added since its last checkpoint began; before a checkpoint
// is whole, what was added up to its begin has to be durable here, and `save` is what it waits for.
//
// A batch that could not be written is written again, at the same place, with the next save. What a restart cannot find of the
// ids that the checkpoint counts on is a finding; see `missingOf`.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { momentOf } from '../lib/moment.ts';
import { recordedUs } from '../lib/record-age.ts';
import { createTroubleLog, type TroubleLog } from '../lib/trouble.ts';
import type { SignedIdsFile } from '../model/facts.ts';
import type { LogPort, Random } from '../model/ports.ts';
import type { Hold } from '../model/values.ts';
import type { IdSeed } from './id-hash.ts';
import { BATCH_IDS_MAX, encodeIdBatch, encodeIdHeader, ID_HEADER_BYTES, readIdFile } from './signed-id-codec.ts';
import { type IdBatch, SIGNED_ID_AGE_US, SignedIds, type SignedIdsCounts } from './signed-ids.ts';

/** Ids in memory that wait for a disk that does not take them: 64 MiB. */
const UNSAVED_MAX = 4 * 1024 * 1024;
const BYTES_UNSAVED = 16;
const SAVE_EVERY_MS = 60_000;

const NAME = /^([0-9]{16})\.ids$/;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

export type SignedIdStoreOptions = {
  readonly stateDir: string;
  readonly clock: Pick<Clock, 'nowMs' | 'elapsedUs' | 'every'>;
  readonly random: Pick<Random, 'fill'>;
  readonly log: LogPort;
  /** False: the files may be those of another process by now, and are left alone. */
  readonly isOwned: () => boolean;
  /** Our wall clock is known to be right now. Of ids of earlier runs it alone tells the age, and they must not go by a wrong one. */
  readonly isClockTrusted: () => boolean;
};

export type SignedIdsState = SignedIdsCounts & {
  /** Ids that are not on disk by themselves; the journal has them. */
  readonly unsaved: number;
  /** Why they could not be written the last time. */
  readonly problem: string | null;
};

export class SignedIdStore {
  readonly ids: SignedIds;
  readonly #options: SignedIdStoreOptions;
  readonly #directory: string;
  readonly #trouble: TroubleLog;
  /** Where each file ends as far as it is durable. */
  readonly #ends = new Map<number, number>();
  /** As found at the start. */
  readonly #found = new Map<number, number>();
  readonly #foundNewestAtMs = new Map<number, number>();
  /** Not durable yet, in order. */
  #batches: IdBatch[] = [];
  #saving: Promise<void> = Promise.resolve();
  #problem: string | null = null;

  /** Reads what is there. Throws what the file system says when the directory cannot be used. */
  constructor(options: SignedIdStoreOptions) {
    const { stateDir, clock, random, log } = options;
    this.#options = options;
    this.#trouble = createTroubleLog(log, 'signed_ids_not_saved');
    this.#directory = join(stateDir, 'signed-ids');
    mkdirSync(this.#directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    const now = momentOf(clock);
    const tables = readdirSync(this.#directory)
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    let ids: SignedIds | null = null;
    for (const table of tables) {
      const file = readIdFile(readFileSync(this.#pathOf(table)));
      ids ??= file === null ? null : new SignedIds(file.seed);
      // What is left out here is found missing by the checkpoint that counts on it.
      if (ids === null || file === null || ids.seed.a !== file.seed.a || ids.seed.b !== file.seed.b) continue;
      ids.restore({ table, slots: file.slots, hashes: file.hashes(), newestUs: recordedUs(file.newestAtMs, now) });
      this.#ends.set(table, file.bytes);
      this.#found.set(table, file.ids);
      this.#foundNewestAtMs.set(table, file.newestAtMs);
    }
    this.ids = ids ?? new SignedIds(randomSeed(random));
    this.ids.skip(tables.at(-1) ?? 0);
  }

  /** Set when the next id could not be remembered, or not be kept over a restart; in bytes. */
  hold(nowUs: number): Hold | null {
    if (this.ids.isFull(nowUs)) {
      const { bytes, bytesMax } = this.ids.counts();
      return { value: bytes, limit: bytesMax };
    }
    const unsaved = this.#unsavedCount();
    return unsaved > UNSAVED_MAX ? { value: unsaved * BYTES_UNSAVED, limit: UNSAVED_MAX * BYTES_UNSAVED } : null;
  }

  state(): SignedIdsState {
    return { ...this.ids.counts(), unsaved: this.#unsavedCount(), problem: this.#problem };
  }

  /** Saves and forgets every so often, so that little waits in memory. @returns what ends that */
  start(): () => void {
    return this.#options.clock.every(SAVE_EVERY_MS, () => {
      // A failure is reported by `save` itself; what has expired goes from memory in any case.
      this.save().catch(() => {});
      this.expire().catch(() => {});
    });
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#saving.catch(() => {});
  }

  /** What the checkpoint that begins now counts on, once `save` has resolved. */
  expected(): SignedIdsFile[] {
    return this.ids.tables().map(({ table, ids, newestUs }) => ({ table, ids, newestAtMs: this.#wallOf(newestUs) }));
  }

  /** What of that was not found at the start, in words; ids that are older than a day need not be there. */
  missingOf(expected: readonly SignedIdsFile[]): string[] {
    return expected.flatMap(({ table, ids, newestAtMs }) => {
      const found = this.#found.get(table) ?? 0;
      if (found >= ids || this.#isOlderThanADay(newestAtMs)) return [];
      return [
        `${ids - found} of ${ids} signed quote ids are missing from ${this.#pathOf(table)}: they could be signed again`,
      ];
    });
  }

  /** Makes everything that was added before this call durable. Rejects when that failed; the next call tries again. */
  save(): Promise<void> {
    this.#batches.push(...this.ids.takeUnsaved());
    this.#saving = this.#saving.catch(() => {}).then(() => this.#writeAll());
    return this.#saving;
  }

  /** Forgets what is older than a day, on disk as well. */
  async expire(): Promise<void> {
    if (!this.#options.isOwned()) return;
    for (const table of this.ids.expire(this.#options.clock.elapsedUs(), (each) => this.#mayForget(each))) {
      this.#foundNewestAtMs.delete(table);
      this.#ends.delete(table);
      this.#batches = this.#batches.filter((batch) => batch.table !== table);
      await rm(this.#pathOf(table), { force: true });
    }
  }

  #mayForget(table: number): boolean {
    const newestAtMs = this.#foundNewestAtMs.get(table);
    return newestAtMs === undefined || (this.#options.isClockTrusted() && this.#isOlderThanADay(newestAtMs));
  }

  #isOlderThanADay(newestAtMs: number): boolean {
    const now = momentOf(this.#options.clock);
    return now.nowUs - recordedUs(newestAtMs, now) > SIGNED_ID_AGE_US;
  }

  #unsavedCount(): number {
    return this.#batches.reduce((sum, { hashes }) => sum + hashes.length / 2, this.ids.unsavedCount);
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#batches[0] !== undefined) {
        if (!this.#options.isOwned()) throw new Error('the state directory is no longer that of this process');
        const batch = this.#batches[0];
        await this.#write(batch);
        if (this.#batches[0] === batch) this.#batches.shift();
      }
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#trouble.report('not_written', this.#problem);
      throw error;
    }
    this.#problem = null;
    this.#trouble.recovered();
  }

  async #write(batch: IdBatch): Promise<void> {
    const { table, slots, hashes, newestUs } = batch;
    const isNew = !this.#ends.has(table);
    const file = await open(this.#pathOf(table), isNew ? 'w' : 'r+', OWNER_ONLY);
    let end = this.#ends.get(table) ?? 0;
    try {
      // A write that failed may have left its beginning.
      await file.truncate(end);
      if (isNew) {
        await writeAt(file, encodeIdHeader(this.ids.seed, slots), 0);
        end = ID_HEADER_BYTES;
      }
      for (let at = 0; at < hashes.length; at += 2 * BATCH_IDS_MAX) {
        const bytes = encodeIdBatch(hashes.slice(at, at + 2 * BATCH_IDS_MAX), this.#wallOf(newestUs));
        await writeAt(file, bytes, end);
        end += bytes.length;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) await syncDirectory(this.#directory);
    this.#ends.set(table, end);
  }

  /** Wall time of a monotonic one, as the clocks are now. */
  #wallOf(atUs: number): number {
    return Math.round(this.#options.clock.nowMs() - (this.#options.clock.elapsedUs() - atUs) / 1000);
  }

  #pathOf(table: number): string {
    return join(this.#directory, `${String(table).padStart(16, '0')}.ids`);
  }
}

function randomSeed(random: Pick<Random, 'fill'>): IdSeed {
  const bytes = new Uint8Array(8);
  random.fill(bytes);
  const view = new DataView(bytes.buffer);
  return { a: view.getUint32(0), b: view.getUint32(4) };
}

async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, from, bytes.length - from, at + from);
    if (bytesWritten <= 0) throw new Error('the file took no more bytes');
    from += bytesWritten;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
