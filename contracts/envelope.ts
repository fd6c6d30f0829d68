// The envelope of every record on the bus (event contract of the seeds, plus `account_id`). A record's `event_id` and
// `ingested_at` are fixed when it is journalled, so that a resend is recognised by consumers as a repeat.

import { type TSchema, Type } from '@sinclair/typebox';

/** Milliseconds are always written, in UTC: 2026-01-01T00:00:00.000Z. */
export const IsoTime = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' });
/** A token amount in smallest units, not negative. */
export const UnitsText = Type.String({ pattern: '^(0|[1-9][0-9]{0,38})$' });
/** A token amount in smallest units that may be negative. */
export const SignedUnitsText = Type.String({ pattern: '^(0|-?[1-9][0-9]{0,38})$' });
/** More than any quotient of two amounts has, and far from where arithmetic on what was stored would overflow. */
const DECIMAL = '^-?[0-9]{1,80}(\\.[0-9]{1,40})?$';
/** A decimal number as text: rates, values in EUR, percentages. */
export const DecimalText = Type.String({ pattern: DECIMAL });
/** What every field named `..._rate` holds, in every topic and table. */
export const RateText = Type.String({ pattern: DECIMAL, description: 'EURe per BTC' });
/** Whole milliseconds, exact in JSON. */
export const Millis = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** One of a closed list of texts. */
export const oneOf = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))));

/** One of a closed list of codes, published with what each means. */
export const oneOfCodes = <const T extends Readonly<Record<string, string>>>(texts: T) =>
  Type.Unsafe<Extract<keyof T, string>>(
    Type.Union(Object.entries(texts).map(([code, description]) => Type.Literal(code, { description }))),
  );

/** A text that others choose: an address, a hash, an id. Bounded, so that keys and indexes are. */
export const ShortText = Type.String({ minLength: 1, maxLength: 128 });
/** An asset id of the verifier: the longest account id behind the longest prefix, with room. */
export const AssetText = Type.String({ minLength: 1, maxLength: 256 });

type EnvelopeShape<T extends TSchema> = {
  readonly eventType: string;
  readonly version: number;
  readonly payload: T;
  readonly id: string;
};

export const envelopeOf = <T extends TSchema>({ eventType, version, payload, id }: EnvelopeShape<T>) =>
  Type.Object(
    {
      event_id: Type.String({ minLength: 1, maxLength: 64 }),
      event_type: Type.Literal(eventType),
      venue: Type.Literal('near_intents'),
      source: nullable(Type.String()),
      schema_version: Type.Literal(version),
      account_id: Type.String(),
      observed_at: nullable(IsoTime),
      ingested_at: IsoTime,
      payload,
      raw: Type.Unknown(),
    },
    { $id: id, additionalProperties: false },
  );

/** What all envelopes share, for readers that take any topic. */
export type Envelope<Payload = unknown> = {
  readonly event_id: string;
  readonly event_type: string;
  readonly venue: 'near_intents';
  readonly source: string | null;
  readonly schema_version: number;
  readonly account_id: string;
  readonly observed_at: string | null;
  readonly ingested_at: string;
  readonly payload: Payload;
  readonly raw: unknown;
};
