// Follows what the history-writers report on ops.service_health, in the background: reports.ts has the rules.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { openReader, type Reader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import type { KafkaSettings } from '../../../contracts/runtime/kafka/settings.ts';
import { Sleeper } from '../../../contracts/runtime/wait.ts';
import { createTroubleLog } from '../../lib/trouble.ts';
import type { LogPort } from '../../model/ports.ts';
import { HistoryReports, type HistoryStatus, historyReportIn } from './reports.ts';

export type HistoryWatch = {
  status(): HistoryStatus;
  close(): Promise<void>;
};

export type HistoryWatchOptions = {
  readonly brokers: string;
  readonly extra: KafkaSettings;
  /** Reports of writers of other accounts are passed over. */
  readonly accountId: string;
  readonly clock: Clock;
  readonly log: LogPort;
  /** Opens a reader; `openReader` but in tests. */
  readonly open?: typeof openReader;
};

const READ_RECORDS_MAX = 100;
/** Before a reader that failed for good is replaced, and before a read that failed is tried again. */
const REOPEN_AFTER_MS = 1000;

export function watchHistory(options: HistoryWatchOptions): HistoryWatch {
  const { clock, log, accountId } = options;
  const trouble = createTroubleLog(log, 'ops_reader_trouble', { topic: 'ops.service_health' });
  const reports = new HistoryReports();
  let closed = false;
  const sleeper = new Sleeper(clock);

  const open = (): Reader =>
    (options.open ?? openReader)({
      brokers: options.brokers,
      clientId: 'unrip-engine-ops',
      topics: ['ops.service_health'],
      extra: options.extra,
      startAt: () => 'latest',
      onTrouble: (code, message) => trouble.report(code, message),
    });
  let reader = open();

  const read = async (): Promise<void> => {
    if (reader.state() === 'failed') {
      reports.forget();
      await reader.close();
      await sleeper.sleep(REOPEN_AFTER_MS);
      if (!closed) reader = open();
      return;
    }
    for (const { value } of await reader.poll(READ_RECORDS_MAX)) {
      if (value === null) continue;
      trouble.recovered();
      const report = historyReportIn(value, accountId);
      if (report !== null) reports.take(report, clock.nowMs(), clock.elapsedUs());
    }
  };

  const follow = async (): Promise<void> => {
    while (!closed) {
      try {
        await read();
      } catch (error) {
        reports.forget();
        trouble.report('read_failed', error instanceof Error ? error.message : 'unknown error');
        await sleeper.sleep(REOPEN_AFTER_MS);
      }
    }
  };

  const following = follow();
  return {
    status: () => reports.status(clock.elapsedUs()),
    async close() {
      closed = true;
      sleeper.wake();
      await following;
      await reader.close();
    },
  };
}
