// Records on their way to librdkafka, in the order in which they were produced. What is produced within a turn is handed over at its end,
// in one call, or earlier when there is no room for it; a large record by itself. One that librdkafka has no room for holds up those
// behind it, and is offered again when reports have made room, and after a while in any case.

import { machineClock } from '../clock.ts';
import { Batch, type BatchedRecord } from './batch.ts';
import { ERR_FATAL } from './client.ts';
import { InFlight } from './in-flight.ts';
import type { NativeProducer } from './native.ts';

const OK = 0;
const RETRY_MS = 100;

type HandingOverOptions = {
  readonly native: Pick<NativeProducer, 'produce' | 'produceMany'>;
  /** Whether the client can take records now. */
  readonly isOpen: () => boolean;
  /** Called for a record that was taken here and that librdkafka refused, with its code. */
  readonly onRefused: (record: BatchedRecord, code: number) => void;
  /** The client will take no record any more. */
  readonly onLost: () => void;
};

export class HandingOver {
  /** Those that librdkafka has. */
  readonly inFlight = new InFlight();
  readonly #options: HandingOverOptions;
  readonly #batch = new Batch();
  #refused: { readonly record: BatchedRecord; readonly code: number }[] = [];
  /** Why the next record was not taken, which is to be offered again; 0: none waits for that. */
  #heldUp = OK;
  #isScheduled = false;
  #stopRetry: (() => void) | null = null;

  constructor(options: HandingOverOptions) {
    this.#options = options;
  }

  /** Records taken and not reported yet. */
  get count(): number {
    return this.inFlight.count + this.#batch.count;
  }

  /** To be called while the client is open. @returns librdkafka's code; with another than 0 the record was not taken */
  add(record: BatchedRecord, value: Uint8Array | string | null): number {
    if (this.#heldUp !== OK || !this.#batch.add(record, value)) {
      const code = this.send();
      if (code !== OK) return code;
      if (!this.#batch.add(record, value)) return this.#addLarge(record, value);
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(this.#sendAfterTurn);
    }
    return OK;
  }

  /** Hands over what there is, if the client is open. @returns 0, or the code of the record that has to be offered again */
  send(): number {
    if (!this.#options.isOpen() || this.#batch.count === 0) return OK;
    this.#heldUp = this.#batch.send(this.#options.native, this.#onCode);
    if (this.#heldUp === ERR_FATAL) this.#options.onLost();
    else if (this.#heldUp !== OK) this.#stopRetry ??= machineClock.after(RETRY_MS, this.#retry);
    if (this.#refused.length > 0) this.#reportRefused();
    return this.#heldUp;
  }

  /** Offers nothing again. */
  stop(): void {
    this.#stopRetry?.();
    this.#stopRetry = null;
  }

  /**
   * The client has ended: nothing is handed over or reported any more. Bun never frees what native code once held, so that whatever
   * is kept here would stay until the process ends.
   */
  release(): void {
    this.stop();
    this.inFlight.forget();
    this.#batch.release();
  }

  #addLarge(record: BatchedRecord, value: Uint8Array | string | null): number {
    const { topic, partition, key } = record;
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    const keyBytes = key === null ? null : Buffer.from(key);
    const code = this.#options.native.produce(topic, partition, bytes, keyBytes, null);
    if (code === ERR_FATAL) this.#options.onLost();
    if (code !== OK) return code;
    record.sizeBytes = bytes?.byteLength ?? 0;
    this.inFlight.add(topic, partition, record);
    return OK;
  }

  readonly #onCode = (record: BatchedRecord, code: number): void => {
    if (code === OK) this.inFlight.add(record.topic, record.partition, record);
    // Reported behind the batch: whoever hears of it may produce.
    else this.#refused.push({ record, code });
  };

  #reportRefused(): void {
    const refused = this.#refused;
    this.#refused = [];
    for (const { record, code } of refused) this.#options.onRefused(record, code);
  }

  readonly #sendAfterTurn = (): void => {
    this.#isScheduled = false;
    this.send();
  };

  readonly #retry = (): void => {
    this.#stopRetry = null;
    this.send();
  };
}
