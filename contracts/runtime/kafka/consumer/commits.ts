// Commits of a group's offsets, one after the other. The answer is among the events that only a poll delivers, so that waiting for
// it has to poll.

import { lastingTimers } from '../../clock.ts';
import { LATE, within } from '../../wait.ts';
import type { NativeError } from '../native.ts';
import { describeError } from '../native.ts';
import type { PartitionOffset, Polling } from './polling.ts';

const TIMEOUT_MS = 10_000;

export class Commits {
  #last: Promise<void> = Promise.resolve();
  #onAnswer: ((error: NativeError) => void) | undefined;

  /** As librdkafka calls it. */
  answered(error: NativeError): void {
    this.#onAnswer?.(error);
  }

  /** Resolves when the broker has the offsets. Throws when it refuses them, or does not answer in time. */
  commit(polling: Polling, offsets: readonly PartitionOffset[]): Promise<void> {
    const done = this.#last.then(() => this.#commit(polling, offsets));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when none is under way. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #commit(polling: Polling, offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    if (!polling.open) throw new Error(`offsets were not committed: the consumer is ${polling.client.state}`);
    const acknowledged = Promise.withResolvers<void>();
    this.#onAnswer = (error) => {
      if (error === null || error === undefined) acknowledged.resolve();
      else acknowledged.reject(new Error(`offsets were not committed: ${describeError(error).message}`));
    };
    try {
      const list = offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: Number(offset) }));
      const code = polling.native.commit(list);
      if (code !== 0) throw new Error(`offsets were not committed: ${describeError(code).message}`);
      const answer = within(lastingTimers, acknowledged.promise, TIMEOUT_MS);
      await polling.pumpUntil(answer);
      if ((await answer) === LATE) throw new Error(`offsets were not committed within ${TIMEOUT_MS} ms`);
    } finally {
      this.#onAnswer = undefined;
    }
  }
}
