// Kraken websocket v2 as it is on the wire: what we send, what comes back, and the numbers of our one market.
// Kraken prints prices and quantities as JSON numbers whose trailing zeros matter (its book checksum is taken over the
// printed digits), so the shapes below hold them as text: parse frames with `krakenReviver`, which keeps that text.
// Pure; connection handling and book keeping live with those who connect.

import { type Static, Type } from '@sinclair/typebox';

/** The market that prices the pair, with the precisions that its numbers are printed in. */
export const KRAKEN_BTC_EUR = { symbol: 'BTC/EUR', pricePrecision: 1, qtyPrecision: 8 } as const;

/** Depths that the book channel offers; 10 is what a subscription without a depth gets. */
export const KRAKEN_BOOK_DEPTHS = [10, 25, 100, 500, 1000] as const;

/** Levels a side that the checksum covers, whatever the subscribed depth. */
export const KRAKEN_CHECKSUM_LEVELS = 10;

const DECIMAL_KEYS: ReadonlySet<string> = new Set([
  'price',
  'qty',
  'bid',
  'bid_qty',
  'ask',
  'ask_qty',
  'last',
  'volume',
  'vwap',
  'low',
  'high',
  'change',
  'change_pct',
  'connection_id',
]);

/**
 * Reviver for `JSON.parse` that hands prices, quantities and the connection id (beyond 2^53) through as the text that
 * stood in the frame: `94750.0` stays `"94750.0"`. All other numbers stay numbers.
 */
export function krakenReviver(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && DECIMAL_KEYS.has(key) ? (context?.source ?? String(value)) : value;
}

/** A number of the wire as its own text, digits exactly as printed. */
const KrakenDecimal = Type.String({ pattern: '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$' });

export const KrakenSystem = Type.Union([
  Type.Literal('online'),
  Type.Literal('maintenance'),
  Type.Literal('cancel_only'),
  Type.Literal('post_only'),
]);
export type KrakenSystem = Static<typeof KrakenSystem>;

// ---- what a client sends -------------------------------------------------------------------------------------------

export const KrakenChannelParams = Type.Object({
  channel: Type.String(),
  symbol: Type.Optional(Type.Array(Type.String())),
  depth: Type.Optional(Type.Integer()),
  event_trigger: Type.Optional(Type.String()),
  snapshot: Type.Optional(Type.Boolean()),
});
export type KrakenChannelParams = Static<typeof KrakenChannelParams>;

export const KrakenRequest = Type.Union([
  Type.Object({
    method: Type.Union([Type.Literal('subscribe'), Type.Literal('unsubscribe')]),
    params: KrakenChannelParams,
    req_id: Type.Optional(Type.Integer()),
  }),
  Type.Object({ method: Type.Literal('ping'), req_id: Type.Optional(Type.Integer()) }),
]);
export type KrakenRequest = Static<typeof KrakenRequest>;

// ---- replies -------------------------------------------------------------------------------------------------------

/** Reply to a subscribe or unsubscribe: one a symbol. `success: false` comes with `error` and without `result`. */
export const KrakenAck = Type.Object({
  method: Type.Union([Type.Literal('subscribe'), Type.Literal('unsubscribe')]),
  success: Type.Boolean(),
  result: Type.Optional(
    Type.Object({
      channel: Type.String(),
      symbol: Type.Optional(Type.String()),
      depth: Type.Optional(Type.Integer()),
      event_trigger: Type.Optional(Type.String()),
      snapshot: Type.Optional(Type.Boolean()),
      warnings: Type.Optional(Type.Array(Type.String())),
    }),
  ),
  error: Type.Optional(Type.String()),
  symbol: Type.Optional(Type.String()),
  req_id: Type.Optional(Type.Integer()),
  time_in: Type.Optional(Type.String()),
  time_out: Type.Optional(Type.String()),
});
export type KrakenAck = Static<typeof KrakenAck>;

export const KrakenPong = Type.Object({
  method: Type.Literal('pong'),
  req_id: Type.Optional(Type.Integer()),
  success: Type.Optional(Type.Boolean()),
  error: Type.Optional(Type.String()),
  time_in: Type.Optional(Type.String()),
  time_out: Type.Optional(Type.String()),
});
export type KrakenPong = Static<typeof KrakenPong>;

/** Sent, without method or channel, to a client that sends too much. */
export const KrakenRateError = Type.Object({ Error: Type.String() });
export type KrakenRateError = Static<typeof KrakenRateError>;

// ---- data ----------------------------------------------------------------------------------------------------------

export const KrakenLevel = Type.Object({ price: KrakenDecimal, qty: KrakenDecimal });
export type KrakenLevel = Static<typeof KrakenLevel>;

/** Bids run from high to low, asks from low to high in a snapshot; in an update `qty` zero removes a level. */
const KrakenBookData = Type.Object({
  symbol: Type.String(),
  bids: Type.Array(KrakenLevel),
  asks: Type.Array(KrakenLevel),
  checksum: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
  timestamp: Type.Optional(Type.String()),
});

/** A ticker update carries the whole object, like the snapshot. */
const KrakenTickerData = Type.Object({
  symbol: Type.String(),
  bid: KrakenDecimal,
  bid_qty: KrakenDecimal,
  ask: KrakenDecimal,
  ask_qty: KrakenDecimal,
  last: KrakenDecimal,
  volume: KrakenDecimal,
  vwap: KrakenDecimal,
  low: KrakenDecimal,
  high: KrakenDecimal,
  change: KrakenDecimal,
  change_pct: KrakenDecimal,
  timestamp: Type.Optional(Type.String()),
});

const SnapshotOrUpdate = Type.Union([Type.Literal('snapshot'), Type.Literal('update')]);

export const KrakenBookFrame = Type.Object({
  channel: Type.Literal('book'),
  type: SnapshotOrUpdate,
  data: Type.Array(KrakenBookData),
});
export type KrakenBookFrame = Static<typeof KrakenBookFrame>;

export const KrakenTickerFrame = Type.Object({
  channel: Type.Literal('ticker'),
  type: SnapshotOrUpdate,
  data: Type.Array(KrakenTickerData),
});
export type KrakenTickerFrame = Static<typeof KrakenTickerFrame>;

export const KrakenHeartbeatFrame = Type.Object({ channel: Type.Literal('heartbeat') });
export type KrakenHeartbeatFrame = Static<typeof KrakenHeartbeatFrame>;

/** Comes on connect and on each change; only `online` means that the book can be traded against. */
export const KrakenStatusFrame = Type.Object({
  channel: Type.Literal('status'),
  type: Type.Optional(SnapshotOrUpdate),
  data: Type.Array(
    Type.Object({
      system: KrakenSystem,
      api_version: Type.Optional(Type.String()),
      connection_id: Type.Optional(KrakenDecimal),
      version: Type.Optional(Type.String()),
    }),
  ),
});
export type KrakenStatusFrame = Static<typeof KrakenStatusFrame>;
