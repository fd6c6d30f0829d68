// When the health of a part becomes a log line: at each change, but for parts that have just been started. A connection that is
// being opened is no news and no reason for an alarm; one that is still not open after a while is.

import type { PartHealth } from '../../contracts/runtime/health.ts';
import type { Log } from '../../contracts/runtime/log.ts';
import { partChanged, partsStarted } from './events.ts';

/** What each clean start passes through, until the first connection, answer or report. */
const STARTING: ReadonlySet<string> = new Set([
  'relay_disconnected',
  'relay_not_subscribed',
  'price_missing',
  // Kraken's book is there, and nothing has confirmed yet that it is of now.
  'price_stale',
  'basis_missing',
  'inventory_missing',
  'salt_unknown',
  'lanes_not_open',
  'history_unknown',
]);
/** A start takes some seconds; the slowest is the first report of the history-writer, which comes every five. */
export const START_LIMIT_MS = 15_000;

export type PartReportOptions = {
  readonly log: Log;
  readonly clock: { elapsedUs(): number };
};

/** @returns what is to be called with the health of every part, at each change and every few seconds */
export function createPartReports({ log, clock }: PartReportOptions) {
  const beganUs = clock.elapsedUs();
  /** The last state of each part that was logged, or that needs no line; not there: it is starting. */
  const known = new Map<string, string>();
  let isStarting = true;

  const mayStart = (name: string, { healthy, reasons }: PartHealth, afterMs: number): boolean =>
    isStarting &&
    afterMs < START_LIMIT_MS &&
    !known.has(name) &&
    !healthy &&
    reasons.every((reason) => STARTING.has(reason));

  return (parts: Readonly<Record<string, PartHealth>>): void => {
    const afterMs = Math.round((clock.elapsedUs() - beganUs) / 1000);
    const all = Object.entries(parts);
    for (const [name, part] of all) {
      if (mayStart(name, part, afterMs)) continue;
      const state = JSON.stringify([part.healthy, part.reasons]);
      const former = known.get(name);
      known.set(name, state);
      // That it is healthy for the first time is in the line for all of them.
      if (former === state || (former === undefined && part.healthy)) continue;
      partChanged(log.child(name), name, part);
    }
    if (!isStarting || known.size < all.length) return;
    isStarting = false;
    const named = (healthy: boolean) => all.flatMap(([name, part]) => (part.healthy === healthy ? [name] : []));
    partsStarted(log, { healthy: named(true), unhealthy: named(false), afterMs });
  };
}
