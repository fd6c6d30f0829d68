// What librdkafka asks for when the group shares out its partitions: it waits for assign or unassign before it goes on with the
// group, and the caller may take its time to say where to start. One rebalance after the other.

import { lastingTimers } from '../../clock.ts';
import { pause } from '../../wait.ts';
import type { KafkaClient } from '../client.ts';
import type { NativeConsumer, NativeError, NativePartition } from '../native.ts';
import { describeError } from '../native.ts';
import type { Polling, StartAt, TopicPartition } from './polling.ts';

export type RebalanceCallbacks = {
  /** Partitions are ours from now on: one start for each, in the same order. A throw is reported and tried again in a second. */
  onAssigned(partitions: readonly TopicPartition[]): readonly StartAt[] | Promise<readonly StartAt[]>;
  /** Partitions go to another member when this is done. Not called by `close`. */
  onRevoked(partitions: readonly TopicPartition[]): void | Promise<void>;
};

/** What of the reading side a rebalance needs. */
export type Reading = Pick<Polling, 'open' | 'assigned' | 'revoked'> & {
  readonly native: Pick<
    NativeConsumer,
    'assign' | 'unassign' | 'incrementalAssign' | 'incrementalUnassign' | 'rebalanceProtocol'
  >;
  readonly client: Pick<KafkaClient, 'trouble' | 'fail'>;
};

const RETRY_MS = 1000;
const ASSIGN_PARTITIONS = -175;
const REVOKE_PARTITIONS = -174;

export class Rebalances {
  readonly #callbacks: RebalanceCallbacks;
  #last: Promise<void> = Promise.resolve();
  #isClosing = false;
  readonly #closed = Promise.withResolvers<null>();

  constructor(callbacks: RebalanceCallbacks) {
    this.#callbacks = callbacks;
  }

  /** The client ends: it does not wait for a caller that is still looking up its offsets. */
  close(): void {
    this.#isClosing = true;
    this.#closed.resolve(null);
  }

  /** As librdkafka calls it. */
  handle(reading: Reading, error: NativeError, list: readonly NativePartition[]): void {
    const { code } = describeError(error);
    const partitions = list.map(({ topic, partition }) => ({ topic, partition }));
    if (this.#isClosing) void this.#rebalance(reading, code, partitions);
    else this.#last = this.#last.then(() => this.#rebalance(reading, code, partitions));
  }

  /** Never rejects: a throw in the callback would end the process. While the client closes, nothing depends on the calls. */
  async #rebalance(reading: Reading, code: number, partitions: readonly TopicPartition[]): Promise<void> {
    try {
      if (code === ASSIGN_PARTITIONS) await this.#assign(reading, partitions);
      else await this.#unassign(reading, partitions, code === REVOKE_PARTITIONS);
    } catch (error) {
      // Without the call librdkafka waits without end, as a member that reads nothing: only another client helps.
      if (!this.#isClosing) reading.client.fail(`rebalance: ${textOf(error)}`);
    }
  }

  async #assign(reading: Reading, partitions: readonly TopicPartition[]): Promise<void> {
    const starts = await this.#startsOf(reading, partitions);
    if (starts === undefined) return;
    const { native } = reading;
    const assignment = reading.assigned(partitions, starts);
    if (native.rebalanceProtocol() === 'COOPERATIVE') native.incrementalAssign(assignment);
    else native.assign(assignment);
  }

  /** Without offsets nothing may be read, so this goes on until there are some or the consumer ends. */
  async #startsOf(reading: Reading, partitions: readonly TopicPartition[]): Promise<readonly StartAt[] | undefined> {
    while (!this.#isClosing && reading.open) {
      try {
        // What the group asked for meanwhile waits behind this one, and the end of the client waits for that.
        const starts = await Promise.race([this.#callbacks.onAssigned(partitions), this.#closed.promise]);
        if (starts === null) return undefined;
        if (starts.length === partitions.length) return starts;
        reading.client.trouble(
          'assign_failed',
          `onAssigned gave ${starts.length} starts for ${partitions.length} partitions`,
        );
      } catch (error) {
        reading.client.trouble('assign_failed', textOf(error));
      }
      await pause(lastingTimers, RETRY_MS);
    }
    return undefined;
  }

  async #unassign(reading: Reading, partitions: readonly TopicPartition[], isOrderly: boolean): Promise<void> {
    const { native, client } = reading;
    if (!this.#isClosing && isOrderly) {
      try {
        await Promise.race([this.#callbacks.onRevoked(partitions), this.#closed.promise]);
      } catch (error) {
        client.trouble('callback_failed', `onRevoked: ${textOf(error)}`);
      }
    }
    reading.revoked(partitions);
    if (native.rebalanceProtocol() === 'COOPERATIVE') native.incrementalUnassign(partitions);
    else native.unassign();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
