// Records that are not published yet, in their order. While Kafka is away they wait here and in the state file; when too many do, only
// the newest record of each transfer is kept: readers take the highest number, and the gap shows that something was left out.

import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';

/** Its id and time are those of the record on the bus, so that one that is sent again is the same record. */
export type WaitingRecord = {
  readonly event_id: string;
  readonly at_ms: number;
  readonly payload: OpsFundingObservation;
};

type Emit = (record: WaitingRecord) => Promise<unknown>;

/** More than a day of changes of all that is followed. */
const WAITING_MAX = 2000;

export class Outbox {
  readonly #emit: Emit;
  #waiting: WaitingRecord[];
  #isSending = false;

  constructor(emit: Emit, waiting: readonly WaitingRecord[]) {
    this.#emit = emit;
    this.#waiting = [...waiting];
  }

  get waiting(): readonly WaitingRecord[] {
    return this.#waiting;
  }

  add(records: readonly WaitingRecord[]): void {
    this.#waiting.push(...records);
    if (this.#waiting.length > WAITING_MAX) this.#waiting = newestOfEach(this.#waiting);
  }

  /**
   * Sends what waits, one after the other; what cannot be sent stays for the next call, which does nothing while one runs.
   * @returns why a record could not be sent; null: all were
   */
  async flush(): Promise<string | null> {
    if (this.#isSending) return null;
    this.#isSending = true;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        await this.#emit(next);
        this.#waiting = this.#waiting.filter((record) => record !== next);
      }
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.#isSending = false;
    }
  }
}

function newestOfEach(records: readonly WaitingRecord[]): WaitingRecord[] {
  const newest = new Map(records.map((record) => [record.payload.funding_observation_id, record]));
  return records.filter((record) => newest.get(record.payload.funding_observation_id) === record);
}
