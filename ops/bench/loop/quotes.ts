// The quote requests of the loop bench as the venue frames them: both directions, both kinds of request, 2 to 4.5 EUR each,
// so that an engine with its default limits answers every one. Many distinct texts, made before the run. Pure.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import { quoteFrames } from '../../sim/relay/frames.ts';

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
  /** When the first one is asked, and how many follow in a second: the venue stamps each request. */
  readonly firstAtMs: number;
  readonly ratePerS: number;
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
    min_deadline_ms: 60_000,
    min_wait_ms: 1_900,
    max_wait_ms: 3_000,
  };
  const metadata = {
    traceparent: `00-${hex(index, 32)}-${hex(index, 16)}-01`,
    partner_id: '1click',
    quote_timestamp: maker.firstAtMs + Math.floor((index * 1000) / maker.ratePerS),
  };
  return { quoteId, request, frame: quoteFrames('event', request, metadata) };
}
