// A sighting as the record that is published of it, and as /state shows it. Pure.

import type { FundingObserverState } from '../../../../contracts/control/funding-state.ts';
import { cutAndSay } from '../../../../contracts/text.ts';
import { isoTime, isoTimeOrNull } from '../../../../contracts/time.ts';
import type { OpsFundingObservation } from '../../../../contracts/topics/ops-funding-observation.ts';
import type { ObservedChain, WatchedAddress } from '../types.ts';
import { keyOf, type Sighting } from './sighting.ts';

const DETAIL_BYTES_MAX = 1000;
const BRIDGE_STATUS_BYTES_MAX = 128;

export type RecordContext = {
  readonly chain: ObservedChain;
  readonly accountId: string;
  readonly confirmationsRequired: number;
  readonly addresses: ReadonlyMap<string, WatchedAddress>;
};

export const SOURCES = {
  'btc:mainnet': 'btc_observer',
  'eth:100': 'gnosis_rpc',
} as const satisfies Record<ObservedChain, FundingObserverState['source']>;

export function recordOf(sighting: Sighting, context: RecordContext): OpsFundingObservation {
  const { chain, accountId, addresses, confirmationsRequired } = context;
  const { txHash, outputIndex, address, correlation, place } = sighting;
  const observationId = `fund-${chain}-${keyOf({ txHash, outputIndex }).replace(':', '-')}`;
  const watched = addresses.get(address);
  const bridgeStatus = correlation === null ? null : cutAndSay(correlation.bridgeStatus, BRIDGE_STATUS_BYTES_MAX);
  return {
    funding_observation_id: observationId,
    observation_seq: sighting.seq,
    account_id: accountId,
    asset_id: sighting.assetId,
    chain,
    bridge: sighting.bridge,
    funding_handle: watched?.address ?? address,
    handle_active: watched?.isActive ?? false,
    source: SOURCES[chain],
    tx_hash: txHash,
    output_index: outputIndex,
    inputs: [...sighting.inputs],
    sender: sighting.sender,
    previous_status: sighting.previousStatus,
    status: sighting.status,
    reason_code: sighting.reason,
    detail: cutAndSay(sighting.detail, DETAIL_BYTES_MAX),
    amount: sighting.units.toString(),
    minimum_amount: watched?.minimumUnits?.toString() ?? null,
    credited_amount: correlation?.creditedUnits?.toString() ?? null,
    confirmations: sighting.confirmations,
    confirmations_required: confirmationsRequired,
    block_height: place?.height ?? null,
    block_hash: place?.hash ?? null,
    replaced_by_tx_hash: sighting.replacedBy,
    replaces_tx_hash: sighting.replaces,
    bridge_status: bridgeStatus,
    bridge_deposit_tx_hash: correlation?.creditTxHash ?? null,
    liquidity_action_id: null,
    first_seen_at: isoTime(sighting.firstSeenAtMs),
    last_seen_at: isoTime(sighting.lastSeenAtMs),
    confirmed_at: isoTimeOrNull(sighting.confirmedAtMs),
    credited_at: isoTimeOrNull(correlation?.creditedAtMs ?? null),
    at: isoTime(sighting.changedAtMs),
  };
}
