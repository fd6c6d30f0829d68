// decision.trade_decision: what was decided on one request and why, with the price and inventory values that it was decided
// on, so that the record explains itself without any other. What was not reached or not known is null.

import { type Static, Type } from '@sinclair/typebox';
import { DIRECTIONS } from '../assets.ts';
import { DecimalText, IsoTime, Millis, nullable, oneOf, RateText, SignedUnitsText, UnitsText } from '../envelope.ts';
import { RecordedMode } from '../executor-mode.ts';
import { DECISION_REASONS } from '../reasons.ts';
import { BASIS_KINDS, PRICE_SOURCES } from './ref-market-price.ts';

const REQUEST_KINDS = ['exact_in', 'exact_out', 'both_fixed'] as const;

const KrakenPrice = Type.Object(
  { bid_eur: DecimalText, ask_eur: DecimalText, age_ms: Millis },
  { additionalProperties: false },
);
const CoinGeckoPrice = Type.Object({ price_eur: DecimalText, age_ms: Millis }, { additionalProperties: false });

const DecisionPrice = Type.Object(
  {
    price_id: nullable(Type.String()),
    source: oneOf(PRICE_SOURCES),
    fallback_used: Type.Boolean(),
    bid_rate: nullable(RateText),
    ask_rate: nullable(RateText),
    divergence_pct: nullable(DecimalText),
    basis_kind: oneOf(BASIS_KINDS),
    eur_per_eure: nullable(DecimalText),
    // Both sources, whichever was used, in EUR per BTC. Optional: records of earlier versions lack them.
    kraken: Type.Optional(nullable(KrakenPrice)),
    coingecko: Type.Optional(nullable(CoinGeckoPrice)),
  },
  { additionalProperties: false },
);

const DecisionInventory = Type.Object(
  {
    inventory_id: Type.String(),
    block_height: Type.Integer(),
    age_ms: Millis,
    asset_out: Type.String(),
    credited: UnitsText,
    spendable: UnitsText,
    reserved_for_orders: UnitsText,
    reserved_for_positions: UnitsText,
    realized_pnl: SignedUnitsText,
    pending_inbound: nullable(UnitsText),
    credited_in: UnitsText,
  },
  { additionalProperties: false },
);

export const DecisionTradeDecision = Type.Object(
  {
    decision_id: Type.String(),
    quote_id: Type.String(),
    pair: nullable(Type.String()),
    direction: nullable(oneOf(DIRECTIONS)),
    request_kind: nullable(oneOf(REQUEST_KINDS)),
    asset_in: Type.String(),
    asset_out: Type.String(),
    amount_in: nullable(UnitsText),
    amount_out: nullable(UnitsText),
    implied_rate: nullable(RateText),
    reference_rate: nullable(RateText),
    gross_edge_pct: nullable(DecimalText),
    notional_eur: nullable(DecimalText),
    // Optional, as are the fields below that say so: records of earlier versions lack them.
    paid_eur: Type.Optional(nullable(DecimalText)),
    // Edge that the open side was priced at: the target, moved by the inventory.
    priced_edge_pct: Type.Optional(nullable(DecimalText)),
    lane: Type.Optional(nullable(Type.Integer({ minimum: 0 }))),
    fee_pips: Type.Optional(nullable(Type.Integer({ minimum: 0, description: 'fee of the verifier, in millionths' }))),
    price_freshness_ms: nullable(Millis),
    price_snapshot: nullable(DecisionPrice),
    inventory_snapshot: nullable(DecisionInventory),
    decision: oneOf(['accepted', 'rejected'] as const),
    decision_reason: oneOf(DECISION_REASONS),
    detail: Type.String({ description: 'the reason with its numbers, as a sentence' }),
    limits: Type.Object(
      {
        min_edge_pct: DecimalText,
        target_edge_pct: DecimalText,
        max_notional_eur: DecimalText,
        // Optional: records of versions before these limits lack them.
        max_divergence_pct: Type.Optional(DecimalText),
        max_basis_deviation_pct: Type.Optional(DecimalText),
        journal_max_sync_lag_ms: Type.Optional(Millis),
        quotes_live_max: Type.Optional(Type.Integer({ minimum: 1 })),
        skew_pct: Type.Optional(DecimalText),
        max_filled_eur_per_min: Type.Optional(DecimalText),
        max_filled_eur_per_day: Type.Optional(DecimalText),
        max_consecutive_failures: Type.Optional(Type.Integer({ minimum: 1 })),
        price_max_age_ms: Millis,
        inventory_max_age_ms: Millis,
        quote_lifetime_max_ms: Millis,
      },
      { additionalProperties: false },
    ),
    strategy_armed: Type.Boolean(),
    mode: Type.Optional(RecordedMode),
    decided_at: IsoTime,
    decide_us: Type.Integer({ description: 'time from the arrival of the frame to the decision, in microseconds' }),
    traceparent: nullable(Type.String()),
  },
  { additionalProperties: false },
);
export type DecisionTradeDecision = Static<typeof DecisionTradeDecision>;
