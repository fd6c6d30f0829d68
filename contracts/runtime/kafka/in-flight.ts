// Which record a delivery report speaks of. Reports carry no id that we chose (an `opaque` would never be freed by Bun),
// but those of one partition come in the order in which its records were produced: librdkafka keeps one queue for each
// partition, and with idempotence, without timeouts, nothing in it overtakes. So: a queue of tags for each partition.
// The assumption is checked at every report against key and size; a mismatch is reported, never guessed around. Pure.

import type { DeliveryReport } from './reports.ts';

/** What of a report shows which record it is about. */
export type Reported = Pick<DeliveryReport, 'topic' | 'partition' | 'memory' | 'keyAt' | 'keyLength' | 'sizeBytes'>;

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

  /** No report comes any more: of the records in flight only their number is kept. */
  forget(): void {
    this.#lines.clear();
    this.#reported = undefined;
  }

  /** Takes the oldest record of the partition; a text when the report cannot be about it, and then nothing is taken. */
  take(report: Reported): InFlightRecord | string {
    const { topic, partition, sizeBytes } = report;
    let line = this.#reported;
    if (line === undefined || line.partition !== partition || line.topic !== topic) {
      line = this.#lines.get(topic)?.get(partition);
      this.#reported = line;
    }
    const record = line?.records[line.head];
    if (line === undefined || record === undefined) {
      return `a report for ${topic}[${partition}], where nothing is in flight`;
    }
    if (record.sizeBytes !== sizeBytes || !hasKey(report, record.key)) {
      const reported = report.keyLength < 0 ? null : keyOf(report).toString('utf8');
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

const keyOf = ({ memory, keyAt, keyLength }: Reported): Buffer =>
  Buffer.from(memory.buffer, memory.byteOffset + keyAt, keyLength);

/** Whether it is the report's key, without making a text or an array of that. */
function hasKey(report: Reported, key: string | null): boolean {
  const { memory, keyAt, keyLength } = report;
  if (keyLength < 0 || key === null) return keyLength < 0 && key === null;
  // In UTF-8 a text has as many bytes as characters only when all of them are ASCII.
  if (keyLength !== key.length) return Buffer.from(key, 'utf8').equals(keyOf(report));
  for (let at = 0; at < keyLength; at++) {
    const code = key.charCodeAt(at);
    if (code !== memory[keyAt + at] || code > 127) return false;
  }
  return true;
}
