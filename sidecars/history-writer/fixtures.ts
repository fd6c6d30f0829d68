// For tests only: golden records, changed where a test is about it, and records as the loop holds them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope } from '../../contracts/envelope.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { bufferedRecord } from './buffered.ts';
import type { BufferedRecord } from './pending-batch.ts';

const DIRECTORY = join(import.meta.dir, '../../contracts/fixtures/golden');

/** When the golden records were ingested. */
export const GOLDEN_AT_MS = 1_768_478_400_000;

type Payload = Record<string, unknown>;
export type Change = { readonly payload?: Payload } & Partial<Omit<Envelope, 'payload'>>;

/** The golden record of a topic as text, with fields of envelope and payload replaced. */
export function recordText(topic: TopicName, change: Change = {}): string {
  const golden = JSON.parse(readFileSync(join(DIRECTORY, `${topic}.v1.json`), 'utf8')) as Envelope<Payload>;
  return JSON.stringify({ ...golden, ...change, payload: { ...golden.payload, ...change.payload } });
}

const encoder = new TextEncoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** The record of a topic as one that was made just now: what the real process takes whatever the year. */
export const recentText = (topic: TopicName, change: Change = {}): string =>
  recordText(topic, { ingested_at: new Date().toISOString(), ...change });

/** A record buffered. `text: null` is a record without a value. */
export function bufferedOf(
  topic: TopicName,
  partition: number,
  offset: bigint,
  text?: string | null,
  nowMs = GOLDEN_AT_MS,
): BufferedRecord {
  const value = text === null ? null : bytesOf(text ?? recordText(topic));
  return bufferedRecord({ topic, partition }, { offset, key: 'key', value, timestampMs: GOLDEN_AT_MS }, nowMs);
}

export const eventIdOf = ({ value }: BufferedRecord): string =>
  (JSON.parse(new TextDecoder().decode(value ?? new Uint8Array())) as Envelope).event_id;
