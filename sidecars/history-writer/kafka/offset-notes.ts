// Reports what is odd about offsets: records that are gone, a topic that was made again, offsets without records. What is known to be
// lost is on record as a dead letter: whoever reads the history later must see that it has a hole.

import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { OffsetNote } from '../pending-batch.ts';
import type { WriterStats } from '../writer-stats.ts';
import type { DeadLetters } from './dead-letters.ts';

export class OffsetNotes {
  readonly #log: Log;
  readonly #stats: Pick<WriterStats, 'offsetNoted'>;
  readonly #letters: Pick<DeadLetters, 'missed'>;
  /** Partitions of which it was logged that they have offsets without records; as many as there are partitions. */
  readonly #voids = new Set<string>();

  constructor(log: Log, stats: Pick<WriterStats, 'offsetNoted'>, letters: Pick<DeadLetters, 'missed'>) {
    this.#log = log;
    this.#stats = stats;
    this.#letters = letters;
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
    if (note.missed > 0n) this.#letters.missed(note);
    this.#log.error(kind === 'gap' ? 'offsets_missing' : 'offsets_reset', { topic, partition, expected, got, detail });
  }
}
