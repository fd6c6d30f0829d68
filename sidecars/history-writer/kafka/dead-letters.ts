// Makes dead letters of records that cannot be taken, and of records that Kafka has deleted, and has them acknowledged by Kafka before
// the writer goes on. The id of a dead letter is derived from its record's position, so that a second try repeats it instead of adding
// one. Each kind is logged once, all are counted.

import { createHash } from 'node:crypto';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { RecordRefused } from '../../../contracts/runtime/kafka/record-sender.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { SidecarBase } from '../../../contracts/runtime/process/sidecar/program.ts';
import { LATE, within } from '../../../contracts/runtime/wait.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { DlqUnrip } from '../../../contracts/topics/dlq-unrip.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import type { BufferedRecord, Dead, OffsetNote } from '../pending-batch.ts';
import { isPlausible } from '../record.ts';
import type { WriterStats } from '../writer-stats.ts';

/** Kafka has not taken the dead letters of a batch, which therefore cannot be written yet. */
export class DeadLettersWait extends Error {}

export type DeadLetters = {
  /** Resolves when Kafka has a dead letter for each of these that is dead, and of what is missing; else DeadLettersWait after the limit. */
  send(held: readonly BufferedRecord[]): Promise<void>;
  /** Records are gone: the next `send` includes one dead letter for all of them. */
  missed(note: OffsetNote): void;
};

export type DeadLetterOptions = Pick<SidecarBase, 'sender' | 'render'> & {
  readonly stats: WriterStats;
  readonly timers: Clock;
  readonly log: Log;
};

const VALUE_BYTES_MAX = 65_536;
const DETAIL_CHARS_MAX = 1000;
const KEY_CHARS_MAX = 1000;
const SEND_LIMIT_MS = 10_000;

/** One a partition, of which there are dozens: more come only while Kafka takes none. */
const MISSED_MAX = 1000;

type Letter = {
  readonly topic: TopicName;
  readonly eventId: string;
  readonly atMs: number;
  readonly payload: DlqUnrip;
};

/** Is given to the sender once. */
type Sent = { sending: Promise<void> | null };

function sendOnce(sent: Sent, start: () => Promise<void>): Promise<void> {
  sent.sending ??= start().catch((error: unknown) => {
    // The sender was closed: the next try begins again.
    sent.sending = null;
    throw error;
  });
  return sent.sending;
}

export function createDeadLetters({ sender, render, stats, timers, log }: DeadLetterOptions): DeadLetters {
  const logged = new Set<string>();
  /** By id, until Kafka has them. */
  const missing = new Map<string, Letter & Sent>();

  const deliver = async ({ topic, eventId, atMs, payload }: Letter): Promise<void> => {
    const post = (letter: DlqUnrip): Promise<unknown> =>
      sender.send('dlq.unrip', topic, render({ topic: 'dlq.unrip', eventId, atMs, payload: letter }));
    const { partition, offset, reason, detail } = payload;
    try {
      await post(payload).catch((error: unknown) => {
        // A dead letter must not stop history: without the record's bytes it is as small as any.
        if (error instanceof RecordRefused) return post({ ...payload, key: null, value: null });
        throw error;
      });
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      log.error('dead_letter_refused', { topic, partition, offset, reason, failure: error });
    }
    stats.deadLettered(topic, reason);
    const kind = `${topic} ${reason}`;
    if (logged.has(kind)) return;
    logged.add(kind);
    log.warn('dead_letter', { topic, partition, offset, reason, detail });
  };

  const sendOne = async (record: BufferedRecord, dead: Dead): Promise<void> => {
    const nowMs = timers.nowMs();
    // The record's own time keeps a repeated dead letter on its day; an implausible time cannot.
    const atMs = isPlausible(record.timestampMs, nowMs) ? record.timestampMs : nowMs;
    const { topic } = record;
    await deliver({ topic, eventId: idOf(record), atMs, payload: deadLetterOf(record, dead, nowMs) });
  };

  const sendMissing = async (letter: Letter): Promise<void> => {
    await deliver(letter);
    missing.delete(letter.eventId);
  };

  return {
    async send(held) {
      const waiting = held.flatMap((record) => {
        const { dead } = record;
        return dead === null ? [] : [sendOnce(dead, () => sendOne(record, dead))];
      });
      for (const letter of missing.values()) waiting.push(sendOnce(letter, () => sendMissing(letter)));
      if (waiting.length === 0) return;
      const sent = await within(timers, Promise.all(waiting), SEND_LIMIT_MS).catch((error: unknown) => {
        throw new DeadLettersWait(error instanceof Error ? error.message : String(error), { cause: error });
      });
      if (sent === LATE) throw new DeadLettersWait(`Kafka did not take the dead letters within ${SEND_LIMIT_MS} ms`);
    },
    missed(note) {
      const letter = missedLetterOf(note, timers.nowMs());
      if (missing.has(letter.eventId) || missing.size >= MISSED_MAX) return;
      missing.set(letter.eventId, { ...letter, sending: null });
    },
  };
}

/** One for all records that are gone, at the place of the first. */
function missedLetterOf({ topic, partition, expected, got, missed, kind }: OffsetNote, nowMs: number): Letter {
  const from = kind === 'gap' ? 'Kafka had deleted them' : 'the partition starts again';
  const payload: DlqUnrip = {
    service: 'history-writer',
    origin: topic,
    partition,
    offset: expected.toString(),
    key: null,
    reason: 'records_missed',
    detail: `${missed} records from offset ${expected} on could not be written, because ${from}; the next record is at ${got}`,
    value: null,
    value_bytes: 0,
    at: isoTime(nowMs),
  };
  return { topic, eventId: deadId(`missed ${topic} ${partition} ${expected} ${got} ${missed}`), atMs: nowMs, payload };
}

const deadId = (place: string): string => `dead-${createHash('sha256').update(place).digest('hex').slice(0, 32)}`;

/** Stays the same when the record is read again. */
const idOf = ({ topic, partition, offset, timestampMs }: BufferedRecord): string =>
  deadId(`${topic} ${partition} ${offset} ${timestampMs}`);

/** The payload for a record; the value as text, cut. */
export function deadLetterOf(
  record: BufferedRecord,
  { reason, detail }: Pick<Dead, 'reason' | 'detail'>,
  nowMs: number,
): DlqUnrip {
  const { topic, partition, offset, key, value } = record;
  return {
    service: 'history-writer',
    origin: topic,
    partition,
    offset: offset.toString(),
    key: key?.slice(0, KEY_CHARS_MAX) ?? null,
    reason,
    detail: detail.slice(0, DETAIL_CHARS_MAX),
    value: value === null ? null : textOf(value),
    value_bytes: value?.byteLength ?? 0,
    at: isoTime(nowMs),
  };
}

function textOf(value: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value.subarray(0, VALUE_BYTES_MAX));
  const cutBytes = value.byteLength - VALUE_BYTES_MAX;
  return cutBytes > 0 ? `${text}... (${cutBytes} more bytes)` : text;
}
