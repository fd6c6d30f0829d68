// Messages that Kafka refused for what they are, after it had taken them: each is read back from the journal, since nobody
// has kept it, and becomes a dead letter. One after the other; what fails is tried again after a while. Bounded by what can
// be outstanding, since a message is refused once.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';

const RETRY_MS = 1_000;

export type RefusedRecord = {
  readonly tag: number;
  readonly topic: TopicName;
  readonly code: number;
  readonly detail: string;
};

export class RefusedRecords {
  readonly #clock: Clock;
  /** Puts it on record; false: not now. */
  readonly #bury: (refused: RefusedRecord) => Promise<boolean>;
  #queue: RefusedRecord[] = [];
  #isWorking = false;
  #isClosed = false;

  constructor(clock: Clock, bury: (refused: RefusedRecord) => Promise<boolean>) {
    this.#clock = clock;
    this.#bury = bury;
  }

  add(refused: RefusedRecord): void {
    this.#queue.push(refused);
    void this.#work();
  }

  /** They are sent again. */
  clear(): void {
    this.#queue = [];
  }

  close(): void {
    this.#isClosed = true;
    this.#queue = [];
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (let next = this.#queue[0]; next !== undefined && !this.#isClosed; next = this.#queue[0]) {
        if (!(await this.#bury(next))) await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve));
        else if (this.#queue[0] === next) this.#queue.shift();
      }
    } finally {
      this.#isWorking = false;
    }
  }
}
