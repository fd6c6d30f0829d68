// Health of the sentinel's parts. Pure: reads what they report.

import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import type { Repeater } from './delivery/repeater.ts';
import type { Sentinel } from './sentinel.ts';

/** Until the topics were read to their end, and the first client is connected. */
export const STARTING_REASONS: ReadonlySet<string> = new Set(['topics_unread', 'producer_not_up']);

/** Of ten evaluations none was made: the process is not getting the processor. */
const EVALUATED_WITHIN_MS = 10_000;
const FAILURES_MAX = 3;
/** Not handed over within a minute. */
const UNSENT_AFTER_MS = 60_000;

export const readerHealth = (blindMs: number | null): PartHealth =>
  partHealth(blindMs === null ? [] : ['topics_unread']);

export function alertsHealth(sentinel: Sentinel, stateProblem: string | null): PartHealth {
  const { paused, draining, book } = sentinel;
  const tickedForMs = sentinel.tickedForMs();
  const isLate = !draining && tickedForMs !== null && tickedForMs > EVALUATED_WITHIN_MS;
  return partHealth(
    [
      ...(isLate ? ['evaluation_late'] : []),
      ...(book.failing().length > 0 ? ['rule_failing'] : []),
      ...(stateProblem === null ? [] : ['alerts_not_saved']),
      ...(sentinel.others().length > 0 ? ['other_sentinel'] : []),
    ],
    [
      ...(paused ? ['paused'] : []),
      ...(draining ? ['draining'] : []),
      ...(book.dropped() > 0 || sentinel.known.dropped() > 0 ? ['alerts_incomplete'] : []),
    ],
  );
}

/** What of a repeater says whether its receiver takes anything. */
type Receiver = Pick<Repeater, 'failures'> | null;

const isFailing = (receiver: Receiver): boolean => receiver !== null && receiver.failures() >= FAILURES_MAX;

export type DeliveryHealth = {
  readonly isSenderUp: boolean;
  readonly sentinel: Pick<Sentinel, 'outbox'>;
  readonly nowMs: number;
  /** Null: not configured. */
  readonly alertmanager: Receiver;
  readonly webhook: Receiver;
};

export function deliveryHealth({ isSenderUp, sentinel, nowMs, alertmanager, webhook }: DeliveryHealth): PartHealth {
  const [oldest] = sentinel.outbox.all();
  return partHealth(
    [
      ...(isSenderUp ? [] : ['producer_not_up']),
      ...(isFailing(alertmanager) ? ['alertmanager_failing'] : []),
      ...(isFailing(webhook) ? ['webhook_failing'] : []),
      // A topic that Kafka takes nothing for looks well in every other way.
      ...(oldest !== undefined && nowMs - oldest.atMs > UNSENT_AFTER_MS ? ['alerts_unsent'] : []),
    ],
    [...(sentinel.outbox.dropped() > 0 ? ['alerts_dropped'] : [])],
  );
}
