// What all observers together show at /state: the observations by address, what is not credited, and what the bridges' reports were
// matched with. Pure: reads what the observers know.

import type { FundingState } from '../../../contracts/control/funding-state.ts';
import type { Sections } from '../../../contracts/runtime/process/state/sections.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { BridgeCredit, FundingObserver, WatchedAddress } from './types.ts';

/** The newest of each address, and the newest reports; the history has all. */
const SHOWN_MAX = 20;

/** Neither credited nor known to be on its way no longer. */
const UNDER_WAY: ReadonlySet<OpsFundingObservation['status']> = new Set([
  'seen',
  'confirming',
  'confirmed',
  'delayed',
  'stuck',
  'reorganised',
]);

type Known = Pick<FundingObserver, 'observations' | 'unmatchedCredits' | 'state'>;

export function fundingState(
  observers: readonly Known[],
  addresses: () => readonly WatchedAddress[],
): Sections<FundingState> {
  const newestFirst = () =>
    observers.flatMap((observer) => observer.observations()).toSorted((a, b) => (a.at < b.at ? 1 : -1));
  return {
    funding_observations_by_handle: () => byHandle(newestFirst(), addresses()),
    latest_funding_observation_at: () => newestFirst()[0]?.at ?? null,
    uncredited_funding_total_by_asset: () => totals(newestFirst()),
    credit_correlation: () => correlation(observers, newestFirst()),
    funding_observers: () => observers.map((observer) => observer.state()),
  };
}

function correlation(
  observers: readonly Known[],
  newestFirst: readonly OpsFundingObservation[],
): FundingState['credit_correlation'] {
  const credited = newestFirst.filter(({ status }) => status === 'credited');
  const unmatched = observers.flatMap((observer) => observer.unmatchedCredits());
  return {
    credited: credited.length,
    waiting: newestFirst.filter(isWaiting).length,
    latest: latestLink(credited),
    unmatched_credits: unmatched
      .map(unmatchedView)
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))
      .slice(0, SHOWN_MAX),
  };
}

const isWaiting = ({ confirmed_at, status }: OpsFundingObservation): boolean =>
  confirmed_at !== null && UNDER_WAY.has(status);

function byHandle(
  newestFirst: readonly OpsFundingObservation[],
  addresses: readonly WatchedAddress[],
): FundingState['funding_observations_by_handle'] {
  const handles: FundingState['funding_observations_by_handle'] = {};
  const viewsOf = (address: string) =>
    newestFirst
      .filter(({ funding_handle: handle }) => handle === address)
      .slice(0, SHOWN_MAX)
      .map(view);
  for (const { address, chain, isActive } of addresses) {
    handles[address] = { chain, active: isActive, observations: viewsOf(address) };
  }
  for (const { funding_handle: handle, chain } of newestFirst) {
    handles[handle] ??= { chain, active: false, observations: viewsOf(handle) };
  }
  return handles;
}

function totals(all: readonly OpsFundingObservation[]): Record<string, string> {
  const sums = new Map<string, bigint>();
  for (const { asset_id: asset, amount, status } of all) {
    if (UNDER_WAY.has(status)) sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(amount));
  }
  return Object.fromEntries([...sums].map(([asset, units]) => [asset, units.toString()]));
}

function latestLink(credited: readonly OpsFundingObservation[]): FundingState['credit_correlation']['latest'] {
  const [latest] = credited.toSorted((a, b) => ((a.credited_at ?? '') < (b.credited_at ?? '') ? 1 : -1));
  if (latest === undefined || latest.credited_at === null) return null;
  const { funding_observation_id, tx_hash, bridge_deposit_tx_hash, credited_at } = latest;
  return { funding_observation_id, tx_hash, bridge_deposit_tx_hash, credited_at };
}

type UnmatchedView = FundingState['credit_correlation']['unmatched_credits'][number];

const unmatchedView = (credit: BridgeCredit): UnmatchedView => ({
  chain: credit.chain,
  funding_handle: credit.address,
  tx_hash: credit.txHash,
  bridge_deposit_tx_hash: credit.creditTxHash,
  amount: credit.amountUnits.toString(),
  bridge_status: credit.bridgeStatus,
  at: isoTime(credit.atMs),
});

type View = FundingState['funding_observations_by_handle'][string]['observations'][number];

const view = (record: OpsFundingObservation): View => ({
  funding_observation_id: record.funding_observation_id,
  tx_hash: record.tx_hash,
  output_index: record.output_index,
  asset_id: record.asset_id,
  amount: record.amount,
  status: record.status,
  reason_code: record.reason_code,
  detail: record.detail,
  confirmations: record.confirmations,
  confirmations_required: record.confirmations_required ?? 0,
  block_height: record.block_height,
  replaced_by_tx_hash: record.replaced_by_tx_hash,
  replaces_tx_hash: record.replaces_tx_hash,
  bridge_status: record.bridge_status,
  credited_amount: record.credited_amount,
  bridge_deposit_tx_hash: record.bridge_deposit_tx_hash,
  first_seen_at: record.first_seen_at,
  last_seen_at: record.last_seen_at,
  confirmed_at: record.confirmed_at,
  credited_at: record.credited_at,
});
