// A record as our consumers see it, made from what the native module hands over.

import type { NativeRecord } from '../native.ts';

/** `offset` as Kafka counts; `timestampMs` is the producer's, milliseconds since the epoch; null value: a tombstone. */
export type ConsumedRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [string, Uint8Array])[];
  readonly timestampMs: number;
};

const NO_HEADERS: ConsumedRecord['headers'] = [];

export function toRecord(native: NativeRecord): ConsumedRecord {
  return {
    topic: native.topic,
    partition: native.partition,
    offset: BigInt(native.offset),
    key: native.key === null ? null : native.key.toString('utf8'),
    value: native.value,
    headers: native.headers === undefined ? NO_HEADERS : native.headers.flatMap((header) => Object.entries(header)),
    timestampMs: native.timestamp,
  };
}
