// Whether all members of the consumer group write what they read to the database of this process. Kafka gives a share of the
// partitions to whoever joins under the group's name, and what goes to a console, to another program, or to a history-writer of another
// database is missing here, without a lag that a member could see. A history-writer is known by the name of its Kafka client, which
// has its instance id; that it writes here, by the partitions that it owns in consumer_offsets.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { GroupMember } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { Owned } from '../postgres/store.ts';
import { instanceOf } from './consumer-settings.ts';

export type GroupWatchOptions = {
  /** Of this process: what is wrong with its own partitions it reports elsewhere. */
  readonly instanceId: string;
  /** Asks Kafka who is in the group; may reject. */
  readonly members: () => Promise<readonly GroupMember[]>;
  /** Asks PostgreSQL who owns the partitions; may reject. Asked after Kafka: what is assigned is owned a moment later. */
  readonly owners: () => Promise<readonly Owned[]>;
  readonly timers: Clock;
  readonly log: Log;
};

const EVERY_MS = 10_000;

type Place = Pick<Owned, 'topic' | 'partition'>;

const keyOf = ({ topic, partition }: Place): string => `${partition} ${topic}`;

export class GroupWatch {
  readonly #options: GroupWatchOptions;
  #strangers: readonly string[] = [];
  /** Partitions of members that did not own them at the last reading: once is no fault, while partitions change hands. */
  #unowned: ReadonlySet<string> = new Set();
  #asking = false;
  #stop: () => void = () => undefined;

  constructor(options: GroupWatchOptions) {
    this.#options = options;
  }

  /** Members whose records are not written to this database, in words. As last known while Kafka or PostgreSQL does not answer. */
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
    const { members, owners, log } = this.#options;
    try {
      const said = this.#judge(await members(), await owners());
      if (said.join() !== this.#strangers.join()) {
        if (said.length === 0) log.info('group_own_again', {});
        else
          log.error('group_shared', {
            members: said,
            detail:
              'the records that they read are not written to this database: stop them, or give them another group',
          });
      }
      this.#strangers = said;
    } catch (error) {
      // That Kafka or PostgreSQL is away is said by others.
      log.debug('group_unknown', { failure: error });
    } finally {
      this.#asking = false;
    }
  }

  #judge(members: readonly GroupMember[], owned: readonly Owned[]): string[] {
    const owners = new Map(owned.map((place) => [keyOf(place), place.owner]));
    const unowned = new Set<string>();
    const said = members.flatMap(({ clientId, host, places }) => {
      if (places.length === 0) return [];
      const instance = instanceOf(clientId);
      const label = `${clientId} at ${host} has ${places.length} partitions`;
      if (instance === null) return [label];
      if (instance === this.#options.instanceId) return [];
      const lacking = places
        .filter((place) => owners.get(keyOf(place)) !== instance)
        .map((place) => `${clientId} ${keyOf(place)}`);
      for (const each of lacking) unowned.add(each);
      const count = lacking.filter((each) => this.#unowned.has(each)).length;
      return count === 0 ? [] : [`${label}, of which it does not write ${count} to this database`];
    });
    this.#unowned = unowned;
    return said;
  }
}
