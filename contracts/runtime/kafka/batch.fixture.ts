// For tests only: records as the native module finds them in the memory of a batch.

export type UnpackedRecord = {
  /** Where in the memory its code belongs. */
  readonly at: number;
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
};

export function unpackBatch(memory: Uint8Array, bytes: number): UnpackedRecord[] {
  const packed = Buffer.from(memory.buffer, memory.byteOffset, bytes);
  const records: UnpackedRecord[] = [];
  let topic = '';
  let end = 0;
  const take = (length: number): Buffer | null => {
    if (length < 0) return null;
    end += length;
    return Buffer.from(packed.subarray(end - length, end));
  };
  while (end < bytes) {
    const at = end;
    end += 20;
    topic = take(packed.readInt32LE(at + 8))?.toString() ?? topic;
    const key = take(packed.readInt32LE(at + 12));
    const value = take(packed.readInt32LE(at + 16));
    records.push({ at, topic, partition: packed.readInt32LE(at + 4), key, value });
  }
  return records;
}
