// Shapes of the solver relay: websocket frames in both directions and the HTTP JSON-RPC.
// One JSON-RPC 2.0 message is one text frame. Quote events come in two shapes (method `event` with `params.data`, method
// `subscribe` with the fields in `params`); a reader accepts both. Amounts are decimal strings in the smallest unit.
// Unknown fields are allowed everywhere.
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { SignedPayload } from './intents.ts';

/** What a solver gets for an answer that came too late; the only code that is known of the relay. */
export const QUOTE_GONE_CODE = -32098;
export const QUOTE_GONE_MESSAGE = 'quote not found or already finished';

const DecimalUnits = Type.String({ pattern: '^[0-9]{1,39}$' });
const Milliseconds = Type.Integer({ minimum: 0 });
const RequestId = Type.Union([Type.Integer(), Type.String()]);

/** What a consumer asks: `..._in` is what the user gives (the solver receives), `..._out` what the user gets. */
export const QuoteRequest = Type.Object({
  quote_id: Type.String({ minLength: 1 }),
  defuse_asset_identifier_in: Type.String(),
  defuse_asset_identifier_out: Type.String(),
  /** Exactly one of the two amounts is given; a request with both or none is not to be answered. */
  exact_amount_in: Type.Optional(Type.Union([DecimalUnits, Type.Null()])),
  exact_amount_out: Type.Optional(Type.Union([DecimalUnits, Type.Null()])),
  /** The signed quote has to stay valid at least this long. */
  min_deadline_ms: Milliseconds,
  /** Collect window: answers are taken until `max_wait_ms`, and the auction may close from `min_wait_ms` on. */
  min_wait_ms: Type.Optional(Milliseconds),
  max_wait_ms: Type.Optional(Milliseconds),
  /** Old name of the window. */
  wait_ms: Type.Optional(Milliseconds),
  /** True on a leg that a router solver asks for: shorter window. */
  protocol_fee_included: Type.Optional(Type.Boolean()),
  trusted_metadata: Type.Optional(Type.Unknown()),
});
export type QuoteRequest = Static<typeof QuoteRequest>;

export const QuoteMetadata = Type.Object({
  partner_id: Type.Optional(Type.String()),
  /** W3C trace context. */
  traceparent: Type.Optional(Type.String()),
  /** Milliseconds since the epoch. */
  quote_timestamp: Type.Optional(Type.Number()),
});
export type QuoteMetadata = Static<typeof QuoteMetadata>;

/** `quote_hash` is the hash of the solver's payload, `intent_hash` that of the user's. */
export const QuoteStatus = Type.Object({
  quote_hash: Type.String(),
  intent_hash: Type.String(),
  tx_hash: Type.String(),
});
export type QuoteStatus = Static<typeof QuoteStatus>;

const nestedEvent = <Data extends TSchema>(data: Data) =>
  Type.Object({
    jsonrpc: Type.Literal('2.0'),
    method: Type.Literal('event'),
    params: Type.Object({ subscription: Type.String(), data, metadata: Type.Optional(QuoteMetadata) }),
  });

const flatEvent = <Data extends TSchema>(data: Data) =>
  Type.Object({
    jsonrpc: Type.Literal('2.0'),
    method: Type.Literal('subscribe'),
    params: Type.Intersect([Type.Object({ subscription: Type.Optional(Type.String()) }), data]),
  });

export const QuoteEvent = Type.Union([nestedEvent(QuoteRequest), flatEvent(QuoteRequest)]);
export type QuoteEvent = Static<typeof QuoteEvent>;

export const QuoteStatusEvent = Type.Union([nestedEvent(QuoteStatus), flatEvent(QuoteStatus)]);
export type QuoteStatusEvent = Static<typeof QuoteStatusEvent>;

/** Second parameter of `subscribe` to `quote`. The two lists are ANDed; an empty or absent one does not restrict. */
export const QuoteFilter = Type.Object({
  tokens_in: Type.Optional(Type.Array(Type.String())),
  tokens_out: Type.Optional(Type.Array(Type.String())),
});
export type QuoteFilter = Static<typeof QuoteFilter>;

/** Only the side that the request left open. */
export const QuoteOutput = Type.Object({
  amount_in: Type.Optional(DecimalUnits),
  amount_out: Type.Optional(DecimalUnits),
});
export type QuoteOutput = Static<typeof QuoteOutput>;

const QuoteAnswer = Type.Object({
  quote_id: Type.String(),
  quote_output: QuoteOutput,
  signed_data: SignedPayload,
  other_quote_hashes: Type.Optional(Type.Array(Type.String())),
});

export const QuoteResponseRequest = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  id: RequestId,
  method: Type.Literal('quote_response'),
  params: Type.Array(QuoteAnswer, { minItems: 1, maxItems: 1 }),
});
export type QuoteResponseRequest = Static<typeof QuoteResponseRequest>;

/** The relay says errors as an object, at times as a bare string. */
const RpcError = Type.Union([
  Type.Object({ code: Type.Number(), message: Type.String(), data: Type.Optional(Type.Unknown()) }),
  Type.String(),
]);

/** Reply to one of our frames: `result` is `"OK"`, a subscription id, or what the HTTP method says. */
export const RpcSuccess = Type.Object({ jsonrpc: Type.Literal('2.0'), id: RequestId, result: Type.Unknown() });
export type RpcSuccess = Static<typeof RpcSuccess>;

export const RpcFailure = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  id: Type.Union([RequestId, Type.Null()]),
  error: RpcError,
});
export type RpcFailure = Static<typeof RpcFailure>;

/** Parameter of the HTTP method `quote`: a request without the id, which the relay gives. */
export const RpcQuoteParams = Type.Omit(QuoteRequest, ['quote_id']);
export type RpcQuoteParams = Static<typeof RpcQuoteParams>;

/** One item of the answer to `quote`; the whole answer is null when nobody quoted. */
export const RpcQuote = Type.Object({
  quote_hash: Type.String(),
  defuse_asset_identifier_in: Type.String(),
  defuse_asset_identifier_out: Type.String(),
  amount_in: DecimalUnits,
  amount_out: DecimalUnits,
  /** RFC 3339: the deadline that the solver signed. */
  expiration_time: Type.String(),
});
export type RpcQuote = Static<typeof RpcQuote>;

export const PublishIntentResult = Type.Object({
  status: Type.Union([Type.Literal('OK'), Type.Literal('FAILED')]),
  reason: Type.Optional(Type.String()),
  intent_hash: Type.Optional(Type.String()),
});
export type PublishIntentResult = Static<typeof PublishIntentResult>;

export const IntentStatus = Type.Object({
  intent_hash: Type.String(),
  status: Type.Union([
    Type.Literal('PENDING'),
    Type.Literal('TX_BROADCASTED'),
    Type.Literal('SETTLED'),
    Type.Literal('NOT_FOUND_OR_NOT_VALID'),
  ]),
  status_details: Type.Optional(Type.String()),
  data: Type.Optional(Type.Object({ hash: Type.Optional(Type.String()) })),
});
export type IntentStatus = Static<typeof IntentStatus>;
