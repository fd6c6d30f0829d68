// Reads topics in the background for as long as a process runs: a reader that failed, or that reads nothing any more, is replaced
// after a pause, a read that failed is tried again, and what goes wrong is reported until something is read again. Bounded work at a
// time: a topic that somebody floods takes its share of the process and no more.

import type { Clock } from '../../clock.ts';
import { Sleeper } from '../../wait.ts';
import type { KafkaSettings } from '../settings.ts';
import type { ReaderStart, TopicPartition } from './polling.ts';
import { openReader, type Reader } from './reader.ts';
import { type ReaderTrouble, ReaderWatch } from './reader-watch.ts';
import type { ConsumedRecord } from './record.ts';

export type FollowOptions = {
  readonly brokers: string;
  readonly clientId: string;
  readonly extra: KafkaSettings;
  readonly topics: readonly string[];
  /** Where each partition is read from, by every reader. */
  readonly startAt: (partition: TopicPartition) => ReaderStart;
  readonly clock: Clock;
  /** Takes what goes wrong, the same again and again for as long as it lasts. */
  readonly trouble: { report(code: string, detail: string): void; recovered(): void };
  /** Whether the topics always have new records, so that a reader that gives none reads nothing. */
  readonly isBusy: boolean;
  readonly onRecord: (record: ConsumedRecord) => void;
  /** Nothing can be read now: what was read may no longer be true. Another reader begins at `startAt` again. */
  readonly onLost: () => void;
  /** A reader that gave nothing was replaced by one that gives records: other topics may have been made again as well. */
  readonly onFoundAgain?: () => void;
  /** Opens a reader; `openReader` but in tests. */
  readonly open?: typeof openReader | undefined;
};

export type Follower = {
  /** Every partition was read to its end once, by the reader that is open now. */
  isCaughtUp(): boolean;
  /** Every partition has been read to the end that is known now, and brokers answer. */
  isAtEnd(): boolean;
  /** Another reader reads all again. */
  renew(): void;
  close(): Promise<void>;
};

/** A record takes some 50 us: what is read at a time holds up a quote by no more than a millisecond. */
const READ_RECORDS_MAX = 20;
/** Before a reader that failed for good is replaced, and before a read that failed is tried again. */
const REOPEN_AFTER_MS = 1000;

const TROUBLES: Readonly<Record<ReaderTrouble, string>> = {
  silent:
    'no record came although there are always new ones: the topic may have been made again; another reader is opened',
  unread: 'the end of a partition stays unknown: the topic may have been made again; another reader is opened',
};

export function followTopics(options: FollowOptions): Follower {
  const { clock, trouble, topics, onRecord, onLost } = options;
  const sleeper = new Sleeper(clock);
  let closed = false;
  let caughtUp = false;
  const watch = new ReaderWatch(options.isBusy);
  let isRenewed = false;
  /** Replaced since the last record because it gave none. */
  let wasSilent = false;

  const open = (): Reader =>
    (options.open ?? openReader)({
      brokers: options.brokers,
      clientId: options.clientId,
      topics,
      extra: options.extra,
      startAt: options.startAt,
      onTrouble: (code, message) => trouble.report(code, message),
    });
  let reader = open();
  const lose = (): void => {
    caughtUp = false;
    onLost();
  };

  const replace = async (): Promise<void> => {
    isRenewed = false;
    lose();
    await reader.close();
    await sleeper.sleep(REOPEN_AFTER_MS);
    if (closed) return;
    reader = open();
    watch.opened();
  };

  const take = (record: ConsumedRecord): void => {
    trouble.recovered();
    if (wasSilent) options.onFoundAgain?.();
    wasSilent = false;
    onRecord(record);
  };

  const read = async (): Promise<void> => {
    const state = reader.state();
    // One that was closed is still in place when no other could be opened.
    if (state === 'failed' || state === 'closed' || isRenewed) return await replace();
    const records = await reader.poll(READ_RECORDS_MAX);
    for (const record of records) take(record);
    const why = watch.observe(records.length, () => reader.lag(), clock.elapsedUs());
    if (why !== null) {
      wasSilent = true;
      trouble.report(why, TROUBLES[why]);
      return await replace();
    }
    if (caughtUp) return;
    const partitions = reader.lag();
    caughtUp = partitions.length > 0 && partitions.every(({ lag }) => lag === 0n);
    if (caughtUp) trouble.recovered();
  };

  const follow = async (): Promise<void> => {
    while (!closed) {
      try {
        await read();
      } catch (error) {
        lose();
        trouble.report('read_failed', error instanceof Error ? error.message : 'unknown error');
        await sleeper.sleep(REOPEN_AFTER_MS);
      }
    }
  };

  const following = follow();
  return {
    isCaughtUp: () => caughtUp,
    isAtEnd() {
      const partitions = caughtUp && reader.state() === 'up' ? reader.lag() : [];
      return partitions.length > 0 && partitions.every(({ lag }) => lag === 0n);
    },
    renew() {
      isRenewed = true;
    },
    async close() {
      closed = true;
      sleeper.wake();
      await following;
      await reader.close();
    },
  };
}
