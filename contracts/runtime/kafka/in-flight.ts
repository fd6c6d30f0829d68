// Which record a delivery report speaks of. Reports carry no id that we chose (an `opaque` would never be freed by Bun),
// but those of one partition come in the order in which its records were produced: librdkafka keeps one queue for each
// partition, and with idempotence, without timeouts, nothing in it overtakes. So: a queue of tags for each partition.
// The assumption is checked at every report against key and size; a mismatch is reported, never guessed around. Pure.

export type InFlightRecord = { readonly tag: number; readonly key: string | null; readonly sizeBytes: number };

type Line = { readonly records: InFlightRecord[]; head: number };

/** Head positions below this are not worth moving the array for. */
const COMPACT_AT = 1024;

export class InFlight {
  readonly #lines = new Map<string, Map<number, Line>>();
  #count = 0;

  /** Records produced and not yet reported. */
  get count(): number {
    return this.#count;
  }

  add(topic: string, partition: number, record: InFlightRecord): void {
    let partitions = this.#lines.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      this.#lines.set(topic, partitions);
    }
    let line = partitions.get(partition);
    if (line === undefined) {
      line = { records: [], head: 0 };
      partitions.set(partition, line);
    }
    line.records.push(record);
    this.#count += 1;
  }

  /** Takes the oldest record of the partition; a text when the report cannot be about it, and then nothing is taken. */
  take(topic: string, partition: number, key: string | null, sizeBytes: number): InFlightRecord | string {
    const line = this.#lines.get(topic)?.get(partition);
    const record = line?.records[line.head];
    const where = `${topic}[${partition}]`;
    if (line === undefined || record === undefined) return `a report for ${where}, where nothing is in flight`;
    if (record.sizeBytes !== sizeBytes || record.key !== key) {
      return `a report for ${where} about key ${key} of ${sizeBytes} bytes, where key ${record.key} of ${record.sizeBytes} bytes is next`;
    }
    line.head += 1;
    this.#count -= 1;
    if (line.head === line.records.length) {
      line.records.length = 0;
      line.head = 0;
    } else if (line.head >= COMPACT_AT && line.head * 2 > line.records.length) {
      line.records.splice(0, line.head);
      line.head = 0;
    }
    return record;
  }
}
