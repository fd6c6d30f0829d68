// The text that a withdrawal signs, from what was asked for: one `ft_withdraw` for one asset, whose token contract or bridge pays it
// out on the other chain. Who signs makes it from his own arguments; who publishes makes it again from the request, and publishes
// nothing else. Built by template: every hole is of a checked alphabet. Pure.

import type { Asset } from '../assets.ts';
import { isoTime } from '../time.ts';

export type WithdrawalTerms = {
  /** `signer_id`: whose balance it is. */
  readonly account: string;
  readonly asset: Asset;
  /** Smallest units that leave the verifier, fees included. */
  readonly amountUnits: bigint;
  /** In the form in which addresses are compared: `readDestination`. */
  readonly destination: string;
  /** The most that the network of the other chain may cost. Signed for over the Omni bridge; the POA bridge has a fixed fee. */
  readonly maxFeeUnits: bigint;
  /** Unique: the Omni bridge holds on to a second withdrawal of the same id. */
  readonly withdrawalId: string;
  readonly deadlineAtMs: number;
};

/** The SDK of the POA bridge asks for that. */
const POA_MIN_GAS = '17050000000000';
const OMNI_MIN_GAS = '37400000000000';
const OMNI_RECEIVER = 'omni.bridge.near';

/** Account, time, intent: as `message` of a NEP-413 payload. */
export function withdrawalMessage(terms: WithdrawalTerms): string {
  const { account, deadlineAtMs, asset } = terms;
  const intent = asset.bridge === 'poa' ? poaIntent(terms) : omniIntent(terms);
  return `{"signer_id":"${account}","deadline":"${isoTime(deadlineAtMs)}","intents":[${JSON.stringify(intent)}]}`;
}

/** Burned only when the token contract itself receives it; without `msg` a failure is refunded. */
function poaIntent({ asset, amountUnits, destination }: WithdrawalTerms) {
  return {
    intent: 'ft_withdraw',
    token: asset.nearToken,
    receiver_id: asset.nearToken,
    amount: String(amountUnits),
    memo: `WITHDRAW_TO:${destination}`,
    min_gas: POA_MIN_GAS,
  };
}

/** It needs `msg`, with which a failed promise is not refunded: what can be known before is checked before. */
function omniIntent({ asset, amountUnits, destination, maxFeeUnits, withdrawalId }: WithdrawalTerms) {
  const msg = {
    recipient: `btc:${destination}`,
    fee: '0',
    native_token_fee: '0',
    external_id: withdrawalId,
    msg: JSON.stringify({ MaxGasFee: String(maxFeeUnits) }),
  };
  return {
    intent: 'ft_withdraw',
    token: asset.nearToken,
    receiver_id: OMNI_RECEIVER,
    amount: String(amountUnits),
    min_gas: OMNI_MIN_GAS,
    msg: JSON.stringify(msg),
  };
}
