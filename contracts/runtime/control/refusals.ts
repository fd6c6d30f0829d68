// Requests that were refused before they reached a route: counted by kind; one log line when a kind appears, and a summary a
// minute, so that nobody fills the log or the disk by asking.

import type { Clock } from '../clock.ts';
import { type LogLine, REFUSAL_KINDS, type RefusalCounts, type RefusalKind } from './message.ts';

export type Refusals = {
  /** @param detail what was sent; cut before it is logged */
  note(kind: RefusalKind, remote: string, detail: string): void;
  counts(): RefusalCounts;
  stop(): void;
};

const SUMMARY_MS = 60_000;
const TEXT_CHARS_MAX = 120;

export function createRefusals(timers: Pick<Clock, 'every'>, log: (line: LogLine) => void): Refusals {
  const zero = (): Record<RefusalKind, number> => ({
    malformed: 0,
    host_malformed: 0,
    foreign_host: 0,
    foreign_origin: 0,
    token_missing: 0,
    token_wrong: 0,
    token_turned_away: 0,
    role_too_low: 0,
    other_account: 0,
    ticket_refused: 0,
    events_full: 0,
    events_slow: 0,
    events_silent: 0,
    actions_limited: 0,
    evicted: 0,
  });
  const totals = zero();
  let recent = zero();
  /** Kinds that have had their own line since the last minute without them. */
  const shown = new Set<RefusalKind>();

  const stop = timers.every(SUMMARY_MS, () => {
    const seen = REFUSAL_KINDS.filter((kind) => recent[kind] > 0);
    for (const kind of REFUSAL_KINDS) if (recent[kind] === 0) shown.delete(kind);
    if (seen.length > 0) {
      const counts = Object.fromEntries(seen.map((kind) => [kind, recent[kind]]));
      log({ level: 'warn', event: 'control_refusals', fields: { seconds: SUMMARY_MS / 1000, ...counts } });
    }
    recent = zero();
  });

  return {
    note(kind, remote, detail) {
      totals[kind]++;
      recent[kind]++;
      if (shown.has(kind)) return;
      shown.add(kind);
      const text = detail.length > TEXT_CHARS_MAX ? `${detail.slice(0, TEXT_CHARS_MAX)}...` : detail;
      log({ level: 'warn', event: 'control_refused', fields: { kind, remote, detail: text } });
    },
    counts: () => ({ ...totals }),
    stop,
  };
}
