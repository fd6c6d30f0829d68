// A record as Kafka gives it -> an envelope that fits its topic's schema for readers, or why not. Total: whatever the bytes
// are. A version of the schema that is not known counts as not fitting; so does a value that is missing.

import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Envelope } from '../../contracts/envelope.ts';
import { type JsonBounds, readJson } from '../../contracts/json.ts';
import type { DeadLetterReason } from '../../contracts/reasons.ts';
import { parseIsoTime } from '../../contracts/time.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';

export type ReadRecord =
  | { readonly ok: true; readonly envelope: Envelope; readonly text: string; readonly day: string }
  | { readonly ok: false; readonly reason: DeadLetterReason; readonly detail: string };

const CHECKS = new Map(TOPICS.map(({ name, readerSchema }) => [name, TypeCompiler.Compile(readerSchema)]));
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const PROBLEMS_SHOWN_MAX = 3;
/** A problem names the path of its field, which may be as long as the record. */
const PROBLEM_CHARS_MAX = 1000;
/** No schema goes deeper than a few levels. Brokers take a megabyte a record by default; ours are configured to take that much. */
const RECORD_BOUNDS: JsonBounds = { charsMax: 4_194_304, depthMax: 64, valuesMax: 200_000 };

/** @param nowMs wall time: records of days far from it are refused, since each quarter makes tables of its own */
export function readRecord(topic: TopicName, value: Uint8Array | null, nowMs: number): ReadRecord {
  if (value === null) return refuse('not_json', 'the record has no value');
  let text: string;
  try {
    text = decoder.decode(value);
  } catch {
    return refuse('not_json', 'the value is not UTF-8');
  }
  const read = readJson(text, RECORD_BOUNDS);
  if (!read.ok) {
    const detail = read.reason === 'too_large' ? `has ${read.detail}` : text === '' ? 'is empty' : 'is not JSON';
    return refuse(read.reason, `the value ${detail}`);
  }
  const json = read.value;
  const check = CHECKS.get(topic);
  if (check === undefined) return refuse('schema', `topic ${topic} is not in the registry`);
  if (!check.Check(json)) {
    const problems = check.Errors(json);
    const shown: string[] = [];
    for (const { path, message } of problems) {
      if (shown.length >= PROBLEMS_SHOWN_MAX) break;
      shown.push(`${path === '' ? '/' : path}: ${message}`);
    }
    return refuse('schema', shown.join('; ').slice(0, PROBLEM_CHARS_MAX));
  }
  // What passed the schema of a topic has the envelope's fields.
  const envelope = json as Envelope;
  const ingestedAtMs = parseIsoTime(envelope.ingested_at);
  if (ingestedAtMs === null) return refuse('schema', `/ingested_at: ${envelope.ingested_at} is no time`);
  if (!isPlausible(ingestedAtMs, nowMs)) {
    const window = `from ${DAYS_BACK_MAX} days ago until tomorrow`;
    return refuse('time_implausible', `/ingested_at: ${envelope.ingested_at} is not ${window}`);
  }
  const day = envelope.ingested_at.slice(0, 10);
  // No column is made of `raw`, and parsed it may take ten times the memory of its text.
  return { ok: true, envelope: { ...envelope, raw: null }, text, day };
}

/** The envelope of a record that was read before, once more: what was parsed is not kept. */
export function readAgain(value: Uint8Array | null): { readonly envelope: Envelope; readonly text: string } {
  const text = decoder.decode(value ?? undefined);
  const read = readJson(text, RECORD_BOUNDS);
  if (!read.ok) throw new Error(`a record that was read before cannot be read: ${read.detail}`);
  return { envelope: read.value as Envelope, text };
}

/** Beyond what any topic keeps by default, several times over: a new database may be filled from Kafka. */
const DAYS_BACK_MAX = 400;
/** A producer's clock may be ahead of this one. */
const DAYS_AHEAD_MAX = 1;
const DAY_MS = 86_400_000;

/** Whether one of our records can have this time, by our clock. */
export const isPlausible = (atMs: number, nowMs: number): boolean =>
  atMs >= nowMs - DAYS_BACK_MAX * DAY_MS && atMs <= nowMs + DAYS_AHEAD_MAX * DAY_MS;

/**
 * Since when a record has waited, for the lag: what its producer says, never later than our own clock, which also
 * replaces a time that none of our records can have.
 */
export const waitingSinceMs = (timestampMs: number, nowMs: number): number =>
  isPlausible(timestampMs, nowMs) ? Math.min(timestampMs, nowMs) : nowMs;

function refuse(reason: DeadLetterReason, detail: string): ReadRecord {
  return { ok: false, reason, detail };
}
