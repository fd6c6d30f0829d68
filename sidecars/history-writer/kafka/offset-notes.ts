// Logs and counts what is odd about offsets: records that are gone, a topic that was made again, offsets without records.

import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { OffsetNote } from '../pending-batch.ts';
import type { WriterStats } from '../writer-stats.ts';

export class OffsetNotes {
  readonly #log: Log;
  readonly #stats: Pick<WriterStats, 'offsetNoted'>;
  /** Partitions of which it was logged that they have offsets without records; as many as there are partitions. */
  readonly #voids = new Set<string>();

  constructor(log: Log, stats: Pick<WriterStats, 'offsetNoted'>) {
    this.#log = log;
    this.#stats = stats;
  }

  report(note: OffsetNote): void {
    const { kind, topic, partition, expected, got } = note;
    if (kind === 'void') {
      const where = `${partition} ${topic}`;
      if (this.#voids.has(where)) return;
      this.#voids.add(where);
      const detail = 'the partition has no records there: transaction markers, or it was compacted; logged once';
      this.#log.warn('offsets_without_records', { topic, partition, expected, got, detail });
      return;
    }
    const detail =
      kind === 'gap'
        ? 'Kafka had deleted the records between these offsets before they could be written'
        : 'the partition starts again: its topic was created again, or its log was truncated';
    this.#stats.offsetNoted(note);
    this.#log.error(kind === 'gap' ? 'offsets_missing' : 'offsets_reset', { topic, partition, expected, got, detail });
  }
}
