// Starts and ends the work of the history-writer. At the end the batch under way is written or left for the next reader, and the
// last health record of the process becomes a row at once, since nobody may read that record from Kafka for long.

import type { SentRecord, Sidecar, SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import { LATE, within } from '../../contracts/runtime/wait.ts';
import { bufferedRecord } from './buffered.ts';
import type { Parts } from './parts.ts';
import type { BufferedRecord } from './pending-batch.ts';

/** @returns start, drain and closing of the process */
export function createRun({ writer, group, store }: Parts, { log, timers }: Pick<SidecarBase, 'log' | 'timers'>) {
  let running: Promise<void> = Promise.resolve();
  return {
    start() {
      running = writer.run();
      group.start();
    },
    async drain(limitMs) {
      writer.stop();
      group.stop();
      if ((await within(timers, running, limitMs)) !== LATE) return;
      const detail = 'not written in time; the next reader of the partitions starts with these records';
      log.warn('batch_left', { records: writer.abandon(), detail });
    },
    async closing(record) {
      try {
        if (record !== null && !writer.paused) await store.insert([asRead(record, timers.nowMs())]);
      } catch (error) {
        log.warn('closing_row_not_written', { failure: error, detail: 'the next history-writer finds it in Kafka' });
      }
      await store.close();
    },
  } satisfies Pick<Sidecar, 'start' | 'drain' | 'closing'>;
}

/** A record of this process as if it had been read back from Kafka. */
function asRead({ topic, key, value, report }: SentRecord, nowMs: number): BufferedRecord {
  const { partition, offset } = report;
  const polled = { offset: BigInt(offset), key, value: new TextEncoder().encode(value), timestampMs: nowMs };
  return bufferedRecord({ topic, partition }, polled, nowMs);
}
