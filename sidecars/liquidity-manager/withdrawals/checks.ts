// Whether a withdrawal may be reserved and published. Pure. In the order in which a person would ask; the first that fails is the
// reason.

import { readDestination } from '../../../contracts/addresses/address.ts';
import { parseUnits } from '../../../contracts/amounts.ts';
import type { Asset } from '../../../contracts/assets.ts';
import type { LIQUIDITY_REASON_TEXT } from '../../../contracts/codes/liquidity.ts';
import { hasWallet, type Wallet } from '../../../contracts/config/wallets.ts';
import type { SignedWithdrawal, WithdrawalBody } from '../../../contracts/control/withdrawals.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import { withdrawalMessage } from '../../../contracts/withdrawals/payload.ts';
import { intentHashOf, nonceTerms } from '../../../contracts/withdrawals/signed-payload.ts';
import type { BridgeFailure, WithdrawalCost } from '../bridges/bridge.ts';

export type WithdrawalReason = keyof typeof LIQUIDITY_REASON_TEXT;

export type Refusal = { readonly ok: false; readonly reason: WithdrawalReason; readonly detail: string };

export const refusal = (reason: WithdrawalReason, detail: string): Refusal => ({ ok: false, reason, detail });

/** A request whose texts are what they have to be. */
export type Asked = {
  readonly withdrawalId: string;
  readonly asset: Asset;
  readonly amountUnits: bigint;
  /** In the form in which addresses are compared. */
  readonly destination: string;
  readonly maxFeeUnits: bigint;
  readonly signed: SignedWithdrawal | null;
};

export type Rules = {
  readonly isFrozen: boolean;
  readonly assets: readonly Asset[];
  readonly allowlist: readonly Wallet[];
};

/** Everything that can be judged without asking anybody. */
export function readAsked(body: WithdrawalBody, rules: Rules): { readonly ok: true; readonly asked: Asked } | Refusal {
  if (rules.isFrozen) return refusal('withdrawals_frozen', 'POST /unfreeze-withdrawals allows them again');
  const asset = rules.assets.find(({ id }) => id === body.asset);
  if (asset === undefined) {
    const known = rules.assets.map(({ id }) => id).join(', ');
    return refusal('asset_unsupported', `${body.asset} is not among TREASURY_ASSETS: ${known}`);
  }
  const destination = readDestination(asset, body.destination);
  if (!destination.ok) return refusal('destination_not_allowed', `the destination ${destination.problem}`);
  if (!hasWallet(rules.allowlist, asset.chain, destination.address))
    return refusal(
      'destination_not_allowed',
      `WITHDRAWAL_ALLOWLIST does not have ${asset.chain}=${destination.address}`,
    );
  const amountUnits = parseUnits(body.amount);
  const maxFeeUnits = parseUnits(body.max_fee);
  if (amountUnits === null || maxFeeUnits === null)
    return refusal('amount_above_free', 'the verifier holds no such amount of anything');
  const { withdrawal_id: withdrawalId, signed } = body;
  return {
    ok: true,
    asked: { withdrawalId, asset, amountUnits, maxFeeUnits, destination: destination.address, signed },
  };
}

/** Amount and fee, as the bridge says now. */
export function judgeCost(
  { amountUnits, maxFeeUnits }: Pick<Asked, 'amountUnits' | 'maxFeeUnits'>,
  cost: WithdrawalCost,
): Refusal | null {
  const { feeUnits, apartUnits, minimumUnits, problem } = cost;
  if (problem !== null) return refusal('bridge_rejected', problem);
  if (amountUnits < minimumUnits) return refusal('amount_below_minimum', `${amountUnits} of at least ${minimumUnits}`);
  if (feeUnits > maxFeeUnits)
    return refusal('fee_too_high', `the bridge keeps up to ${feeUnits}, the request allows ${maxFeeUnits}`);
  const mostUnits = maxFeeUnits + apartUnits;
  if (amountUnits <= mostUnits)
    return refusal('amount_below_minimum', `nothing of ${amountUnits} arrives once a fee of ${mostUnits} is kept`);
  return null;
}

/** Time that publishing and execution need. */
const DEADLINE_MIN_MS = 60_000;
/** A payload that can be executed for longer keeps the amount reserved for as long. */
const DEADLINE_MAX_MS = 3_600_000;

/** The payload is the one that was asked for, byte for byte, and there is time to publish it. */
export function judgeSigned(
  asked: Asked,
  signed: SignedWithdrawal,
  given: { readonly account: string; readonly verifier: string; readonly nowMs: number },
): Refusal | null {
  const deadlineAtMs = parseIsoTime(signed.deadline);
  if (deadlineAtMs === null) return refusal('payload_differs', 'the deadline is no time');
  // It leaves the process: the verifier compares it with the time of its blocks.
  if (deadlineAtMs < given.nowMs + DEADLINE_MIN_MS || deadlineAtMs > given.nowMs + DEADLINE_MAX_MS)
    return refusal('payload_expired', `the deadline ${signed.deadline} is less than 1 minute or more than 1 hour away`);
  const data = signed.signed_data;
  if (data.standard !== 'nep413') return refusal('payload_differs', `the standard is ${data.standard}, not nep413`);
  const { payload } = data;
  if (payload.recipient !== given.verifier || payload.callbackUrl !== undefined)
    return refusal('payload_differs', `it is not for ${given.verifier} alone`);
  if (payload.nonce !== signed.nonce) return refusal('payload_differs', 'the nonce is another one');
  const terms = nonceTerms(signed.nonce);
  if (terms !== null && terms.untilMs < deadlineAtMs)
    return refusal('payload_differs', 'its nonce ends before its deadline: the verifier takes no such payload');
  // By its hash the venue is asked what became of it: that of another payload would pass for its outcome.
  if (intentHashOf(payload) !== signed.intent_hash)
    return refusal('payload_differs', 'the hash is that of another payload');
  const message = withdrawalMessage({ ...asked, account: given.account, deadlineAtMs });
  return payload.message === message ? null : refusal('payload_differs', 'the signed text is not that of the request');
}

const BRIDGE_REASONS = {
  unreachable: 'bridge_unreachable',
  malformed: 'bridge_unreachable',
  refused: 'bridge_rejected',
  chain_unsupported: 'chain_unsupported',
  asset_unsupported: 'asset_unsupported',
} as const satisfies Record<BridgeFailure['reason'], WithdrawalReason>;

export const bridgeRefusal = ({ reason, detail }: BridgeFailure): Refusal => refusal(BRIDGE_REASONS[reason], detail);
