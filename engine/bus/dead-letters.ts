// Puts messages on record that cannot be delivered as they are, and tells of it without a line for each: a topic whose
// records are all refused would else write more to the log than to Kafka.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import type { LogPort } from '../model/ports.ts';

/** A message that cannot be delivered as it is. */
export type DeadMessage = {
  readonly seq: number;
  readonly topic: TopicName;
  readonly key: string | null;
  readonly value: string;
  /** librdkafka's code; null when the record could not even be rendered, and then `value` is empty. */
  readonly code: number | null;
  readonly detail: string;
};

/** For each topic and code at most one line in this time. */
const LOG_EVERY_US = 10_000_000;
/** The bus is not healthy until this time after the last one. */
const LATELY_US = 60_000_000;

export type DeadLettersOptions = {
  /** Journals a dead letter. Throws when it could not. */
  readonly onDeadLetter: (message: DeadMessage) => void;
  readonly journal: { readonly lastSeq: number };
  readonly clock: Clock;
  readonly log: LogPort;
};

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  /** By topic and code, of which there are some hundred. */
  readonly #logged = new Map<string, { atUs: number; unsaid: number }>();
  #count = 0;
  #lastUs = Number.NEGATIVE_INFINITY;
  #failure: string | null = null;
  #lastSeq = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  /** Why one could not be journalled; null: the last one was. */
  get failure(): string | null {
    return this.#failure;
  }

  /** The journal has the newest at this position or before it; 0: none was made. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  get isLately(): boolean {
    return this.#options.clock.elapsedUs() - this.#lastUs < LATELY_US;
  }

  /** True when the message is on record; false when that has to be tried again. */
  bury(message: DeadMessage): boolean {
    try {
      // A dead letter that is refused itself makes no further one: that would never end.
      if (message.topic !== 'dlq.unrip' || message.code === null) this.#options.onDeadLetter(message);
    } catch (error) {
      this.#failure = `a dead letter could not be journalled: ${String(error)}`;
      return false;
    }
    this.#failure = null;
    this.#lastSeq = this.#options.journal.lastSeq;
    this.#count++;
    this.#lastUs = this.#options.clock.elapsedUs();
    this.#tell(message);
    return true;
  }

  #tell({ seq, topic, key, code, detail }: DeadMessage): void {
    const name = `${topic} ${code}`;
    const entry = this.#logged.get(name) ?? { atUs: Number.NEGATIVE_INFINITY, unsaid: 0 };
    this.#logged.set(name, entry);
    if (this.#lastUs - entry.atUs < LOG_EVERY_US) {
      entry.unsaid++;
      return;
    }
    this.#options.log.error('outbox_dead_letter', { seq, topic, key, code, detail, not_logged: entry.unsaid });
    entry.atUs = this.#lastUs;
    entry.unsaid = 0;
  }
}
