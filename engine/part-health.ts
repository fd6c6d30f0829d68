// Whether each part can do its job now, asked anew at every look. Disarmed, paused and a silent pair are healthy and said in
// the notes; a dead connection, stale sources, unknown inventory and impaired history are not.

import { BTC, EURE } from '../contracts/assets.ts';
import type { DecisionReason } from '../contracts/reasons.ts';
import { HEALTHY, type PartHealth, partHealth } from '../contracts/runtime/health.ts';
import { momentOf } from './lib/moment.ts';
import type { Parts } from './parts.ts';
import { isClockUnhealthy } from './safety/clock-skew.ts';
import { tradingOf } from './trading.ts';

/** A quiet pair is worth saying after so long; it is no fault. */
const SILENT_PAIR_MS = 300_000;
/** Records that wait for Kafka longer than this are no longer a hiccup. */
const OUTBOX_LAG_MAX_MS = 30_000;

/** One look a part, in the order in which a quote goes through them. */
export const healthLooks = (parts: Parts) => ({
  ingest: () => ingestHealth(parts),
  reference: () => referenceHealth(parts),
  inventory: () => inventoryHealth(parts),
  strategy: () => strategyHealth(parts),
  executor: () => executorHealth(parts),
  bus: () => busHealth(parts),
  history: () => historyHealth(parts),
});

const noted = (notes: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(notes).flatMap(([note, holds]) => (holds ? [note] : []));

export function ingestHealth({ relay, switches, observer, faults, clock }: Parts): PartHealth {
  const failing = faults.health(clock.elapsedUs());
  const { connected, subscribed, session } = relay.state();
  return partHealth(
    [
      ...(connected ? (subscribed ? [] : ['relay_not_subscribed']) : ['relay_disconnected']),
      ...session.reasons,
      ...failing.reasons,
    ],
    [
      ...noted({ paused: switches.ingestPaused, pair_silent: observer.quietMs() > SILENT_PAIR_MS }),
      ...session.notes,
      ...failing.notes,
    ],
  );
}

/** What the gates say of the price, other than the pause of an operator. */
const PRICE_REASONS: ReadonlySet<string> = new Set<DecisionReason>([
  'price_missing',
  'price_stale',
  'price_not_tradable',
  'price_diverged',
  'basis_missing',
  'basis_out_of_bounds',
]);
const INVENTORY_REASONS: ReadonlySet<string> = new Set<DecisionReason>([
  'inventory_missing',
  'inventory_block_went_back',
  'inventory_stale',
]);

/** Of these reasons those that the gates give now: what a decision is made on is what health tells about, not its source. */
function gateReasons(parts: Parts, reasons: ReadonlySet<string>): string[] {
  const { directions } = tradingOf(parts);
  return [...new Set(Object.values(directions).flat())].filter((obstacle) => reasons.has(obstacle));
}

export function referenceHealth(parts: Parts): PartHealth {
  const { reasons, notes } = parts.reference.health(momentOf(parts.clock));
  return partHealth([...new Set([...gateReasons(parts, PRICE_REASONS), ...reasons])], notes);
}

export function inventoryHealth(parts: Parts): PartHealth {
  const { poll, book, keeper } = parts;
  const polled = poll.health();
  const reasons = [
    ...gateReasons(parts, INVENTORY_REASONS),
    ...polled.reasons.filter((reason) => !INVENTORY_REASONS.has(reason)),
  ];
  const notes = polled.notes.filter((note) => !INVENTORY_REASONS.has(note));
  const capital = book.breach() === null ? [] : ['capital_breach'];
  const salt = keeper.salts() === null ? ['salt_unknown'] : [];
  // With something to spend and no nonce to spend it under, whatever comes is told `lane_ceiling`.
  const unopened = [BTC.id, EURE.id].some(
    (asset) => (book.capital(asset)?.spendableUnits ?? 0n) > 0n && !book.hasLane(asset),
  );
  return partHealth([...reasons, ...capital, ...salt, ...(unopened ? ['lanes_not_open'] : [])], notes);
}

export const strategyHealth = ({ strategyArming, switches }: Parts): PartHealth => ({
  ...HEALTHY,
  notes: noted({ disarmed: !strategyArming.state().armed, paused: switches.strategyPaused }),
});

export function executorHealth(parts: Parts): PartHealth {
  const { executorArming, switches, journal, lastStop, lastLook, holds, clock } = parts;
  const look = lastLook();
  const held = Object.entries(holds(momentOf(clock))).filter(([, hold]) => hold !== null);
  const reasons = [
    ...noted({
      signer_unauthorized: look?.keyRegistered === false,
      account_locked: look?.accountLocked === true,
      clock_skew: holds(momentOf(clock)).clock_skew === null && isClockUnhealthy(parts.clockVerdict()),
      journal_failed: journal.failure !== null,
      draining: switches.draining,
    }),
    ...held.flatMap(([reason]) => (INVENTORY_REASONS.has(reason) ? [] : [reason])),
  ];
  const armed = executorArming.state().armed;
  const notes = noted({
    disarmed: !armed,
    paused: switches.executorPaused,
    stopped_itself: !armed && lastStop() !== null,
  });
  return partHealth(reasons, notes);
}

export function busHealth({ publisher, kafka }: Parts): PartHealth {
  const { lagMs, trouble, waiting, blocked, isDeadLettering, losses, deadLettered } = publisher.state();
  const { status } = kafka.state();
  return partHealth(
    [
      ...noted({
        kafka_down: status === 'down',
        kafka_client_lost: status === 'lost',
        outbox_behind: lagMs > OUTBOX_LAG_MAX_MS,
        records_refused: isDeadLettering,
      }),
      // The topic is part of the code: which one it is decides what has to be done; the fix is in the log and in /state.
      ...blocked.map(({ topic }) => `topic_blocked:${topic}`),
    ],
    noted({
      kafka_starting: status === 'starting',
      kafka_trouble: trouble !== null,
      kafka_queue_full: waiting?.on === 'queue_full',
      kafka_lost_records: losses > 0,
      dead_lettered: deadLettered > 0,
    }),
  );
}

export function historyHealth({ history, settings }: Parts): PartHealth {
  const { writing, lagMs } = history.status();
  if (writing === null) return partHealth(['history_unknown']);
  const behind = !(lagMs !== null && lagMs <= settings.config.historyMaxLagMs);
  return partHealth(noted({ history_not_written: !writing, history_behind: behind }));
}
