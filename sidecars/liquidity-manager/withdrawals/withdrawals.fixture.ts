// Withdrawals as tests ask for them.

import { type Asset, KNOWN_ASSETS } from '../../../contracts/assets.ts';
import type { SignedWithdrawal, WithdrawalBody } from '../../../contracts/control/withdrawals.ts';
import { isoTime } from '../../../contracts/time.ts';
import { withdrawalMessage } from '../../../contracts/withdrawals/payload.ts';
import { intentHashOf } from '../../../contracts/withdrawals/signed-payload.ts';

export const ACCOUNT = 'solver.near';
export const VERIFIER = 'intents.near';
export const NOW_MS = 1_767_225_600_000;
export const DESTINATION = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
/** Of the salt 252812b3; remembered for an hour after the deadline of a payload that is signed at NOW_MS. */
export const NONCE = 'Vij2xgAlKBKzAMjgqml2hhgAAQIDBAUGBwgJCgsMDQ4=';
export const NONCE_UNTIL_MS = NOW_MS + 900_000 + 3_600_000;
export const NEAR_TX = '9yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj';

export function assetOf(id: string): Asset {
  const found = KNOWN_ASSETS.find((asset) => asset.id === id);
  if (found === undefined) throw new Error(`no asset ${id}`);
  return found;
}

export const BTC = assetOf('nep141:btc.omft.near');
export const NBTC = assetOf('nep141:nbtc.bridge.near');

export const body = (over: Partial<WithdrawalBody> = {}): WithdrawalBody => ({
  withdrawal_id: 'wd-00000001',
  asset: BTC.id,
  amount: '50000',
  destination: DESTINATION,
  max_fee: '2500',
  signed: null,
  ...over,
});

/** The payload of a request, as its signer makes it; the signature is nobody's. */
export function signed(request: WithdrawalBody, deadlineAtMs = NOW_MS + 900_000): SignedWithdrawal {
  const message = withdrawalMessage({
    account: ACCOUNT,
    asset: assetOf(request.asset),
    amountUnits: BigInt(request.amount),
    maxFeeUnits: BigInt(request.max_fee),
    destination: request.destination,
    withdrawalId: request.withdrawal_id,
    deadlineAtMs,
  });
  const payload = { message, nonce: NONCE, recipient: VERIFIER };
  return {
    deadline: isoTime(deadlineAtMs),
    nonce: NONCE,
    intent_hash: intentHashOf(payload),
    signed_data: {
      standard: 'nep413',
      payload,
      public_key: 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy',
      signature: 'ed25519:vPX27teJuvHBq6wsxUHuJhTfv5DECPryhBNHHYRzGWQTG5qEtUE29jVgiShyebU1K15aNxUhRoSxZ8KuCNYcejB',
    },
  };
}
