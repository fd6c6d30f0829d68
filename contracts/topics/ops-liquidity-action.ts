// ops.liquidity_action: one transition of one treasury action (a deposit address, a deposit, a withdrawal), distinguished by
// `transition_seq` from 1. A move between chains is a withdrawal and a deposit with one `liquidity_action_id`.
//
// Readers look back a bounded number of records and no further than the topic's retention. So that they know what is not over, its
// newest state is published again, as a further transition, when the producer starts and at least once a day.

import { type Static, Type } from '@sinclair/typebox';
import { BRIDGE_TEXT } from '../codes/funding.ts';
import { LIQUIDITY_KIND_TEXT, LIQUIDITY_REASON_TEXT, LIQUIDITY_STATUSES } from '../codes/liquidity.ts';
import { AssetText, IsoTime, nullable, oneOf, oneOfCodes, ShortText, UnitsText } from '../envelope.ts';

const Confirmations = Type.Integer({ minimum: 0, maximum: 10_000_000 });

export const OpsLiquidityAction = Type.Object(
  {
    liquidity_action_id: ShortText,
    transition_seq: Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      description: 'counts the transitions of one action and kind',
    }),
    account_id: ShortText,
    kind: oneOfCodes(LIQUIDITY_KIND_TEXT),
    rebalance: Type.Boolean({ description: 'part of a move between chains' }),
    previous_status: nullable(oneOf(LIQUIDITY_STATUSES)),
    status: oneOf(LIQUIDITY_STATUSES),
    reason_code: nullable(oneOfCodes(LIQUIDITY_REASON_TEXT)),
    detail: Type.String({ maxLength: 2000, description: 'the reason with its numbers, as a sentence; may be empty' }),
    bridge: oneOfCodes(BRIDGE_TEXT),
    bridge_status: nullable(
      Type.String({ maxLength: 128, description: 'the word of the bridge, as it came; null: it has none yet' }),
    ),
    asset_id: nullable(AssetText),
    chain: ShortText,
    funding_handle: nullable({
      ...ShortText,
      description: 'deposit address, or what else a transfer is sent to',
    }),
    external_wallet: nullable({
      ...ShortText,
      description: 'our wallet on the other chain that sends; null: not known',
    }),
    destination: nullable({ ...ShortText, description: 'address on the other chain that a withdrawal goes to' }),
    amount: nullable({ ...UnitsText, description: 'smallest units that were sent, or are taken from the verifier' }),
    credited_amount: nullable({ ...UnitsText, description: 'smallest units that arrived on the other side' }),
    fee: nullable({ ...UnitsText, description: 'smallest units that the bridge keeps' }),
    tx_hash: nullable({ ...ShortText, description: 'transaction on the other chain' }),
    near_tx_hash: nullable({ ...ShortText, description: 'transaction on NEAR that minted or burned' }),
    intent_hash: nullable({ ...ShortText, description: 'hash of the payload that a withdrawal signed' }),
    reservation_id: nullable({ ...ShortText, description: "reservation in the engine's capital ledger" }),
    funding_observation_id: nullable(ShortText),
    confirmations: nullable(Confirmations),
    confirmations_required: nullable(Confirmations),
    requested_at: nullable(IsoTime),
    first_seen_at: nullable(IsoTime),
    credited_at: nullable(IsoTime),
    completed_at: nullable({ ...IsoTime, description: 'when a withdrawal arrived on the other chain' }),
    at: IsoTime,
  },
  { additionalProperties: false },
);
export type OpsLiquidityAction = Static<typeof OpsLiquidityAction>;

type Ends = Readonly<Record<OpsLiquidityAction['kind'], readonly OpsLiquidityAction['status'][]>>;

/** Of these nothing more is expected; a deposit that failed can still be credited. */
export const LIQUIDITY_ACTION_ENDS: Ends = {
  deposit_address: ['retired', 'failed'],
  deposit: ['credited', 'failed'],
  withdrawal: ['completed', 'returned', 'failed'],
};
