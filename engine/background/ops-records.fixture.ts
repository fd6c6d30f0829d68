// For tests: records of the sidecars as Kafka gives them, made from the golden samples.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';

export const ACCOUNT = 'solver.near';
/** Of the golden samples; a minute after the newest of them. */
export const GOLDEN_NOW_MS = Date.parse('2026-01-15T12:00:30.000Z');

type Fields = Readonly<Record<string, unknown>>;

const golden = (topic: TopicName): { readonly payload: Fields } & Fields =>
  JSON.parse(readFileSync(join(import.meta.dir, `../../contracts/fixtures/golden/${topic}.v1.json`), 'utf8'));

export const goldenPayload = <Payload>(topic: TopicName, over: Partial<Payload> = {}): Payload =>
  ({ ...golden(topic).payload, ...over }) as Payload;

export const recordBytes = (topic: TopicName, payload: Fields = {}, envelope: Fields = {}): Uint8Array => {
  const sample = golden(topic);
  return new TextEncoder().encode(
    JSON.stringify({ ...sample, ...envelope, payload: { ...sample.payload, ...payload } }),
  );
};

export const consumed = (topic: TopicName, value: Uint8Array | null, offset = 0n): ConsumedRecord => ({
  ...{ topic, partition: 0, offset, key: null, value, timestampMs: 0 },
});
