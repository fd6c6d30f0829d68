// Events of a stream with guaranteed delivery that are not acknowledged to the relay yet: it repeats them until they are, so each is
// acknowledged only when what it led to is on disk. Pure.

export type Acknowledgement = {
  readonly subscriptionId: string;
  readonly seq: number;
  /** Of the journal's record that has to be durable first. */
  readonly afterRecord: number;
};

/** Beyond it the newest are left out, and come again: a relay that repeats a week of statuses sends them faster than a disk syncs. */
export const UNACKNOWLEDGED_MAX = 10_000;
/** Acknowledged together; each is a frame of a hundred bytes. */
export const ACKNOWLEDGED_AT_ONCE_MAX = 500;

export class Acknowledgements {
  /** In order of arrival. */
  #waiting: Acknowledgement[] = [];
  #leftOut = 0;
  /** Of the subscription that ended last. */
  #endedId: string | null = null;

  add(acknowledgement: Acknowledgement): void {
    if (acknowledgement.subscriptionId === this.#endedId) return;
    if (this.#waiting.length < UNACKNOWLEDGED_MAX) this.#waiting.push(acknowledgement);
    else this.#leftOut++;
  }

  /** Takes out those that may be sent, oldest first. */
  due(durableRecord: number): readonly Acknowledgement[] {
    let count = 0;
    for (const { afterRecord } of this.#waiting) {
      if (count === ACKNOWLEDGED_AT_ONCE_MAX || afterRecord > durableRecord) break;
      count++;
    }
    if (count === 0) return NONE;
    const due = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return due;
  }

  begin(subscriptionId: string): void {
    if (this.#endedId === subscriptionId) this.#endedId = null;
  }

  /** Nothing can be acknowledged under this subscription any more, nor what is still on its way: it comes again under the next. */
  end(subscriptionId: string): void {
    this.#endedId = subscriptionId;
    this.#waiting = this.#waiting.filter((waiting) => waiting.subscriptionId !== subscriptionId);
  }

  /** The connection is gone: what was not acknowledged comes again on the next. */
  clear(): void {
    this.#waiting = [];
    this.#endedId = null;
  }

  /** Since the start. */
  leftOut(): number {
    return this.#leftOut;
  }
}

const NONE: readonly Acknowledgement[] = [];
