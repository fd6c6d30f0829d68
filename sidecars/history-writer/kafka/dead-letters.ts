// Makes dead letters of records that cannot be taken, and has them acknowledged by Kafka before the writer goes on. The id of
// a dead letter is derived from its record's position, so that a second try repeats it instead of adding one. Each kind is
// logged once, all are counted.

import { createHash } from 'node:crypto';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { RecordRefused } from '../../../contracts/runtime/kafka/record-sender.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { SidecarBase } from '../../../contracts/runtime/process/sidecar/program.ts';
import { LATE, within } from '../../../contracts/runtime/wait.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { DlqUnrip } from '../../../contracts/topics/dlq-unrip.ts';
import type { BufferedRecord, Dead } from '../pending-batch.ts';
import { isPlausible } from '../record.ts';
import type { WriterStats } from '../writer-stats.ts';

/** Kafka has not taken the dead letters of a batch, which therefore cannot be written yet. */
export class DeadLettersWait extends Error {}

export type DeadLetters = {
  /** Resolves when Kafka has a dead letter for each of these that is dead; else DeadLettersWait after the limit. */
  send(held: readonly BufferedRecord[]): Promise<void>;
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

export function createDeadLetters({ sender, render, stats, timers, log }: DeadLetterOptions): DeadLetters {
  const logged = new Set<string>();

  const sendOne = async (record: BufferedRecord, dead: Dead): Promise<void> => {
    const nowMs = timers.nowMs();
    const payload = deadLetterOf(record, dead, nowMs);
    // The record's own time keeps a repeated dead letter on its day; an implausible time cannot.
    const atMs = isPlausible(record.timestampMs, nowMs) ? record.timestampMs : nowMs;
    const post = (letter: DlqUnrip): Promise<unknown> =>
      sender.send(
        'dlq.unrip',
        record.topic,
        render({ topic: 'dlq.unrip', eventId: idOf(record), atMs, payload: letter }),
      );
    try {
      await post(payload).catch((error: unknown) => {
        // A dead letter must not stop history: without the record's bytes it is as small as any.
        if (error instanceof RecordRefused) return post({ ...payload, key: null, value: null });
        throw error;
      });
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      const { topic, partition, offset } = record;
      log.error('dead_letter_refused', { topic, partition, offset, reason: dead.reason, failure: error });
    }
    stats.deadLettered(record.topic, dead.reason);
    const kind = `${record.topic} ${dead.reason}`;
    if (logged.has(kind)) return;
    logged.add(kind);
    const { topic, partition, offset } = record;
    log.warn('dead_letter', { topic, partition, offset, reason: dead.reason, detail: dead.detail });
  };

  return {
    async send(held) {
      const waiting = held.flatMap((record) => {
        const { dead } = record;
        if (dead === null) return [];
        dead.sending ??= sendOne(record, dead).catch((error: unknown) => {
          // The sender was closed: the next try begins again.
          dead.sending = null;
          throw error;
        });
        return [dead.sending];
      });
      if (waiting.length === 0) return;
      const sent = await within(timers, Promise.all(waiting), SEND_LIMIT_MS).catch((error: unknown) => {
        throw new DeadLettersWait(error instanceof Error ? error.message : String(error), { cause: error });
      });
      if (sent === LATE) throw new DeadLettersWait(`Kafka did not take the dead letters within ${SEND_LIMIT_MS} ms`);
    },
  };
}

/** Stays the same when the record is read again. */
function idOf({ topic, partition, offset, timestampMs }: BufferedRecord): string {
  const digest = createHash('sha256').update(`${topic} ${partition} ${offset} ${timestampMs}`).digest('hex');
  return `dead-${digest.slice(0, 32)}`;
}

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
