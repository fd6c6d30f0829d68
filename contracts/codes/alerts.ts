// The closed list of alerts, ops.alert: code, severity and meaning of each. An alert is identified by code, account and subject, so
// that two stuck deposits are two alerts.

export const ALERT_SEVERITY_TEXT = {
  critical: 'trading is stopped or money is at risk: somebody has to act now',
  warning: 'something does not work as it should: somebody has to act today',
  info: 'worth knowing; nothing has to be done',
} as const;

export type AlertSeverity = keyof typeof ALERT_SEVERITY_TEXT;

type Alert = { readonly severity: AlertSeverity; readonly meaning: string };

const critical = (meaning: string): Alert => ({ severity: 'critical', meaning });
const warning = (meaning: string): Alert => ({ severity: 'warning', meaning });
const info = (meaning: string): Alert => ({ severity: 'info', meaning });

const ALERTS = {
  // Prices and inventory.
  reference_price_stale: critical('no tradable price is fresh enough to decide on'),
  reference_diverged: warning('the price sources differ by more than REFERENCE_MAX_DIVERGENCE_PCT'),
  reference_fallback_long: warning('decisions have used the fallback price for longer than its window'),
  inventory_snapshot_stale: critical('no inventory snapshot is fresh enough to decide on'),
  capital_breached: critical('more of an asset is promised than is credited, or a balance fell without explanation'),
  // Funding; the subject is the observation or the action.
  funding_seen_unconfirmed: warning('a transfer to a deposit address has been unconfirmed for longer than its window'),
  funding_confirmed_credit_pending: warning('a confirmed transfer has not been credited within its window'),
  funding_stuck: critical('a transfer to a deposit address is stuck'),
  funding_failed: critical('the bridge reports a transfer as failed'),
  funding_replaced: warning('a transfer was replaced or dropped before it was credited'),
  funding_reorganised: warning('a confirmed transfer lost its block'),
  funding_credit_lower: warning('less was credited than was sent, fee included'),
  funding_below_minimum: warning('a transfer is below the minimum of the bridge'),
  funding_observer_silent: warning('the observer of a chain cannot be read or lags'),
  deposit_address_failed: warning('the bridge gave no deposit address'),
  withdrawal_delayed: warning('a withdrawal takes longer than its window'),
  withdrawal_stuck: critical('a withdrawal is stuck'),
  withdrawal_failed: critical('a withdrawal failed or was returned'),
  withdrawals_frozen: info('an operator has frozen withdrawals and moves between chains'),
  // Trading.
  executor_submission_failed: critical('a signed answer was refused by the venue or failed'),
  results_uncertain: warning('the outcome of an attempt has been unknown for longer than its window'),
  circuit_breaker_tripped: critical('the engine disarmed itself at a limit'),
  engine_stopped: critical('the engine disarmed its executor because of a fault'),
  // The venue.
  relay_disconnected: critical('there is no connection to the solver relay'),
  relay_silent: warning('the connection to the solver relay is open, and no quote request arrives for any pair'),
  clock_skew: critical('the local clock and the clock of the chain differ by more than a signed deadline allows'),
  salt_invalid: critical('the salt of the verifier is unknown or was invalidated'),
  signing_key_invalid: critical('the verifier does not list the signing key for the account, or the account is locked'),
  // Records.
  journal_behind: critical('the journal is not synced to disk in time'),
  disk_low: warning('the disk of STATE_DIR is nearly full: when it is, the engine disarms'),
  outbox_growing: warning('records wait for Kafka, more and more of them'),
  history_behind: warning('the history-writer is further behind than HISTORY_MAX_LAG_MS'),
  history_not_written: critical('history is not being written'),
  dead_letters: warning('messages could not be processed'),
  reconciliation_mismatch: critical('venue and records differ; the subject is the finding'),
  // Processes.
  service_silent: critical('a process has not reported its health within its window'),
  service_unhealthy: warning('a process reports that it cannot do its job'),
  control_refused: warning('control calls were refused repeatedly: wrong token, role or account'),
  record_missing: warning('a record that is published regularly has not appeared within its window'),
  metric_missing: warning('a metric that is expected is not served'),
} as const satisfies Record<string, Alert>;

export type AlertCode = keyof typeof ALERTS;

export const ALERT_CODES = Object.keys(ALERTS) as readonly AlertCode[];

export const severityOf = (code: AlertCode): AlertSeverity => ALERTS[code].severity;

export const meaningOfAlert = (code: AlertCode): string => ALERTS[code].meaning;

/** Path of the instructions for an alert, in the repository. */
export const runbookOf = (code: AlertCode): string => `ops/runbooks/${code}.md`;

/** Each with its severity in front. */
export const ALERT_TEXT = Object.fromEntries(
  Object.entries(ALERTS).map(([code, { severity, meaning }]) => [code, `${severity}: ${meaning}`]),
) as Readonly<Record<AlertCode, string>>;

export const ALERT_STATUS_TEXT = {
  raised: 'the condition has held for its pending time, or the severity or reason of a raised alert has changed',
  cleared: 'the condition has been absent for its recovery time',
} as const;

export const ALERT_CAUSE_TEXT = {
  condition: 'the condition of the rule was found to hold',
  no_data: 'what the rule evaluates is missing, so that the condition cannot be excluded',
} as const;
