// Replies of the POA bridge about withdrawals to values. Total: every body gives a value or a named failure.

import type { Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readAddress } from '../../../../contracts/addresses/address.ts';
import { parseUnits } from '../../../../contracts/amounts.ts';
import type { Asset } from '../../../../contracts/assets.ts';
import { isFields } from '../../../../contracts/json.ts';
import { EURE_CONTRACT } from '../../../../contracts/wire/gnosis.ts';
import {
  POA_WITHDRAWALS_NOT_FOUND,
  PoaWithdrawal,
  PoaWithdrawalEstimate,
} from '../../../../contracts/wire/poa-bridge.ts';
import { bridgeFailure } from '../ask.ts';
import type {
  AssetTerms,
  BridgeFailure,
  BridgeResult,
  BridgeWithdrawal,
  SentWithdrawal,
  WithdrawalCost,
} from '../bridge.ts';

/** Withdrawals of one transaction: the venue executes payloads of many accounts in one. */
const ITEMS_MAX = 50;
const TEXT_MAX = 128;

/** The burn is not indexed yet: it goes away by itself. */
export const isNotFoundYet = ({ reason, detail }: BridgeFailure): boolean =>
  reason === 'refused' && detail.includes(POA_WITHDRAWALS_NOT_FOUND);

/** The fee is the larger one of the two that the bridge names; its minimum is one of what arrives. */
export function readCost(result: unknown, asset: Asset, terms: readonly AssetTerms[]): BridgeResult<WithdrawalCost> {
  const own = terms.find(({ assetId }) => assetId === asset.id);
  if (own === undefined) return bridgeFailure('asset_unsupported', `the bridge does not name ${asset.nearToken}`);
  if (!Value.Check(PoaWithdrawalEstimate, result) || result.withdrawalFeeDecimals !== asset.decimals)
    return bridgeFailure('malformed', 'withdrawal_estimate gave no fee in the units of the asset');
  const estimated = parseUnits(result.withdrawalFee);
  const { minWithdrawalUnits: arrivingUnits, withdrawalFeeUnits: listed } = own;
  if (estimated === null || arrivingUnits === null || listed === null)
    return bridgeFailure('malformed', 'the bridge names no fee or no minimum');
  const feeUnits = estimated > listed ? estimated : listed;
  const minimumUnits = arrivingUnits + feeUnits;
  return { ok: true, value: { feeUnits, apartUnits: 0n, minimumUnits, problem: null } };
}

const OUTCOMES: Readonly<Record<string, BridgeWithdrawal['outcome']>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  REJECTED: 'rejected',
  RETURNING: 'returning',
  RETURNED: 'returned',
};

type Sought = SentWithdrawal & { readonly asset: Asset; readonly nearTxHash: string; readonly account: string };

type Listed = Static<typeof PoaWithdrawal>;

/** Both forms: one withdrawal, or a list, of which that of our asset and account counts. */
export function readWithdrawal(result: unknown, sought: Sought): BridgeResult<BridgeWithdrawal | null> {
  if (!isFields(result)) return bridgeFailure('malformed', 'withdrawal_status gave no withdrawal');
  const listed = result['withdrawals'];
  const items: readonly unknown[] = Array.isArray(listed) ? listed.slice(0, ITEMS_MAX) : [result];
  const readable = items.filter((item): item is Listed => Value.Check(PoaWithdrawal, item));
  const found = ownOf(readable, sought);
  if (found === undefined) {
    if (readable.length < items.length)
      return bridgeFailure('malformed', 'withdrawal_status gave a withdrawal that cannot be read');
    return Array.isArray(listed)
      ? { ok: true, value: null }
      : bridgeFailure('malformed', 'the withdrawal is another one');
  }
  const { status, data } = found;
  const hash = data.transfer_tx_hash ?? '';
  return {
    ok: true,
    value: {
      bridgeStatus: status,
      outcome: Object.hasOwn(OUTCOMES, status) ? (OUTCOMES[status] ?? 'pending') : 'pending',
      txHash: hash !== '' && hash.length <= TEXT_MAX ? hash : null,
      arrivesUnits: parseUnits(data.withdraw_amount),
    },
  };
}

/**
 * The venue executes payloads of many accounts in one transaction. The bridge's own client goes by the token alone; whose account
 * `account_id` is, is its word: another one than ours is ours all the same when the amount says so.
 */
function ownOf(all: readonly Listed[], sought: Sought): Listed | undefined {
  const { account, asset, nearTxHash } = sought;
  const ofToken = all.filter(
    ({ status, data }) =>
      data.near_token_id === asset.nearToken &&
      (data.tx_hash ?? nearTxHash) === nearTxHash &&
      status !== '' &&
      status.length <= TEXT_MAX,
  );
  const own = ofToken.filter(({ data }) => (data.account_id ?? account) === account);
  if (own.length === 1) return own[0];
  const fitting = (own.length === 0 ? ofToken : own).filter(
    (item) => isOfAmount(item, sought) && !isElsewhere(item, sought),
  );
  // Of several that could be it none is known to be, unless one says where it goes.
  return fitting.length > 1 ? fitting.find((item) => isTo(item, sought)) : fitting[0];
}

/** What the bridge calls the amount is with its fee or without. */
function isOfAmount({ data }: Listed, { amountUnits }: Sought): boolean {
  const amount = parseUnits(data.amount);
  return amount === amountUnits || amount === amountUnits - (parseUnits(data.withdrawal_fee) ?? 0n);
}

const addressOf = ({ data }: Listed, { asset }: Sought): string | null => {
  const read = readAddress(asset.chain, data.address ?? '');
  return read.ok ? read.address : null;
};

const isTo = (item: Listed, sought: Sought): boolean => addressOf(item, sought) === sought.destination;

/** It names an address that is neither the destination nor the token's own. */
function isElsewhere(item: Listed, sought: Sought): boolean {
  const address = addressOf(item, sought);
  return address !== null && address !== sought.destination && address !== EURE_CONTRACT;
}
