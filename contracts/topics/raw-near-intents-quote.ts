// raw.near_intents.quote: a quote request as the venue sent it. Only frames that pass the pair filter are published.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, nullable } from '../envelope.ts';

export const RawNearIntentsQuote = Type.Object(
  {
    quote_id: Type.String(),
    received_at: IsoTime,
    connection_id: Type.String(),
    quote_timestamp: nullable(IsoTime),
    message: Type.Unknown({ description: 'the whole frame, its JSON text embedded byte for byte' }),
  },
  { additionalProperties: false },
);
export type RawNearIntentsQuote = Static<typeof RawNearIntentsQuote>;
