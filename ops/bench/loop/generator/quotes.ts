// The quote requests of the loop bench as the venue frames them: both directions, both kinds of request, 2 to 4.5 EUR each,
// so that an engine with its default limits answers every one. No two texts are equal.

import { BTC, EURE } from '../../../../contracts/assets.ts';
import type { QuoteRequest } from '../../../../contracts/wire/relay.ts';
import { quoteFrames } from '../../../sim/relay/frames.ts';
import { FOREIGN_PREFIX } from './tally.ts';

export type BenchQuote = {
  readonly quoteId: string;
  readonly request: QuoteRequest;
  /** The frame of one subscriber. */
  readonly frame: (subscriptionId: string) => string;
};

export type QuoteMaker = {
  /** Begins every quote id of a run, so that no two runs share one. */
  readonly prefix: string;
  /** About what one BTC costs, in EUR: only the amounts in BTC come from it. */
  readonly eurPerBtc: number;
  /** When the first one is asked, and how many follow in a second (null: as they can): the venue stamps each request. */
  readonly firstAtMs: number;
  readonly ratePerS: number | null;
  readonly minDeadlineMs: number;
};

const VALUE_MIN_CENTS = 200;
const VALUE_SPAN_CENTS = 250;
const CENT_OF_EURE = 10n ** 16n;
const SATS_PER_BTC = 100_000_000;
/** Prime to the span, so that consecutive quotes differ and all values occur. */
const VALUE_STEP_CENTS = 37;

/** Never zero alone, which a trace id may not be. */
const hex = (index: number, digits: number): string => (index + 1).toString(16).padStart(digits, '0');

export function benchQuote(maker: QuoteMaker, index: number): BenchQuote {
  const quoteId = `${maker.prefix}-${String(index).padStart(6, '0')}`;
  const cents = VALUE_MIN_CENTS + ((index * VALUE_STEP_CENTS) % VALUE_SPAN_CENTS);
  const sats = Math.round((cents * SATS_PER_BTC) / (100 * maker.eurPerBtc));
  // The lower digits are filled: amounts in EURe are seldom round.
  const eure = BigInt(cents) * CENT_OF_EURE + BigInt(index) * 1_000_003n;
  const [assetIn, assetOut] = index % 2 === 0 ? [BTC.id, EURE.id] : [EURE.id, BTC.id];
  const isExactIn = index % 4 < 2;
  const amount = ((isExactIn ? assetIn : assetOut) === BTC.id ? BigInt(sats) : eure).toString();
  const request: QuoteRequest = {
    quote_id: quoteId,
    defuse_asset_identifier_in: assetIn,
    defuse_asset_identifier_out: assetOut,
    ...(isExactIn ? { exact_amount_in: amount } : { exact_amount_out: amount }),
    min_deadline_ms: maker.minDeadlineMs,
    min_wait_ms: 1_900,
    max_wait_ms: 3_000,
  };
  const metadata = {
    traceparent: `00-${hex(index, 32)}-${hex(index, 16)}-01`,
    partner_id: '1click',
    quote_timestamp:
      maker.ratePerS === null ? Date.now() : maker.firstAtMs + Math.floor((index * 1000) / maker.ratePerS),
  };
  return { quoteId, request, frame: quoteFrames('event', request, metadata) };
}

/** Tokens of other pairs, as the venue has them. */
const FOREIGN_TOKENS = [
  'nep141:wrap.near',
  'nep141:eth.omft.near',
  'nep141:17208628f84f5d6ad33f0da3bbbeb27ffcb398eac501a31bd6ad2011e36133a1',
  'nep141:sol.omft.near',
  'nep141:base-0x833589fcd6edb6e08f4c7c32d4f71b54bda02913.omft.near',
] as const;

/** A quote request for another pair, of the same shape and about as long, which a market maker of BTC/EURe leaves alone. */
export function foreignFrame(index: number, subscriptionId: string): string {
  const [assetIn, assetOut] = [0, 1].map(
    (shift) => FOREIGN_TOKENS[(index + shift) % FOREIGN_TOKENS.length] ?? FOREIGN_TOKENS[0],
  ) as [string, string];
  const request: QuoteRequest = {
    quote_id: `${FOREIGN_PREFIX}${hex(index, 12)}`,
    defuse_asset_identifier_in: assetIn,
    defuse_asset_identifier_out: assetOut,
    exact_amount_in: String(1_000_000 + index),
    min_deadline_ms: 60_000,
    min_wait_ms: 1_900,
    max_wait_ms: 3_000,
  };
  const metadata = { traceparent: `00-${hex(index, 32)}-${hex(index, 16)}-01`, partner_id: '1click' };
  return quoteFrames('event', request, { ...metadata, quote_timestamp: Date.now() })(subscriptionId);
}
