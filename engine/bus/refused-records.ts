// Messages that Kafka refused for what they are, after it had taken them: each is read back from the journal, since nobody
// has kept it, and becomes a dead letter. One after the other; what fails is tried again after a while. Bounded by what can
// be outstanding, since a message is refused once.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { pause } from '../../contracts/runtime/wait.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import type { DeadMessage } from './dead-letters.ts';
import type { ReadFacts } from './fact-source.ts';
import { seqOfTag, slotOfTag } from './outbox.ts';
import type { Outgoing, Render } from './render/render.ts';

/** Before one that could not be read, or not put on record, is tried again. */
const RETRY_MS = 1_000;

export type RefusedRecord = {
  readonly tag: number;
  readonly topic: TopicName;
  readonly code: number;
  readonly detail: string;
};

export type RefusedRecordsOptions = {
  readonly clock: Clock;
  readonly read: ReadFacts;
  readonly render: Render;
  /** False: it was settled meanwhile, or is sent again. */
  readonly isOutstanding: (topic: TopicName, tag: number) => boolean;
  /** Puts it on record; false: not now. */
  readonly bury: (message: DeadMessage) => boolean;
  readonly onBuried: (topic: TopicName, tag: number) => void;
  readonly onReadFailed: (error: unknown) => void;
};

export class RefusedRecords {
  readonly #options: RefusedRecordsOptions;
  #queue: RefusedRecord[] = [];
  #isWorking = false;
  #isClosed = false;

  constructor(options: RefusedRecordsOptions) {
    this.#options = options;
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
        if (!(await this.#bury(next))) await pause(this.#options.clock, RETRY_MS);
        else if (this.#queue[0] === next) this.#queue.shift();
      }
    } finally {
      this.#isWorking = false;
    }
  }

  /** False when it has to be tried again. */
  async #bury({ tag, topic, code, detail }: RefusedRecord): Promise<boolean> {
    const { read, render, isOutstanding, bury, onBuried, onReadFailed } = this.#options;
    const seq = seqOfTag(tag);
    let message: Outgoing | undefined;
    try {
      const [entry] = await read(seq, 1);
      message = entry === undefined ? undefined : render(entry.fact)[slotOfTag(tag)];
    } catch (error) {
      onReadFailed(error);
      return false;
    }
    if (!isOutstanding(topic, tag)) return true;
    const { key, value } = message ?? { key: null, value: '' };
    if (!bury({ seq, topic, key, value, code, detail })) return false;
    onBuried(topic, tag);
    return true;
  }
}
