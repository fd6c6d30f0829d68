// Codes of health, and which alert each belongs to: what has an alert of its own is not said a second time as `service_unhealthy`.

import type { AlertCode } from '../../../contracts/codes/alerts.ts';

/** `ingest.relay_silent` -> `relay_silent`; `bus.topic_blocked:ops.alert` -> `topic_blocked`. */
export const codeOf = (reason: string): string => reason.replace(/^[a-z-]{1,64}\./, '').replace(/[:@].*$/s, '');

/** Why the engine disarmed itself; null: it did not. */
export function stoppedBy(notes: readonly string[]): string | null {
  for (const note of notes) {
    const code = /(?:^|\.)stopped_by:([a-z_]{1,64})$/.exec(note)?.[1];
    if (code !== undefined) return code;
  }
  return null;
}

export const REASONS_OF = {
  relay_disconnected: [
    ...['relay_disconnected', 'relay_not_connected', 'relay_not_subscribed', 'relay_key_missing'],
    ...['relay_key_refused', 'relay_address_refused', 'relay_key_or_address_refused'],
  ],
  relay_silent: ['relay_silent', 'quote_status_silent'],
  clock_skew: ['clock_skew', 'clock_apart'],
  salt_invalid: ['salt_unknown'],
  signing_key_invalid: ['signer_unauthorized', 'account_locked'],
  journal_behind: ['journal_behind', 'journal_failed'],
  disk_low: ['disk_low'],
  outbox_growing: ['outbox_behind', 'topic_blocked', 'kafka_down', 'kafka_client_lost', 'kafka_queue_full'],
  reference_price_stale: ['price_missing', 'price_stale', 'price_not_tradable', 'basis_missing', 'basis_out_of_bounds'],
  reference_diverged: ['price_diverged'],
  inventory_snapshot_stale: ['inventory_missing', 'inventory_stale', 'paused_and_stale'],
  capital_breached: ['capital_breach', 'balance_loss', 'ceilings_exceeded', 'record_misfit'],
  history_not_written: ['history_not_written', 'history_unknown', 'write_failing'],
  history_behind: ['history_behind'],
} as const satisfies Partial<Record<AlertCode, readonly string[]>>;

const COVERED: ReadonlySet<string> = new Set(Object.values(REASONS_OF).flat());

/** No other rule is about it. */
export const isUncovered = (reason: string): boolean => !COVERED.has(codeOf(reason)) && !isObserver(reason);

/** A part of the liquidity-manager that reads a chain. */
export const isObserver = (reason: string): boolean => /^[a-z_-]*observer[a-z_-]*\./.test(reason);
