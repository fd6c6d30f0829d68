// ref.market_price: what the sources said and the fair price made of it. Rates are EURe per BTC after the basis, EUR per BTC
// before it.

import { type Static, Type } from '@sinclair/typebox';
import { DecimalText, IsoTime, Millis, nullable, oneOf, RateText } from '../envelope.ts';

export const PRICE_SOURCES = ['kraken', 'coingecko', 'none'] as const;
export const BASIS_KINDS = ['par', 'coingecko'] as const;

export const RefMarketPrice = Type.Object(
  {
    price_id: Type.String(),
    pair: Type.String(),
    source: oneOf(PRICE_SOURCES),
    bid_rate: nullable(RateText),
    ask_rate: nullable(RateText),
    fair_rate: nullable(RateText),
    freshness_ms: nullable(Millis),
    divergence_pct: nullable(DecimalText),
    tradable: Type.Boolean(),
    problem: nullable(Type.String()),
    kraken: Type.Object(
      {
        bid: nullable(DecimalText),
        ask: nullable(DecimalText),
        age_ms: nullable(Millis),
        market_status: nullable(Type.String()),
        connected: Type.Boolean(),
        healthy: Type.Boolean(),
      },
      { additionalProperties: false },
    ),
    coingecko: Type.Object(
      {
        price: nullable(DecimalText),
        last_updated_at: nullable(IsoTime),
        age_ms: nullable(Millis),
        healthy: Type.Boolean(),
        eure_eur: nullable(DecimalText),
      },
      { additionalProperties: false },
    ),
    basis: Type.Object(
      { kind: oneOf(BASIS_KINDS), eur_per_eure: nullable(DecimalText) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type RefMarketPrice = Static<typeof RefMarketPrice>;
