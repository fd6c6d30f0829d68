// Whether each part can do its job now, asked anew at every look. Disarmed, paused and a silent pair are healthy and said in
// the notes; a dead connection, stale sources, unknown inventory and impaired history are not.

import { BTC, EURE } from '../contracts/assets.ts';
import { HEALTHY, type PartHealth, partHealth } from '../contracts/runtime/health.ts';
import type { Parts } from './parts.ts';

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

export const referenceHealth = ({ reference, clock }: Parts): PartHealth => reference.health(clock.nowMs());

export function inventoryHealth({ poll, book, keeper, clock }: Parts): PartHealth {
  const { reasons, notes } = poll.health(clock.nowMs());
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

export function executorHealth({ executorArming, switches, poll, journal, lastStop, clock }: Parts): PartHealth {
  const { key_registered: keyRegistered, account_locked: accountLocked } = poll.state(clock.nowMs());
  const reasons = noted({
    signer_unauthorized: keyRegistered === false,
    account_locked: accountLocked === true,
    journal_failed: journal.failure !== null,
    draining: switches.draining,
  });
  const armed = executorArming.state().armed;
  const notes = noted({
    disarmed: !armed,
    paused: switches.executorPaused,
    stopped_itself: !armed && lastStop() !== null,
  });
  return partHealth(reasons, notes);
}

export function busHealth({ publisher }: Parts): PartHealth {
  const { attached, lagMs, trouble } = publisher.state();
  return partHealth(
    noted({ kafka_not_reached: !attached, outbox_behind: lagMs > OUTBOX_LAG_MAX_MS }),
    noted({ kafka_trouble: trouble !== null }),
  );
}

export function historyHealth({ history, settings }: Parts): PartHealth {
  const { writing, lagMs } = history.status();
  if (writing === null) return partHealth(['history_unknown']);
  const behind = !(lagMs !== null && lagMs <= settings.config.historyMaxLagMs);
  return partHealth(noted({ history_not_written: !writing, history_behind: behind }));
}
