// Whether all members of the consumer group are history-writers. Kafka gives a share of the partitions to whoever joins under the
// group's name, and what goes to a console or another program is written by nobody, without a lag that a member could see.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { GroupMember } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';

export type GroupWatchOptions = {
  /** What our consumers call themselves. */
  readonly clientId: string;
  /** Asks Kafka who is in the group; may reject. */
  readonly members: () => Promise<readonly GroupMember[]>;
  readonly timers: Clock;
  readonly log: Log;
};

const EVERY_MS = 10_000;

export class GroupWatch {
  readonly #options: GroupWatchOptions;
  #strangers: readonly string[] = [];
  #asking = false;
  #stop: () => void = () => undefined;

  constructor(options: GroupWatchOptions) {
    this.#options = options;
  }

  /** Members with partitions that are no history-writers, in words. As last known while Kafka does not answer. */
  get strangers(): readonly string[] {
    return this.#strangers;
  }

  start(): void {
    this.#stop = this.#options.timers.every(EVERY_MS, () => void this.#look());
  }

  stop(): void {
    this.#stop();
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const { clientId, members, log } = this.#options;
    try {
      const strangers = (await members()).filter((member) => member.clientId !== clientId && member.partitions > 0);
      const said = strangers.map(
        (member) => `${member.clientId} at ${member.host} has ${member.partitions} partitions`,
      );
      if (said.join() !== this.#strangers.join()) {
        if (said.length === 0) log.info('group_own_again', {});
        else
          log.error('group_shared', {
            members: said,
            detail: 'the records that they read are not written to PostgreSQL: stop them',
          });
      }
      this.#strangers = said;
    } catch (error) {
      // That Kafka is away is said by others.
      log.debug('group_unknown', { failure: error });
    } finally {
      this.#asking = false;
    }
  }
}
