// Whether history is being written, as the history-writer itself says on ops.service_health. Read in the background; what was
// not heard of for 15 s is unknown, and a strict policy passes only what is known to be well. Hearing anything here can only
// stop decisions, never allow more than the policy does.

import { Value } from '@sinclair/typebox/value';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { openReader, type Reader } from '../../contracts/runtime/kafka-reader.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka-settings.ts';
import type { OpsServiceHealth } from '../../contracts/topics/ops-service-health.ts';
import { topicOf } from '../../contracts/topics/registry.ts';
import { createTroubleLog } from '../lib/trouble.ts';
import type { Clock, LogPort } from '../ports.ts';

/** Silence after which it is not known whether history is written: three missed records. */
export const HISTORY_SILENCE_MS = 15_000;

export type Heard = { readonly atMs: number; readonly writing: boolean; readonly lagMs: number };

/** Known to be written: heard lately, writing, and not too far behind. */
export function isWritten(heard: Heard | null, maxLagMs: number, nowMs: number): boolean {
  if (heard === null || nowMs - heard.atMs > HISTORY_SILENCE_MS) return false;
  return heard.writing && heard.lagMs <= maxLagMs;
}

/** null: no usable record of the history-writer. */
export function heardIn(text: string, atMs: number): Heard | null {
  const read = readJson(text, SMALL_JSON);
  if (!read.ok) return null;
  const envelope = read.value;
  if (!Value.Check(topicOf('ops.service_health').schema, envelope)) return null;
  const { payload } = envelope as { readonly payload: OpsServiceHealth };
  if (payload.service !== 'history-writer') return null;
  // What was said long ago and read late is as old as it was said; a clock of the writer that is ahead gains it nothing.
  const saidAtMs = Math.min(atMs, Date.parse(payload.at));
  // Nothing to write counts as written; an unknown lag does not.
  return { atMs: saidAtMs, writing: payload.writing === true, lagMs: payload.lag_ms ?? Number.POSITIVE_INFINITY };
}

export type HistoryWatch = {
  heard(): Heard | null;
  close(): Promise<void>;
};

export type HistoryWatchOptions = {
  readonly brokers: string;
  readonly extra: KafkaSettings;
  readonly clock: Clock;
  readonly log: LogPort;
};

const READ_RECORDS_MAX = 100;
/** Before a reader that failed for good is replaced, and between looks at one that gives nothing back at once. */
const REOPEN_AFTER_MS = 1000;

export function watchHistory(options: HistoryWatchOptions): HistoryWatch {
  const { clock, log } = options;
  const trouble = createTroubleLog(log, 'ops_reader_trouble', { topic: 'ops.service_health' });
  const decoder = new TextDecoder();
  let heard: Heard | null = null;
  let closed = false;
  let wake: () => void = () => {};

  const open = (): Reader =>
    openReader({
      brokers: options.brokers,
      clientId: 'unrip-engine-ops',
      topics: ['ops.service_health'],
      extra: options.extra,
      startAt: () => 'latest',
      onTrouble: (code, message) => trouble.say(code, message),
    });
  let reader = open();

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const stop = clock.after(ms, resolve);
      wake = () => {
        stop();
        resolve();
      };
    });

  const read = async (): Promise<void> => {
    if (reader.state() === 'failed') {
      heard = null;
      await reader.close();
      await rest(REOPEN_AFTER_MS);
      if (!closed) reader = open();
      return;
    }
    for (const { value } of await reader.poll(READ_RECORDS_MAX)) {
      if (value === null) continue;
      trouble.wellAgain();
      heard = heardIn(decoder.decode(value), clock.nowMs()) ?? heard;
    }
  };

  const follow = async (): Promise<void> => {
    while (!closed) {
      try {
        await read();
      } catch (error) {
        heard = null;
        trouble.say('read_failed', error instanceof Error ? error.message : 'unknown error');
        await rest(REOPEN_AFTER_MS);
      }
    }
  };

  const following = follow();
  return {
    heard: () => heard,
    async close() {
      closed = true;
      wake();
      await following;
      await reader.close();
    },
  };
}
