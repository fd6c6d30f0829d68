// Deposits: each transfer to a deposit address is one, whoever saw it first, the bridge or an observer of the chain, and however often.
// None of it is spendable: the verifier's balance alone is. Pure.

import { hasWallet } from '../../../contracts/config/wallets.ts';
import { isoTime, parseIsoTime } from '../../../contracts/time.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { BridgeDeposit, BridgeName } from '../bridges/bridge.ts';
import { activeAddress } from './addresses.ts';
import { type Book, ofKind } from './book.ts';
import type { Context } from './context.ts';
import { type Action, actionId, begun, keyOf, moved, noted, type Status, type Tracked } from './tracked.ts';

export type Reported = { readonly bridge: BridgeName; readonly deposits: readonly BridgeDeposit[] };

/** What a bridge reports of deposits. @returns those that are new or changed */
export function depositsReported(book: Book, { bridge, deposits }: Reported, context: Context): readonly Tracked[] {
  const pool = new Pool(book);
  for (const deposit of deposits) {
    for (const former of pool.at(deposit))
      if (isOfReplaced(former, deposit)) pool.put(noted(former, { credit_id: null }));
    const known = reportedBy(candidates(pool.at(deposit), deposit), deposit);
    if (known.length === 0) pool.put(fromReport(deposit, { bridge, book }, context));
    for (const one of known) pool.put(byReport(one, known.length === 1 ? deposit : shareOf(one, deposit), context));
  }
  return pool.changes();
}

/** What the observers of the chains show. @returns those that are new or changed */
export function transfersObserved(
  book: Book,
  observations: readonly OpsFundingObservation[],
  context: Context,
): readonly Tracked[] {
  const pool = new Pool(book);
  for (const observation of observations) {
    const { chain, funding_handle: address } = observation;
    const known = firstFit(pool.at({ chain, address }), OBSERVATION_RULES, observation);
    pool.put(known === undefined ? fromObservation(observation, context) : byObservation(known, observation, context));
  }
  return pool.changes();
}

type Rule<Seen> = (tracked: Tracked, seen: Seen) => boolean;

/** The first rule that some deposit fits decides; of several deposits the first. */
function firstFit<Seen>(here: readonly Tracked[], rules: readonly Rule<Seen>[], seen: Seen): Tracked | undefined {
  for (const rule of rules) {
    const found = here.find((tracked) => rule(tracked, seen));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Another transaction spends the same inputs: no credit is of this one. */
const isReplaced = ({ status, reason_code: reason }: Action): boolean =>
  status === 'failed' && reason === 'tx_replaced';

/** The bridge has reported it without its transaction, and has credited the one that replaces that. */
const isOfReplaced = ({ action, notes }: Tracked, { creditId, txHash, outcome }: BridgeDeposit): boolean =>
  txHash === null && outcome === 'credited' && notes.credit_id === creditId && isReplaced(action);

/**
 * A report that names no transaction is about the one of equal transfers that is furthest on its way, as the observers match it, and
 * about none that was replaced.
 */
function candidates(here: readonly Tracked[], { creditId, txHash }: BridgeDeposit): readonly Tracked[] {
  if (txHash !== null) return here;
  const possible = here.filter(({ action, notes }) => notes.credit_id === creditId || !isReplaced(action));
  const isFailed = ({ action }: Tracked): number => Number(action.status === 'failed');
  const depth = ({ action }: Tracked): number => action.confirmations ?? 0;
  return possible.toSorted((a, b) => isFailed(a) - isFailed(b) || depth(b) - depth(a));
}

/** Far more than the average time of a block on any chain whose bridge names no transactions. */
const BLOCK_MS_MAX = 1_200_000;
/** Few blocks may take hours; the clocks of bridge and machine differ, too. */
const TIME_SLACK_MS = 10_800_000;

/** A report that began before is about an earlier transfer of the same amount. */
function earliestReportMs({ at, first_seen_at, confirmations }: OpsFundingObservation): number {
  const [atMs, seenAtMs] = [parseIsoTime(at) ?? 0, parseIsoTime(first_seen_at) ?? 0];
  return Math.min(seenAtMs, atMs - confirmations * BLOCK_MS_MAX) - TIME_SLACK_MS;
}

/** Whether the transfer can have been what the bridge reported; what it has not reported yet can be any. */
function isReportOf({ action, notes }: Tracked, observation: OpsFundingObservation): boolean {
  const firstSeenAtMs = action.first_seen_at === null ? null : parseIsoTime(action.first_seen_at);
  const reportedAtMs = notes.reported_at_ms ?? firstSeenAtMs;
  return reportedAtMs === null || reportedAtMs >= earliestReportMs(observation);
}

/** What a report is about: one deposit, or all outputs of a transaction whose sum it counts. Empty: a deposit that is new. */
function reportedBy(here: readonly Tracked[], deposit: BridgeDeposit): readonly Tracked[] {
  const { creditId, txHash } = deposit;
  const known = here.filter(({ notes }) => notes.credit_id === creditId);
  if (known.length > 0) return known;
  const exact = here.find((tracked) => isExactly(tracked, deposit));
  if (exact !== undefined) return [exact];
  const shared = sharedBy(here, deposit);
  if (txHash !== null && shared.length > 0) return shared;
  const found = firstFit(here, REPORT_RULES, deposit);
  return found === undefined ? shared : [found];
}

const isExactly = ({ action, notes }: Tracked, { txHash, amountUnits, outputIndex }: BridgeDeposit): boolean =>
  isFree(notes, outputIndex) && txHash !== null && action.tx_hash === txHash && action.amount === String(amountUnits);

/** Outputs of one transaction, two at least, that are together what the bridge counts. */
function sharedBy(here: readonly Tracked[], deposit: BridgeDeposit): readonly Tracked[] {
  const { txHash, outputIndex, amountUnits } = deposit;
  const free = here.filter(
    ({ action, notes }) =>
      isFree(notes, outputIndex) && action.tx_hash !== null && fits(action.tx_hash, txHash) && isInTime(notes, deposit),
  );
  for (const outputs of Map.groupBy(free, ({ action }) => action.tx_hash).values()) {
    const sum = outputs.reduce((total, { action }) => total + BigInt(action.amount ?? '0'), 0n);
    if (outputs.length > 1 && sum === amountUnits) return outputs;
  }
  return [];
}

/** The report for one of several outputs: each counts with its own amount. */
const shareOf = ({ action }: Tracked, deposit: BridgeDeposit): BridgeDeposit => ({
  ...deposit,
  amountUnits: BigInt(action.amount ?? '0'),
});

const isInTime = ({ earliest_report_ms: earliest }: Tracked['notes'], { atMs }: BridgeDeposit): boolean =>
  earliest === undefined || atMs >= earliest;

/** In their order. Another transaction is another deposit, and so is another output of one. */
const REPORT_RULES: readonly Rule<BridgeDeposit>[] = [
  // A bridge that keeps a fee counts less than was sent.
  ({ action, notes }, { txHash, outputIndex }) =>
    isFree(notes, outputIndex) && txHash !== null && action.tx_hash === txHash,
  ({ action, notes }, { txHash, creditTxHash, outputIndex }) =>
    isFree(notes, outputIndex) &&
    fits(action.tx_hash, txHash) &&
    creditTxHash !== null &&
    action.near_tx_hash === creditTxHash,
  ({ action, notes }, deposit) =>
    isFree(notes, deposit.outputIndex) &&
    fits(action.tx_hash, deposit.txHash) &&
    action.amount === String(deposit.amountUnits) &&
    isInTime(notes, deposit),
];

const OBSERVATION_RULES: readonly Rule<OpsFundingObservation>[] = [
  ({ action }, { funding_observation_id: id }) => action.funding_observation_id === id,
  ({ action }, { tx_hash, amount }) => isUnobserved(action) && action.tx_hash === tx_hash && action.amount === amount,
  // The deposit of a move between chains, whose amount was a guess.
  ({ action }, { tx_hash }) => isUnobserved(action) && action.tx_hash === tx_hash && action.rebalance,
  // The bridge pays it by another transaction instead: the move goes on with that one.
  ({ action }, { replaces_tx_hash: replaced }) =>
    replaced !== null && action.rebalance && isReplaced(action) && action.tx_hash === replaced,
  ({ action }, { tx_hash, bridge_deposit_tx_hash: credit }) =>
    isUnobserved(action) && fits(action.tx_hash, tx_hash) && credit !== null && action.near_tx_hash === credit,
  (tracked, observation) =>
    isUnobserved(tracked.action) &&
    tracked.action.tx_hash === null &&
    tracked.action.amount === observation.amount &&
    isReportOf(tracked, observation),
];

const fits = (known: string | null, given: string | null): boolean =>
  known === null || given === null || known === given;
/** No report is of it yet, and it is no other output than the one that is reported. */
const isFree = ({ credit_id, output_index: known }: Tracked['notes'], reported: number | undefined): boolean =>
  (credit_id === undefined || credit_id === null) &&
  (known === undefined || reported === undefined || known === reported);
const isUnobserved = ({ funding_observation_id: id }: Action): boolean => id === null;

/** The deposits of a book, as one step after the other changes them. */
class Pool {
  readonly #deposits: Map<string, Tracked>;
  readonly #changes: Tracked[] = [];

  constructor(book: Book) {
    this.#deposits = new Map(ofKind(book, 'deposit').map((tracked) => [keyOf(tracked.action), tracked]));
  }

  /** Those that were paid to an address. */
  at({ chain, address }: { readonly chain: string; readonly address: string }): readonly Tracked[] {
    return [...this.#deposits.values()].filter(
      ({ action }) => action.chain === chain && action.funding_handle === address,
    );
  }

  put(tracked: Tracked): void {
    const key = keyOf(tracked.action);
    if (this.#deposits.get(key) === tracked) return;
    this.#deposits.set(key, tracked);
    this.#changes.push(tracked);
  }

  /** Every state, in order: none is passed over. */
  changes(): readonly Tracked[] {
    return this.#changes;
  }
}

function fromReport(
  deposit: BridgeDeposit,
  { bridge, book }: { readonly bridge: BridgeName; readonly book: Book },
  context: Context,
): Tracked {
  const { nowMs, settings } = context;
  const { chain, address, creditId, txHash, amountUnits } = deposit;
  const facts = {
    liquidity_action_id: actionId('deposit', settings.accountId, bridge, creditId),
    account_id: settings.accountId,
    kind: 'deposit',
    bridge,
    chain,
    funding_handle: address,
    asset_id: deposit.assetId,
    amount: String(amountUnits),
    external_wallet: ownWallet(chain, deposit.sender, context),
    tx_hash: txHash,
    // What the bridge says of the past is not when it was seen here.
    first_seen_at: isoTime(nowMs),
    ...stateOf(deposit, activeAddress(book, { bridge, chain }), context),
  } as const;
  return begun(facts, nowMs, { credit_id: creditId, reported_at_ms: deposit.atMs });
}

/** State of a deposit that the bridge alone shows. */
function stateOf(deposit: BridgeDeposit, active: string | null, { settings, termsOf, nowMs }: Context) {
  const { outcome, bridgeStatus, creditTxHash, amountUnits, assetId, address } = deposit;
  const base = { bridge_status: bridgeStatus, near_tx_hash: creditTxHash } as const;
  if (outcome === 'credited') {
    return {
      ...base,
      ...NO_REASON,
      status: 'credited',
      credited_amount: String(amountUnits),
      credited_at: isoTime(nowMs),
    } as const;
  }
  if (outcome === 'failed') {
    return {
      ...base,
      status: 'failed',
      reason_code: 'bridge_failed',
      detail: `the bridge says ${bridgeStatus}`,
    } as const;
  }
  const minimum = termsOf(assetId)?.minDepositUnits ?? null;
  if (!settings.assetIds.includes(assetId))
    return {
      ...base,
      status: 'seen',
      reason_code: 'asset_unsupported',
      detail: `${assetId} is not among TREASURY_ASSETS`,
    } as const;
  if (minimum !== null && amountUnits < minimum) {
    const detail = `${amountUnits} of at least ${minimum}`;
    return { ...base, status: 'seen', reason_code: 'below_minimum', detail } as const;
  }
  if (active !== null && active !== address)
    return {
      ...base,
      status: 'seen',
      reason_code: 'handle_retired',
      detail: `paid to ${address}, the active address is ${active}`,
    } as const;
  return { ...base, ...NO_REASON, status: 'seen' } as const;
}

const NO_REASON = { reason_code: null, detail: '' } as const;

/** A deposit that is known, by a newer report of the bridge. */
function byReport(tracked: Tracked, deposit: BridgeDeposit, context: Context): Tracked {
  const { action } = tracked;
  const { creditId, outcome, bridgeStatus, creditTxHash, txHash, amountUnits } = deposit;
  const correlated = tracked.notes.credit_id === creditId ? tracked : noted(tracked, { credit_id: creditId });
  const facts = {
    bridge_status: bridgeStatus,
    near_tx_hash: creditTxHash ?? action.near_tx_hash,
    tx_hash: action.tx_hash ?? txHash,
  };
  if (outcome === 'credited')
    return moved(correlated, { ...facts, ...creditOf(action, amountUnits, context) }, context.nowMs);
  // What is credited stays so, and what an observer follows is further than what the bridge says of it.
  if (action.status === 'credited') return correlated;
  if (outcome === 'failed')
    return moved(
      correlated,
      { ...facts, status: 'failed', reason_code: 'bridge_failed', detail: `the bridge says ${bridgeStatus}` },
      context.nowMs,
    );
  return moved(correlated, facts, context.nowMs);
}

/** @param units that the bridge counts */
function creditOf(action: Action, units: bigint, { nowMs }: Context) {
  const sent = action.amount === null ? units : BigInt(action.amount);
  const isLower = units < sent;
  return {
    status: 'credited',
    credited_amount: String(units),
    credited_at: action.credited_at ?? isoTime(nowMs),
    reason_code: isLower ? 'credit_lower' : null,
    detail: isLower ? `${sent} were sent, ${units} were credited` : '',
  } as const;
}

/** What a status of an observation is for the deposit. */
const STATUS_OF: Readonly<Record<OpsFundingObservation['status'], Status>> = {
  seen: 'seen',
  confirming: 'confirming',
  confirmed: 'confirmed',
  delayed: 'delayed',
  stuck: 'stuck',
  // Its confirmations count from 0 again.
  reorganised: 'seen',
  dropped: 'failed',
  replaced: 'failed',
  credited: 'credited',
  failed: 'failed',
};

function observed(observation: OpsFundingObservation) {
  return {
    status: STATUS_OF[observation.status],
    reason_code: observation.reason_code,
    detail: observation.detail,
    amount: observation.amount,
    tx_hash: observation.tx_hash,
    funding_observation_id: observation.funding_observation_id,
    confirmations_required: observation.confirmations_required,
  } as const;
}

function fromObservation(observation: OpsFundingObservation, context: Context): Tracked {
  const { nowMs, settings } = context;
  const { chain, bridge, sender } = observation;
  const facts = {
    liquidity_action_id: actionId('deposit', settings.accountId, bridge, observation.funding_observation_id),
    account_id: settings.accountId,
    kind: 'deposit',
    bridge,
    chain,
    asset_id: observation.asset_id,
    funding_handle: observation.funding_handle,
    external_wallet: ownWallet(chain, sender, context),
    first_seen_at: observation.first_seen_at,
    confirmations: counted(observation),
    bridge_status: observation.bridge_status,
    near_tx_hash: observation.bridge_deposit_tx_hash,
    credited_amount: observation.credited_amount,
    credited_at: observation.credited_at,
    ...observed(observation),
  } as const;
  return begun(facts, nowMs, {
    output_index: observation.output_index,
    earliest_report_ms: earliestReportMs(observation),
  });
}

function byObservation(tracked: Tracked, observation: OpsFundingObservation, context: Context): Tracked {
  const { action } = tracked;
  const isCredited = action.status === 'credited';
  const facts = {
    near_tx_hash: action.near_tx_hash ?? observation.bridge_deposit_tx_hash,
    bridge_status: action.bridge_status ?? observation.bridge_status,
    credited_amount: action.credited_amount ?? observation.credited_amount,
    credited_at: action.credited_at ?? observation.credited_at,
    external_wallet: action.external_wallet ?? ownWallet(action.chain, observation.sender, context),
    first_seen_at: action.first_seen_at ?? observation.first_seen_at,
    confirmations: isCredited ? Math.max(action.confirmations ?? 0, counted(observation)) : counted(observation),
  };
  const state = observed(observation);
  // The credit of the bridge stays, however far behind the observer is.
  const kept = isCredited ? { status: action.status, reason_code: action.reason_code, detail: action.detail } : {};
  const isAnother = !isUnobserved(action) && action.funding_observation_id !== observation.funding_observation_id;
  const placed = noted(tracked, {
    output_index: observation.output_index,
    // What the bridge has reported was about the one that is replaced.
    ...(isAnother ? { credit_id: null } : {}),
  });
  return moved(placed, { ...facts, ...state, ...kept }, context.nowMs);
}

/** Beyond the required ones they grow with every block, and nothing depends on them. */
const counted = ({ confirmations, confirmations_required: required }: OpsFundingObservation): number =>
  Math.min(confirmations, required ?? confirmations);

const ownWallet = (chain: string, sender: string | null, { settings }: Context): string | null =>
  sender !== null && hasWallet(settings.wallets, chain, sender) ? sender : null;
