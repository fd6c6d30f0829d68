// Replies of the POA bridge about withdrawals to values. Total: every body gives a value or a named failure.

import type { Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readAddress } from '../../../../contracts/addresses/address.ts';
import { parseUnits } from '../../../../contracts/amounts.ts';
import type { Asset } from '../../../../contracts/assets.ts';
import { isFields } from '../../../../contracts/json.ts';
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

/** The fee is the larger one of the two that the bridge names. */
export function readCost(result: unknown, asset: Asset, terms: readonly AssetTerms[]): BridgeResult<WithdrawalCost> {
  const own = terms.find(({ assetId }) => assetId === asset.id);
  if (own === undefined) return bridgeFailure('asset_unsupported', `the bridge does not name ${asset.nearToken}`);
  if (!Value.Check(PoaWithdrawalEstimate, result) || result.withdrawalFeeDecimals !== asset.decimals)
    return bridgeFailure('malformed', 'withdrawal_estimate gave no fee in the units of the asset');
  const estimated = parseUnits(result.withdrawalFee);
  const { minWithdrawalUnits: minimumUnits, withdrawalFeeUnits: listed } = own;
  if (estimated === null || minimumUnits === null || listed === null)
    return bridgeFailure('malformed', 'the bridge names no fee or no minimum');
  return { ok: true, value: { feeUnits: estimated > listed ? estimated : listed, minimumUnits, problem: null } };
}

const OUTCOMES: Readonly<Record<string, BridgeWithdrawal['outcome']>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  REJECTED: 'rejected',
  RETURNING: 'returning',
  RETURNED: 'returned',
};

type Sought = SentWithdrawal & { readonly asset: Asset; readonly nearTxHash: string; readonly account: string };

/** Both forms: one withdrawal, or a list, of which that of our asset and account counts. */
export function readWithdrawal(result: unknown, sought: Sought): BridgeResult<BridgeWithdrawal | null> {
  if (!isFields(result)) return bridgeFailure('malformed', 'withdrawal_status gave no withdrawal');
  const listed = result['withdrawals'];
  const items: readonly unknown[] = Array.isArray(listed) ? listed.slice(0, ITEMS_MAX) : [result];
  const own = items.flatMap((item) => (Value.Check(PoaWithdrawal, item) && isOurs(item, sought) ? [item] : []));
  const found = own.length > 1 ? own.find((item) => isThatOne(item, sought)) : own[0];
  if (found === undefined)
    return Array.isArray(listed)
      ? { ok: true, value: null }
      : bridgeFailure('malformed', 'the withdrawal is another one');
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

const isOurs = ({ status, data }: Static<typeof PoaWithdrawal>, { asset, account, nearTxHash }: Sought): boolean =>
  data.near_token_id === asset.nearToken &&
  data.account_id === account &&
  data.tx_hash === nearTxHash &&
  status !== '' &&
  status.length <= TEXT_MAX;

/** Of several that the venue executed in one transaction; what the bridge calls the amount is with its fee or without. */
function isThatOne({ data }: Static<typeof PoaWithdrawal>, { asset, destination, amountUnits }: Sought): boolean {
  const address = readAddress(asset.chain, data.address);
  if (!address.ok || address.address !== destination) return false;
  const amount = parseUnits(data.amount);
  return amount === amountUnits || amount === amountUnits - (parseUnits(data.withdrawal_fee) ?? 0n);
}
