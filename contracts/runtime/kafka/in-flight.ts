// Which record a delivery report speaks of. Reports carry no id that we chose (an `opaque` would never be freed by Bun),
// but those of one partition come in the order in which its records were produced: librdkafka keeps one queue for each
// partition, and with idempotence, without timeouts, nothing in it overtakes. So: a queue of tags for each partition.
// The assumption is checked at every report against key and size; a mismatch is reported, never guessed around. Pure.

export type InFlightRecord = { readonly tag: number; readonly key: string | null; readonly sizeBytes: number };

type Line = {
  readonly topic: string;
  readonly partition: number;
  readonly records: InFlightRecord[];
  head: number;
};

/** Head positions below this are not worth moving the array for. */
const COMPACT_AT = 1024;

export class InFlight {
  readonly #lines = new Map<string, Map<number, Line>>();
  /** That of the last report: those of a batch come one after the other. */
  #reported: Line | undefined;
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
      line = { topic, partition, records: [], head: 0 };
      partitions.set(partition, line);
    }
    line.records.push(record);
    this.#count += 1;
  }

  /** Takes the oldest record of the partition; a text when the report cannot be about it, and then nothing is taken. */
  take(topic: string, partition: number, key: Uint8Array | null, sizeBytes: number): InFlightRecord | string {
    let line = this.#reported;
    if (line === undefined || line.partition !== partition || line.topic !== topic) {
      line = this.#lines.get(topic)?.get(partition);
      this.#reported = line;
    }
    const record = line?.records[line.head];
    if (line === undefined || record === undefined) {
      return `a report for ${topic}[${partition}], where nothing is in flight`;
    }
    if (record.sizeBytes !== sizeBytes || !isKey(key, record.key)) {
      const reported = key === null ? null : Buffer.from(key).toString('utf8');
      return `a report for ${topic}[${partition}] about key ${reported} of ${sizeBytes} bytes, where key ${record.key} of ${record.sizeBytes} bytes is next`;
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

/** Whether these are the bytes of the key, without making a text of them. */
function isKey(bytes: Uint8Array | null, key: string | null): boolean {
  if (bytes === null || key === null) return bytes === key;
  // In UTF-8 a text has as many bytes as characters only when all of them are ASCII.
  if (bytes.length !== key.length) return Buffer.from(key, 'utf8').equals(bytes);
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code !== bytes[at] || code > 127) return false;
  }
  return true;
}
