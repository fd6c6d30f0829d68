// norm.swap_demand: a quote request in our words. Both amount keys are always there; the side that the requester left open
// is null.

import { type Static, Type } from '@sinclair/typebox';
import { DIRECTIONS } from '../assets.ts';
import { IsoTime, Millis, nullable, oneOf, UnitsText } from '../envelope.ts';

export const NormSwapDemand = Type.Object(
  {
    quote_id: Type.String(),
    pair: nullable(Type.String()),
    direction: nullable(oneOf(DIRECTIONS)),
    asset_in: Type.String(),
    asset_out: Type.String(),
    amount_in: nullable(UnitsText),
    amount_out: nullable(UnitsText),
    ttl_ms: nullable(Millis),
    min_wait_ms: nullable(Millis),
    max_wait_ms: nullable(Millis),
    partner_id: nullable(Type.String()),
    traceparent: nullable(Type.String()),
    received_at: IsoTime,
  },
  { additionalProperties: false },
);
export type NormSwapDemand = Static<typeof NormSwapDemand>;
