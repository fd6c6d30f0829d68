// Actions that wait for their next step for longer than usual: delayed first, then stuck, so that a person looks into it. Pure: the
// time that passed is measured outside.

import type { Book } from './book.ts';
import type { Context } from './context.ts';
import { type Action, isOver, moved, noted, type Tracked } from './tracked.ts';

/**
 * Adds the time that passed to what waits. @returns records of those that are late by now, and all that have waited, of which there
 * is no record
 */
export function timePassed(
  book: Book,
  elapsedMs: number,
  context: Context,
): { readonly late: readonly Tracked[]; readonly waiting: readonly Tracked[] } {
  const { settings, nowMs } = context;
  const late: Tracked[] = [];
  const waiting: Tracked[] = [];
  for (const tracked of book.values()) {
    const { action } = tracked;
    if (isOver(action) || !waits(action)) continue;
    const waitedMs = tracked.notes.waited_ms + Math.max(0, Math.floor(elapsedMs));
    const waited = noted(tracked, { waited_ms: waitedMs });
    const status = waitedMs >= settings.stuckAfterMs ? 'stuck' : waitedMs >= settings.delayedAfterMs ? 'delayed' : null;
    if (status === null || status === action.status || action.status === 'stuck') {
      waiting.push(waited);
      continue;
    }
    const after = moved(waited, { status, ...reasonOf(action, waitedMs) }, nowMs);
    // It is still the same step that it waits for.
    late.push(noted(after, { waited_ms: waitedMs }));
  }
  return { late, waiting };
}

/** An address waits for nobody, and what an observer follows is late by its word. */
const waits = ({ kind, status, funding_observation_id: observed }: Action): boolean =>
  kind !== 'deposit_address' && status !== 'frozen' && observed === null;

function reasonOf(action: Action, waitedMs: number) {
  const reason_code = action.reason_code ?? (action.kind === 'withdrawal' ? 'transfer_late' : 'credit_late');
  const minutes = Math.floor(waitedMs / 60_000);
  const detail = `no further step for ${minutes} minutes${action.detail === '' ? '' : `; ${action.detail.slice(0, 1500)}`}`;
  return { reason_code, detail };
}
