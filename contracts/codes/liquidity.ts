// The closed lists of ops.liquidity_action: what kinds of treasury action there are, the states of each, and why one is late or
// over without success. One sentence each; they are published with the schema.

/** States of the way of an action, by its kind. A state that is not of its kind is refused by readers. */
const LIQUIDITY_KINDS = {
  deposit_address: {
    requested: 'the bridge was asked for an address',
    active: 'deposits to the address are followed',
    retired: 'a newer address replaces it; deposits to it are still followed',
    failed: 'the bridge gave no address',
  },
  deposit: {
    requested: 'a transfer to the deposit address is expected and has not been seen; this is not liquidity',
    seen: 'an observer or the bridge has seen the transfer, which no block contains yet',
    confirming: 'the transfer is in a block, with fewer confirmations than required',
    confirmed: 'the transfer has the required confirmations and is not credited',
    delayed: 'the next step takes longer than its usual time',
    stuck: 'the next step takes so long that a person has to look into it',
    credited: 'the amount is credited inside the verifier',
    failed: 'the transfer was replaced, dropped or given up by the bridge; `credited` can still follow',
  },
  withdrawal: {
    requested: 'accepted with its amount reserved; nothing is published',
    frozen: 'held back because withdrawals are frozen; nothing is published',
    submitted: 'the signed payload was published to the venue',
    burned:
      'the amount has left the verifier; the other chain does not show the transfer yet, whatever the bridge says of it',
    confirming: 'the transfer on the other chain exists, with fewer confirmations than required',
    delayed: 'the next step takes longer than its usual time',
    stuck: 'the next step takes so long that a person has to look into it',
    returning: 'the bridge is sending the amount back into the verifier',
    completed: 'the transfer on the other chain has the required confirmations',
    returned: 'the amount is credited inside the verifier again',
    failed: 'nothing was taken from the verifier, or the bridge gave the withdrawal up',
  },
} as const;

type LiquidityKind = keyof typeof LIQUIDITY_KINDS;
type LiquidityStatus = { [Kind in LiquidityKind]: keyof (typeof LIQUIDITY_KINDS)[Kind] }[LiquidityKind];

export const LIQUIDITY_KIND_TEXT = {
  deposit_address: 'a deposit address, or another handle to send funds to',
  deposit: 'a transfer from an external wallet into the verifier',
  withdrawal: 'a transfer from the verifier to another chain',
} as const satisfies Record<LiquidityKind, string>;

export const LIQUIDITY_STATUSES = [
  ...new Set(Object.values(LIQUIDITY_KINDS).flatMap((states) => Object.keys(states))),
] as readonly LiquidityStatus[];

/** Whether actions of a kind have this state. */
export const isStateOf = (kind: LiquidityKind, status: string): boolean => Object.hasOwn(LIQUIDITY_KINDS[kind], status);

/** Why an action is late, held back or over without success; deposits share them with ops.funding_observation. */
export const FUNDING_REASON_TEXT = {
  confirmation_late: 'no block contains the transfer, or confirmations are missing, for longer than usual',
  credit_late: 'the transfer is confirmed, and the bridge has not credited it for longer than usual',
  credit_lower: 'the bridge credited less than was sent, fee included',
  below_minimum: 'the amount is below the minimum of the bridge, which may never credit it',
  handle_retired: 'the transfer went to an older deposit address',
  transfer_duplicate: 'another transfer to the address in the same transaction or for the same request was seen before',
  tx_replaced: 'another transaction spends the same inputs',
  tx_dropped: 'the observer no longer knows the transaction',
  block_reorganised: 'the block of the transaction is no longer part of the chain',
  bridge_failed: 'the bridge reports the transfer as failed; it is then handled by people there',
  observer_silent: 'the observer of the chain cannot be read or lags, so what it would show is not known',
} as const;

export const LIQUIDITY_REASON_TEXT = {
  ...FUNDING_REASON_TEXT,
  address_refused: 'the bridge refused to give an address',
  chain_unsupported: 'the bridge does not serve the chain',
  asset_unsupported: 'the bridge does not serve the asset on this chain',
  bridge_unreachable: 'the bridge does not answer',
  withdrawals_frozen: 'an operator has frozen withdrawals and moves between chains',
  destination_not_allowed: 'the destination is not in WITHDRAWAL_ALLOWLIST',
  amount_below_minimum: 'the amount is below the minimum of a withdrawal',
  amount_above_free: 'the free inventory is smaller than the amount',
  alike_under_way:
    'a withdrawal of the same amount to the same address is not over, and the request does not say that it is another one',
  fee_too_high: 'the fee of the bridge exceeds what the request allows',
  reservation_refused: 'the engine did not reserve the amount',
  payload_differs: 'the signed payload is not the one that was requested',
  publish_refused: 'the venue refused the signed payload',
  publish_unknown: 'it is not known whether the venue took the signed payload',
  payload_expired: 'the deadline of the signed payload passed before it was executed',
  bridge_rejected: 'the bridge refused the withdrawal',
  payment_not_shown: 'the bridge names a transaction that pays the destination, and the other chain does not show that',
  transfer_late: 'the transfer on the other chain has not appeared for longer than usual',
  withdrawn_by_operator: 'an operator took the request back',
} as const;
