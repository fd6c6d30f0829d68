// What is required of sidecars that are not built yet: funding and treasury, alerts, reconciliation, tenants.

import type { OpenRequirement, Requirement } from './requirement.ts';

const RECONCILER = 'sidecars/reconciler is not built';

const FIELDS = 'contracts/topics/required-fields.test.ts';
const LACKING = 'a record of %s without one of its fields is refused, by readers too';
const STORE = 'sidecars/history-writer/postgres/store.it.test.ts';
const INDEXED = 'rows of %s are found by an index that begins with each of %p';
const WRITER = 'sidecars/history-writer/history-writer.it.test.ts';
const ALERTS = 'ops/harness/engine/alerts.story.it.test.ts';
const RULES = 'sidecars/ops-sentinel/rules/table.test.ts';
const RAISES =
  '%s raises once its condition has held for its pending time, and clears once it was absent for its keep time';
const WRITES = 'writes every topic, reports its position, and ends cleanly';

const ADDRESSES = 'sidecars/liquidity-manager/actions/addresses.test.ts';
const DEPOSITS = 'sidecars/liquidity-manager/actions/deposits.test.ts';
const TRACKER = 'sidecars/liquidity-manager/tracker.test.ts';
const DESK = 'sidecars/liquidity-manager/withdrawals/desk.test.ts';
const MANAGER_STORY = 'ops/harness/liquidity/manager.story.test.ts';
const OBSERVERS_STORY = 'ops/harness/liquidity/observers.story.test.ts';
const BITCOIN = 'sidecars/liquidity-manager/observers/bitcoin.story.test.ts';
const GNOSIS = 'sidecars/liquidity-manager/observers/gnosis.story.test.ts';
const FUNDING_STATE = 'sidecars/liquidity-manager/observers/funding-state.test.ts';

/** What they rest on. */
export const SIDECARS: readonly Requirement[] = [
  {
    sentence: 'Every treasury action is an append-only record with its id.',
    test: [FIELDS, LACKING, 'ops.liquidity_action'],
  },
  {
    sentence: 'Treasury actions that were pending when a decision was made are found by a query.',
    test: ['ops/years/years.it.test.ts', 'in psql, as written: $name'],
  },
  {
    sentence:
      'An observation has its id, account, asset, chain, address, source, transaction, status, amount, confirmations and times.',
    test: [FIELDS, LACKING, 'ops.funding_observation'],
  },
  {
    sentence: 'Observations are append-only rows, indexed by transaction, address and time.',
    test: [STORE, INDEXED, 'funding_observations'],
  },
  {
    sentence: 'The history-writer shows writes and offsets of observations.',
    test: [WRITER, WRITES, 'ops.funding_observation'],
  },
  {
    sentence: 'An observation is not spendable before the verifier credits it.',
    test: [
      'ops/harness/engine/funding.story.it.test.ts',
      'are shown and recorded as pending, change nothing that is spendable, and are known again after a restart',
    ],
  },
  {
    sentence: 'No part of the whole system takes a deposit for spendable before its credit.',
    test: [
      'ops/demo/treasury.it.test.ts',
      'before its credit nothing of the deposit is in any balance, spendable or credited',
    ],
  },
  {
    sentence: 'The demo shows a deposit that is seen, confirmed and credited, and an alert that is raised and cleared.',
    test: ['ops/demo/treasury.it.test.ts', 'are shown from their beginning to their end'],
  },
  {
    sentence: 'An alert has its id, scope, pair, asset, transaction and details where there are any.',
    test: [FIELDS, LACKING, 'ops.alert'],
  },
  { sentence: 'Alerts are append-only rows, indexed by code and time.', test: [STORE, INDEXED, 'ops_alerts'] },
  { sentence: 'The history-writer shows writes and offsets of alerts.', test: [WRITER, WRITES, 'ops.alert'] },
  {
    sentence: 'Deposit addresses are requested, rotated and listed by chain and asset.',
    test: [ADDRESSES, 'an address is requested, active, confirmed when it is asked for again, and retired by another'],
  },
  {
    sentence: 'A request for a deposit address that fails is shown and tried again.',
    test: [ADDRESSES, 'a request that fails (%s) is recorded with its reason, once, and succeeds later'],
  },
  {
    sentence: 'An asset or chain that is not supported is refused by name.',
    test: [MANAGER_STORY, 'a chain that no bridge serves is refused by name, a bridge that is away with its reason'],
  },
  {
    sentence: 'An address that nobody funded is not taken for liquidity.',
    test: [
      TRACKER,
      'asks for addresses, follows a deposit from the first sign to the credit, and says each moment in the log',
    ],
  },
  {
    sentence: 'Funding from external wallets is tracked from request to credit.',
    test: [
      MANAGER_STORY,
      'gives addresses, shows a deposit from the first sign to the credit, and goes on after kill -9',
    ],
  },
  {
    sentence: 'The same funding seen twice is one.',
    test: [DEPOSITS, 'that the bridge saw first is the same when an observer shows it'],
  },
  {
    sentence: 'Funding that is seen and whose credit is late is shown as delayed, then as stuck.',
    test: [DEPOSITS, 'whose credit does not come is delayed, then stuck, once each, and credited all the same'],
  },
  {
    sentence: 'Treasury status is refreshed, and its trackers are paused and resumed, over HTTP.',
    test: [MANAGER_STORY, 'paused it polls nothing and is healthy with a note; drained it ends with 0'],
  },
  {
    sentence: 'Bitcoin deposits are seen in the mempool, and their confirmations are counted.',
    test: [
      BITCOIN,
      'a deposit is seen in the mempool, gets its confirmations, and is credited under its own transaction',
    ],
  },
  {
    sentence: 'Transfers of EURe to the deposit address are seen on Gnosis, in the same shape of record.',
    test: [
      GNOSIS,
      'a transfer is seen with its exact amount, gets its confirmations, and is credited under its own transaction',
    ],
  },
  {
    sentence: 'An observer that is away or behind is shown as such, apart from the bridge.',
    test: [
      OBSERVERS_STORY,
      'an observer that is away is refreshed in vain, by name, while the other and the bridge go on; it is paused and resumed alone',
    ],
  },
  {
    sentence: 'The observer is configured, refreshed, paused and resumed apart from the rest.',
    test: [
      OBSERVERS_STORY,
      'an observer that is away is refreshed in vain, by name, while the other and the bridge go on; it is paused and resumed alone',
    ],
  },
  {
    sentence: 'Deposits that were seen are correlated with the credit of the bridge, without losing their transaction.',
    test: [
      OBSERVERS_STORY,
      'a deposit is seen before its credit, is one deposit with what the bridge reports, and is credited under its own transaction',
    ],
  },
  {
    sentence:
      'The state has observations by address, the time of the newest, totals not yet credited, and the correlation.',
    test: [
      FUNDING_STATE,
      'the state has observations by address, the newest change, totals that are not credited, and the correlation',
    ],
  },
  {
    sentence: 'A stale reference price raises and clears reference_price_stale.',
    test: [ALERTS, 'a stale price is raised and cleared by pausing and resuming the reference'],
  },
  {
    sentence: 'A stale inventory, or none, raises and clears inventory_snapshot_stale.',
    test: [ALERTS, 'a stale inventory is raised and cleared by pausing and resuming the inventory'],
  },
  {
    sentence: 'Funding that is seen and not confirmed in time raises funding_seen_unconfirmed.',
    test: [RULES, RAISES, 'funding_seen_unconfirmed'],
  },
  {
    sentence: 'Funding that is confirmed and not credited in time raises funding_confirmed_credit_pending.',
    test: [RULES, RAISES, 'funding_confirmed_credit_pending'],
  },
  { sentence: 'Funding that is stuck raises funding_stuck.', test: [RULES, RAISES, 'funding_stuck'] },
  {
    sentence: 'Funding that no observer shows is alerted all the same when it is stuck or failed.',
    test: [RULES, 'is alerted when it is stuck or failed, as an observed one is'],
  },
  {
    sentence: 'A failed submission of the executor raises executor_submission_failed.',
    test: [ALERTS, 'a signed answer that the venue refuses is executor_submission_failed'],
  },
  {
    sentence: 'Active and latest cleared alerts, the time of each evaluation and the pause are in the state.',
    test: [
      'sidecars/ops-sentinel/state.test.ts',
      'active and cleared alerts, the last evaluation of each rule and the pause are in /alerts and /state',
    ],
  },
  {
    sentence: 'A paused sentinel raises and clears nothing, and says so.',
    test: [ALERTS, 'a paused one raises nothing and says so, and catches up when it is resumed'],
  },
  {
    sentence: 'An alert is raised once and cleared once, with stable code, severity, reason and times.',
    test: [
      'sidecars/ops-sentinel/sentinel.property.test.ts',
      'whatever is heard, lost, paused and restarted: no alert is cleared that was not raised, none is raised twice, no id is used twice',
    ],
  },
  {
    sentence: 'An alert that is raised links to what to do about it.',
    test: [
      'ops/checks/runbooks/runbooks.test.ts',
      'every alert has a runbook, with what it needs, and what it tells to type exists',
    ],
  },
  {
    sentence: 'A metric that is missing is noticed like one that is bad.',
    test: [RULES, RAISES, 'metric_missing'],
  },
  {
    sentence: 'Withdrawals and rebalances are tracked, tied together by one id.',
    test: [
      DESK,
      'a withdrawal to an own deposit address is a move between chains: two actions of one id, tied by the transaction',
    ],
  },
  {
    sentence: 'Withdrawals are frozen and released over HTTP, and a freeze stops rebalances too.',
    test: [MANAGER_STORY, 'a freeze holds after kill -9, until it is ended; both are lines of the log'],
  },
  {
    sentence: 'The state has active addresses, recent funding, pending credits, credits, withdrawals and rebalances.',
    test: [
      MANAGER_STORY,
      'gives addresses, shows a deposit from the first sign to the credit, and goes on after kill -9',
    ],
  },
  {
    sentence: 'A manager that is down visibly blocks new funding and withdrawals.',
    test: ['ops/cli/withdraw.test.ts', 'a manager that is down, at once and by name'],
  },
  {
    sentence: 'A manager that is down leaves trading that is funded alone.',
    test: [
      'engine/background/sidecar-news.test.ts',
      'a manager or reconciler that ran and is silent is noted; one that never ran is not',
    ],
  },
  {
    sentence: 'The manager never holds a key.',
    test: ['sidecars/liquidity-manager/keyless.test.ts', 'the liquidity-manager reads no key and can sign nothing'],
  },
  {
    sentence: 'Treasury assets, wallets, confirmations and windows are configuration.',
    test: [
      MANAGER_STORY,
      'follows a deposit over the Omni bridge: seen on the chain, asked for by its transaction, credited',
    ],
  },
  {
    sentence:
      'Funding requested, seen, credited, delayed, failed, stuck and frozen are lines of the log with their id.',
    test: ['sidecars/liquidity-manager/moments.test.ts', 'every moment of funding is one line with its id'],
  },
  {
    sentence:
      'History, treasury, alerts, PostgreSQL and Kafka that are killed under load lose nothing and double nothing.',
    test: ['ops/soak/sidecars/sidecars.it.test.ts', 'lose nothing and double nothing: events, alerts, deposits'],
  },
];

export const SIDECARS_OPEN: readonly OpenRequirement[] = [
  { sentence: 'Quotes and balances of the venue are compared with the records as whole sets.', open: RECONCILER },
  { sentence: 'Only one reconciliation of an account runs at a time.', open: RECONCILER },
  { sentence: 'What differs goes through the transitions of the lifecycle.', open: RECONCILER },
  { sentence: 'Differences are counted in a metric that falls to zero when they are gone.', open: RECONCILER },
  {
    sentence: 'Rows of an account are readable by its tenant only, in the database.',
    open: 'there are no row policies: whoever reads history reads every account',
  },
  {
    sentence: 'An attempt across tenants is refused, counted and alerted, and blocks the account.',
    open: 'a token of another account is refused, counted and raises control_refused; the account goes on',
  },
  {
    sentence: 'Runbooks cover restart, capital breach, lifecycle, reconciliation, lease and loop health.',
    open: 'ops/runbooks has one for each alert; none is about leases, which do not exist',
  },
  {
    sentence: 'The invariants are written down, and whoever changes what they are about is pointed to them.',
    open: 'ops/invariants.md does not exist',
  },
];
