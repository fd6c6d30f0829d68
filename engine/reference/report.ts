// What the reference says of itself: the record for `ref.market_price`, the state for the control API, and its health. Pure.
// Rates are EURe per BTC, after the basis; prices of the sources are EUR per BTC as they were heard.

import { type PriceE8, renderScaled } from '../../contracts/amounts.ts';
import { PAIR } from '../../contracts/assets.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import type { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import { midOf, toEureCeil, toEureFloor } from './fair.ts';
import { type PriceProblem, type ReferenceConfig, type Selection, topOf } from './select.ts';
import type { CoinGeckoSource, CoinPrice, KrakenSource } from './sources.ts';

export type ReferenceHealth = {
  readonly healthy: boolean;
  /** Why no decision may trade on the price: codes of decision reasons. */
  readonly reasons: readonly string[];
  /** Healthy, but worth saying: `fallback_in_use`, `kraken_stale`, `coingecko_failing`, `paused`, ... */
  readonly notes: readonly string[];
};

/** Everything that a report is made of, at one moment. */
export type ReferenceMoment = {
  readonly config: ReferenceConfig;
  readonly kraken: KrakenSource;
  readonly coingecko: CoinGeckoSource;
  readonly selection: Selection;
  readonly paused: boolean;
  readonly nowMs: number;
};

const price = (valueE8: PriceE8 | bigint | undefined | null): string | null =>
  valueE8 === undefined || valueE8 === null ? null : renderScaled(valueE8, 8);

const ageOf = (atMs: number | null, nowMs: number): number | null => (atMs === null ? null : Math.max(0, nowMs - atMs));

const coin = (value: CoinPrice | null, nowMs: number) => ({
  price: price(value?.priceE8),
  last_updated_at: isoTimeOrNull(value?.updatedAtMs ?? null),
  age_ms: ageOf(value?.updatedAtMs ?? null, nowMs),
});

function rates({ view }: Selection) {
  const top = topOf(view);
  const basis = view.eurPerEureE8;
  if (top === null || basis === null) return { bid_rate: null, ask_rate: null, fair_rate: null };
  return {
    bid_rate: price(toEureFloor(top.bidE8, basis)),
    ask_rate: price(toEureCeil(top.askE8, basis)),
    fair_rate: price(toEureFloor(midOf(top.bidE8, top.askE8), basis)),
  };
}

/** The problem as one sentence with its numbers; null when there is none. */
export function explain(moment: ReferenceMoment): string | null {
  const { selection, config, nowMs } = moment;
  if (selection.problem === null) return null;
  const { view } = selection;
  const sources = [selection.krakenFault, selection.coingeckoFault].filter((fault) => fault !== null).join(', ');
  const sentences: Record<PriceProblem, () => string> = {
    price_missing: () => `no source has given a price yet (${sources})`,
    price_stale: () =>
      `the newest price is ${view.source}'s, ${ageOf(view.asOfMs, nowMs)} ms old, and not usable (${sources}; ` +
      `REFERENCE_MAX_AGE_MS ${config.referenceMaxAgeMs}, REFERENCE_FALLBACK_MAX_AGE_MS ${config.fallbackMaxAgeMs}, ` +
      `REFERENCE_FALLBACK ${config.fallbackPolicy})`,
    price_not_tradable: () => `Kraken's market is ${moment.kraken.system ?? 'of unknown status'}, not online`,
    price_diverged: () =>
      `Kraken and CoinGecko are ${renderScaled(view.divergencePctE4 ?? 0n, 4)} % apart, allowed are ` +
      `${renderScaled(config.maxDivergencePctE4, 4)} % (REFERENCE_MAX_DIVERGENCE_PCT)`,
    basis_missing: () => 'EURE_EUR_BASIS is coingecko, and CoinGecko has no fresh price of EURe',
  };
  return `${selection.problem}: ${sentences[selection.problem]()}`;
}

/** Payload of `ref.market_price`. */
export function snapshotOf(moment: ReferenceMoment, priceId: string): RefMarketPrice {
  const { selection, kraken, coingecko, nowMs } = moment;
  const { view } = selection;
  const { price: btcEur, last_updated_at, age_ms } = coin(coingecko.btc, nowMs);
  return {
    price_id: priceId,
    pair: PAIR,
    source: view.source,
    ...rates(selection),
    freshness_ms: view.source === 'none' ? null : ageOf(view.asOfMs, nowMs),
    divergence_pct: view.divergencePctE4 === null ? null : renderScaled(view.divergencePctE4, 4),
    tradable: selection.problem === null,
    problem: explain(moment),
    kraken: {
      bid: price(kraken.bids[0]?.priceE8),
      ask: price(kraken.asks[0]?.priceE8),
      age_ms: ageOf(kraken.confirmedAtMs, nowMs),
      market_status: kraken.system,
      connected: kraken.connected,
      healthy: selection.krakenFault === null,
    },
    coingecko: {
      price: btcEur,
      last_updated_at,
      age_ms,
      healthy: selection.coingeckoFault === null,
      eure_eur: price(coingecko.eure?.priceE8),
    },
    basis: { kind: view.basisKind, eur_per_eure: price(view.eurPerEureE8) },
  };
}

/** An operator's pause is no illness: what it leads to is then said as a note. */
export function healthOf({ selection, coingecko, paused }: ReferenceMoment): ReferenceHealth {
  const reasons: readonly string[] = selection.problem === null ? [] : [selection.problem];
  const notes: readonly (string | null)[] = [
    paused ? 'paused' : null,
    selection.fallbackUsed ? 'fallback_in_use' : null,
    selection.krakenFault,
    selection.coingeckoFault,
    coingecko.failure === null ? null : 'coingecko_failing',
  ];
  const said = notes.filter((note): note is string => note !== null);
  return paused
    ? { healthy: true, reasons: [], notes: [...said, ...reasons] }
    : { healthy: reasons.length === 0, reasons, notes: said };
}

/** State for the control API: what is used now, what each source last said, and why it is or is not usable. */
export function stateOf(moment: ReferenceMoment, priceId: string | null) {
  const { selection, kraken, coingecko, config, nowMs, paused } = moment;
  const { view } = selection;
  const health = healthOf(moment);
  return {
    pair: PAIR,
    paused,
    ...health,
    problem: explain(moment),
    price_id: priceId,
    source: view.source,
    fallback_used: selection.fallbackUsed,
    fallback_policy: config.fallbackPolicy,
    ...rates(selection),
    freshness_ms: view.source === 'none' ? null : ageOf(view.asOfMs, nowMs),
    divergence_pct: view.divergencePctE4 === null ? null : renderScaled(view.divergencePctE4, 4),
    max_divergence_pct: renderScaled(config.maxDivergencePctE4, 4),
    basis: { kind: view.basisKind, eur_per_eure: price(view.eurPerEureE8) },
    kraken: {
      healthy: selection.krakenFault === null,
      fault: selection.krakenFault,
      connected: kraken.connected,
      last_close: kraken.lastClose,
      market_status: kraken.system,
      bid: price(kraken.bids[0]?.priceE8),
      ask: price(kraken.asks[0]?.priceE8),
      levels: { bids: kraken.bids.length, asks: kraken.asks.length },
      age_ms: ageOf(kraken.confirmedAtMs, nowMs),
      max_age_ms: config.referenceMaxAgeMs,
      confirmed_at: isoTimeOrNull(kraken.confirmedAtMs),
      venue_time: isoTimeOrNull(kraken.venueTimeMs),
      ticker: {
        bid: price(kraken.ticker?.bidE8),
        ask: price(kraken.ticker?.askE8),
        age_ms: ageOf(kraken.tickerAtMs, nowMs),
      },
    },
    coingecko: {
      healthy: selection.coingeckoFault === null,
      fault: selection.coingeckoFault,
      failure: coingecko.failure,
      ...coin(coingecko.btc, nowMs),
      max_age_ms: config.fallbackMaxAgeMs,
      read_at: isoTimeOrNull(coingecko.readAtMs),
      eure: coin(coingecko.eure, nowMs),
    },
  };
}

export type ReferenceState = ReturnType<typeof stateOf>;
