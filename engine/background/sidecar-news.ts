// What the liquidity-manager and the reconciler publish, folded into what the engine shows of it, with the age of that knowledge.
// Each record is validated by itself: one that is not possible is counted and passed over.

import type { BackgroundState } from '../../contracts/control/engine-state.ts';
import type { InventoryPartState } from '../../contracts/control/part-state.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { momentOf } from '../lib/moment.ts';
import { createTroubleLog } from '../lib/trouble.ts';
import { FUNDS_UNKNOWN, type FundsUnderWay } from '../model/funds.ts';
import type { LogPort } from '../model/ports.ts';
import type { Moment } from '../model/values.ts';
import { Findings } from './findings.ts';
import { Funds } from './funds/funds.ts';
import type { HealthReport } from './health-report.ts';
import { newsNotes } from './notes.ts';
import {
  OPS_TOPICS,
  type OpsPayloads,
  type OpsRead,
  type OpsTopic,
  type Refusal,
  readOpsRecord,
} from './ops-record.ts';
import { ProducerWatch } from './producer-watch.ts';
import { backgroundState, findingsState, fundingState, type Knowledge } from './state.ts';
import { TopicCounts } from './topic-counts.ts';

export type SidecarNews = {
  readonly topics: readonly TopicName[];
  take(record: ConsumedRecord): void;
  /** A report of a process on ops.service_health. */
  heard(report: HealthReport): void;
  /** Nothing is known any more of what the topics hold, or of the processes that write them. */
  forget(): void;
  producersLost(): void;
  /** `isRead`: the topics were read to their end. */
  underWay(assetId: string, isRead: boolean): FundsUnderWay;
  funding(isRead: boolean): InventoryPartState['funding'];
  findings(isRead: boolean): InventoryPartState['reconciliation']['findings'];
  notes(isRead: boolean): readonly string[];
  state(isRead: boolean): BackgroundState;
  counts(): ReturnType<TopicCounts['all']>;
};

export type SidecarNewsOptions = { readonly accountId: string; readonly clock: Clock; readonly log: LogPort };

export function createSidecarNews({ accountId, clock, log }: SidecarNewsOptions): SidecarNews {
  const startedUs = clock.elapsedUs();
  // Not over when the next record is good: the same mistake in every second record is one line.
  const refusals = createTroubleLog(log, 'ops_record_refused');
  const counts = new TopicCounts();
  const funds = new Funds();
  const findings = new Findings();
  const producers = { 'liquidity-manager': new ProducerWatch(), reconciler: new ProducerWatch() };

  const takers: {
    readonly [Topic in OpsTopic]: (payload: OpsPayloads[Topic], atMs: number, now: Moment) => Refusal | null;
  } = {
    'ops.liquidity_action': (payload, atMs, now) => funds.takeAction(payload, atMs, now),
    'ops.funding_observation': (payload, atMs, now) => funds.takeObservation(payload, atMs, now),
    'ops.reconciliation': (payload, atMs, now) => findings.take(payload, atMs, now),
  };
  const takeOf = <Topic extends OpsTopic>(topic: Topic, { value, offset }: ConsumedRecord): void => {
    const now = momentOf(clock);
    const read: OpsRead<OpsPayloads[Topic]> = readOpsRecord(topic, value, accountId);
    const refusal = read.ok ? takers[topic](read.payload, read.atMs, now) : read.refusal;
    counts.count(topic, read.ok || read.refusal !== null ? refusal : 'other_account', now.nowMs);
    if (refusal !== null)
      refusals.report(refusal, `a record of ${topic} was passed over, first seen at offset ${offset}`);
  };
  const knowledge = (producer: keyof typeof producers, isRead: boolean): Knowledge => {
    const status = producers[producer].status(clock.elapsedUs());
    return { status: !isRead ? 'unknown' : status.isHeard ? 'current' : 'stale', producer: status };
  };
  return {
    topics: OPS_TOPICS,
    take(record) {
      const topic = OPS_TOPICS.find((name) => name === record.topic);
      if (topic !== undefined) takeOf(topic, record);
    },
    heard(report) {
      if (isProducer(report.service)) producers[report.service].take(report, momentOf(clock));
    },
    forget() {
      funds.forget();
      findings.forget();
    },
    producersLost() {
      for (const producer of Object.values(producers)) producer.forget();
    },
    underWay(assetId, isRead) {
      const { status } = knowledge('liquidity-manager', isRead);
      return status === 'current' ? funds.underWay(assetId, clock.elapsedUs()) : FUNDS_UNKNOWN;
    },
    funding: (isRead) => fundingState(funds, knowledge('liquidity-manager', isRead), clock.elapsedUs()),
    findings: (isRead) => findingsState(findings, knowledge('reconciler', isRead), clock.elapsedUs()),
    notes(isRead) {
      const nowUs = clock.elapsedUs();
      const { 'liquidity-manager': manager, reconciler } = producers;
      const heard = { manager: manager.status(nowUs), reconciler: reconciler.status(nowUs) };
      return newsNotes({ funds, findings, counts, ...heard, isRead, sinceUs: startedUs, nowUs });
    },
    state: (isRead) => backgroundState(counts, isRead),
    counts: () => counts.all(),
  };
}

const isProducer = (service: string): service is 'liquidity-manager' | 'reconciler' =>
  service === 'liquidity-manager' || service === 'reconciler';
