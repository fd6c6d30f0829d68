// ops.funding_observation: how far one transfer to a deposit address is, as a chain or the bridge shows it; one record a change,
// distinguished by `observation_seq` from 1. One schema for all chains. What is observed is never spendable.
//
// An observation is one output of one transaction: two transfers in a transaction are two observations. `tx_hash` is the
// transaction on the other chain and never changes; what the bridge knows goes into fields of its own. What is not over is published
// again when the producer starts and at least once a day, as with ops.liquidity_action.

import { type Static, Type } from '@sinclair/typebox';
import { BRIDGE_TEXT, FUNDING_SOURCE_TEXT, FUNDING_STATUS_TEXT } from '../codes/funding.ts';
import { FUNDING_REASON_TEXT } from '../codes/liquidity.ts';
import { AssetText, IsoTime, nullable, oneOfCodes, ShortText, UnitsText } from '../envelope.ts';

const Confirmations = Type.Integer({ minimum: 0, maximum: 10_000_000 });
const Height = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const OpsFundingObservation = Type.Object(
  {
    funding_observation_id: ShortText,
    observation_seq: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    account_id: ShortText,
    asset_id: AssetText,
    chain: ShortText,
    bridge: oneOfCodes(BRIDGE_TEXT),
    funding_handle: { ...ShortText, description: 'deposit address that was paid' },
    handle_active: Type.Boolean({ description: 'false: an older address, which a newer one replaces' }),
    source: oneOfCodes(FUNDING_SOURCE_TEXT),
    tx_hash: ShortText,
    output_index: Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'output or log of the transaction' }),
    inputs: Type.Array(ShortText, {
      maxItems: 64,
      description: '`txid:index` of what the transaction spends, at first sight; by them a replacement is recognised',
    }),
    sender: nullable(ShortText),
    previous_status: nullable(oneOfCodes(FUNDING_STATUS_TEXT)),
    status: oneOfCodes(FUNDING_STATUS_TEXT),
    reason_code: nullable(oneOfCodes(FUNDING_REASON_TEXT)),
    detail: Type.String({ maxLength: 2000, description: 'the reason with its numbers, as a sentence; may be empty' }),
    amount: { ...UnitsText, description: 'smallest units that were sent' },
    minimum_amount: nullable({ ...UnitsText, description: 'least that the bridge credits; null: not known' }),
    credited_amount: nullable({ ...UnitsText, description: 'smallest units that the bridge credited' }),
    confirmations: Confirmations,
    confirmations_required: nullable(Confirmations),
    block_height: nullable(Height),
    block_hash: nullable(ShortText),
    replaced_by_tx_hash: nullable(ShortText),
    replaces_tx_hash: nullable(ShortText),
    bridge_status: nullable(
      Type.String({
        maxLength: 128,
        description: 'the word of the bridge, as it came; null: it does not know the transfer',
      }),
    ),
    bridge_deposit_tx_hash: nullable({
      ...ShortText,
      description: 'transaction that the bridge names for the credit, once it is correlated',
    }),
    liquidity_action_id: nullable(ShortText),
    first_seen_at: IsoTime,
    last_seen_at: { ...IsoTime, description: 'when the source showed it last' },
    confirmed_at: nullable({ ...IsoTime, description: 'when it had the required confirmations' }),
    credited_at: nullable(IsoTime),
    at: IsoTime,
  },
  { additionalProperties: false },
);
export type OpsFundingObservation = Static<typeof OpsFundingObservation>;
