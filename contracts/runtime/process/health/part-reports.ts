// When the health of a part becomes a log line: at each change, but for parts that have just been started. A connection that is
// being opened is no news and no reason for an alarm; one that is still not open after a while is.

import type { Log, LogFields } from '../../log/log.ts';
import type { PartHealth } from './health.ts';

/** A start takes some seconds; the slowest is the first report of the history-writer, which comes every five. */
export const START_LIMIT_MS = 15_000;

export type PartReportOptions = {
  readonly log: Log;
  readonly clock: { elapsedUs(): number };
  /** Reasons that each clean start passes through, until the first connection, answer or report. */
  readonly starting: ReadonlySet<string>;
  /** Ids that a line about a part leads to its records by. */
  readonly idsOf?: ((part: string) => LogFields) | undefined;
};

/** @returns what is to be called with the health of every part, at each change and every few seconds */
export function createPartReports({ log, clock, starting, idsOf }: PartReportOptions) {
  const beganUs = clock.elapsedUs();
  /** The last state of each part that was logged, or that needs no line; not there: it is starting. */
  const known = new Map<string, string>();
  let isStarting = true;

  const mayStart = (name: string, { healthy, reasons }: PartHealth, afterMs: number): boolean =>
    isStarting &&
    afterMs < START_LIMIT_MS &&
    !known.has(name) &&
    !healthy &&
    reasons.every((reason) => starting.has(reason));

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
      const fields = { part: name, reasons: part.reasons, notes: part.notes, ...idsOf?.(name) };
      if (part.healthy) log.child(name).info('part_healthy', fields);
      else log.child(name).warn('part_unhealthy', fields);
    }
    if (!isStarting || known.size < all.length) return;
    isStarting = false;
    const named = (healthy: boolean) => all.flatMap(([name, part]) => (part.healthy === healthy ? [name] : []));
    const unhealthy = named(false);
    const level = unhealthy.length === 0 ? 'info' : 'warn';
    log[level]('parts_started', { healthy: named(true), unhealthy, after_ms: afterMs });
  };
}
