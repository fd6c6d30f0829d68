// The background part: what the engine learns from the sidecars, read from the topics of low rate that they write. Nothing waits for it,
// and nothing of it arms anything or adds to what is spendable. Two readers: whether history is written can stop decisions, and must not
// depend on topics that are for showing only.

import type { BackgroundState, HistoryState } from '../../contracts/control/engine-state.ts';
import type { InventoryPartState, OwnState } from '../../contracts/control/part-state.ts';
import type { AccountId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { followTopics } from '../../contracts/runtime/kafka/consumer/follow.ts';
import type { openReader } from '../../contracts/runtime/kafka/consumer/reader.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka/settings.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';
import { createTroubleLog, type TroubleLog } from '../lib/trouble.ts';
import type { FundsUnderWay } from '../model/funds.ts';
import { healthReportIn } from './health-report.ts';
import { historyHealth, historyState } from './history/health.ts';
import { HistoryReports, historyReportOf, isHistoryWritten } from './history/reports.ts';
import { createSidecarNews, type SidecarNews } from './sidecar-news.ts';

export type BackgroundOptions = {
  readonly config: {
    readonly account: AccountId;
    readonly kafkaBrokers: string;
    readonly persistencePolicy: 'strict' | 'degrade';
    readonly historyMaxLagMs: number;
  };
  /** KAFKA_CONFIG_JSON. */
  readonly extra: KafkaSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Opens a reader; `openReader` but in tests. */
  readonly open?: typeof openReader;
};

export type BackgroundPart = {
  /** History is not known to be written, and the policy forbids to sign then. */
  historyBlocks(): boolean;
  /** As operators see it. */
  readonly history: {
    health(): PartHealth;
    state(): OwnState<HistoryState>;
    readonly startingReasons: readonly string[];
  };
  underWay(assetId: string): FundsUnderWay;
  funding(): InventoryPartState['funding'];
  findings(): InventoryPartState['reconciliation']['findings'];
  /** Codes for the health of the inventory. */
  notes(): readonly string[];
  state(): BackgroundState;
  /** Records read since the start, by topic and by what became of them. */
  counts: SidecarNews['counts'];
  close(): Promise<void>;
};

export function createBackgroundPart(options: BackgroundOptions): BackgroundPart {
  const { config, extra, clock, log, open } = options;
  const { account, kafkaBrokers: brokers, historyMaxLagMs, persistencePolicy } = config;
  const history = new HistoryReports();
  const news = createSidecarNews({ accountId: account, clock, log: log.child('background') });
  const shared = { brokers, clientId: 'unrip-engine-ops', extra, clock, open };
  const reports = followTopics({
    ...shared,
    topics: ['ops.service_health'],
    startAt: () => 'latest',
    // The engine writes to it as well, whether anything else runs or not.
    isBusy: true,
    trouble: troubleOf(log.child('history'), ['ops.service_health']),
    onRecord({ value }) {
      const report = value === null ? null : healthReportIn(value, account);
      if (report === null) return;
      const written = historyReportOf(report);
      if (written === null) news.heard(report);
      else history.take(written, clock.nowMs(), clock.elapsedUs());
    },
    onLost() {
      history.forget();
      news.producersLost();
    },
    onFoundAgain: () => evidence.renew(),
  });
  const evidence = followTopics({
    ...shared,
    topics: news.topics,
    startAt: () => ({ last: LOOK_BACK_RECORDS }),
    isBusy: false,
    trouble: troubleOf(log.child('background'), news.topics),
    onRecord: (record) => news.take(record),
    onLost: () => news.forget(),
  });
  const historyStatus = () => history.status(clock.elapsedUs());
  const historyBlocks = (): boolean =>
    persistencePolicy === 'strict' && !isHistoryWritten(historyStatus(), historyMaxLagMs);
  const isRead = (): boolean => evidence.isCaughtUp();
  return {
    historyBlocks,
    history: {
      health: () => historyHealth(historyStatus(), historyMaxLagMs),
      state: () => historyState(historyStatus(), { policy: persistencePolicy, blocks: historyBlocks() }),
      startingReasons: ['history_unknown'],
    },
    underWay: (assetId) => news.underWay(assetId, isRead()),
    funding: () => news.funding(isRead()),
    findings: () => news.findings(isRead()),
    notes: () => news.notes(isRead()),
    state: () => news.state(isRead()),
    counts: news.counts,
    async close() {
      await Promise.allSettled([reports.close(), evidence.close()]);
    },
  };
}

/** Several times what is under way, since producers repeat that daily; read in a second, in small steps, after each start. */
const LOOK_BACK_RECORDS = 5_000;

const troubleOf = (log: Log, topics: readonly string[]): TroubleLog =>
  createTroubleLog(log, 'ops_reader_trouble', { topic: topics.join(', ') });
