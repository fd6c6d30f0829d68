// What the reference reports: the record for `ref.market_price`, the state for the control API, and its health. Pure.
// Rates are EURe per BTC, after the basis; prices of the sources are EUR per BTC as they were heard.

import { type PriceE8, renderScaled } from '../../contracts/amounts.ts';
import { PAIR } from '../../contracts/assets.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import type { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import { basisDeviation } from '../lib/basis.ts';
import { toEureCeil, toEureFloor } from '../lib/eure.ts';
import { ageMs } from '../lib/moment.ts';
import type { PriceReason } from '../lib/price-gate.ts';
import type { Moment } from '../model/values.ts';
import { midOf } from './fair.ts';
import { type ReferenceMemory, type Selection, topOf } from './select.ts';
import type { CoinPrice } from './sources.ts';

export type ReferenceHealth = {
  readonly healthy: boolean;
  /** Codes of decision reasons: why no decision may trade on the price. Then the faults of sources that stay broken. */
  readonly reasons: readonly string[];
  /** Healthy, but worth a note: `fallback_in_use`, `kraken_stale`, `coingecko_failing`, `paused`, ... */
  readonly notes: readonly string[];
};

/** Everything that a report is made of, at one moment. */
export type ReferenceMoment = ReferenceMemory & {
  readonly startedUs: number;
  readonly selection: Selection;
  readonly now: Moment;
};

/** A source that gave no usable price for this long is broken: unhealthy, although the other one is traded on. */
export const BROKEN_AFTER_MS = 30_000;

const price = (valueE8: PriceE8 | bigint | undefined | null): string | null =>
  valueE8 === undefined || valueE8 === null ? null : renderScaled(valueE8, 8);

const ageOf = (asOfUs: number | null | undefined, now: Moment): number | null =>
  asOfUs === null || asOfUs === undefined ? null : ageMs(asOfUs, now);

const coin = (value: CoinPrice | null, now: Moment) => ({
  price: price(value?.priceE8),
  last_updated_at: isoTimeOrNull(value?.updatedAtMs ?? null),
  age_ms: ageOf(value?.asOfUs, now),
});

const freshnessOf = ({ view }: Selection, now: Moment): number | null =>
  view.source === 'none' ? null : ageMs(view.asOfUs, now);

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
function explain(moment: ReferenceMoment): string | null {
  const { selection, config, comparison } = moment;
  if (selection.problem === null) return null;
  const { view } = selection;
  const fallback = config.fallbackPolicy === 'allow' && comparison === null ? 'coingecko_unconfirmed' : null;
  const sources = [selection.krakenFault, selection.coingeckoFault, fallback]
    .filter((fault) => fault !== null)
    .join(', ');
  const sentences: Record<PriceReason, () => string> = {
    reference_paused: () => 'an operator paused the reference',
    price_missing: () => `no source has given a price yet (${sources})`,
    price_stale: () =>
      `the newest price is ${view.source}'s, ${freshnessOf(selection, moment.now)} ms old, and not usable (${sources}; ` +
      `REFERENCE_MAX_AGE_MS ${config.referenceMaxAgeMs}, REFERENCE_FALLBACK_MAX_AGE_MS ${config.fallbackMaxAgeMs}, ` +
      `REFERENCE_FALLBACK ${config.fallbackPolicy})`,
    price_not_tradable: () =>
      moment.kraken.isContradicted
        ? `Kraken's newest book has an empty side or crosses (${sources})`
        : moment.kraken.system === 'online'
          ? "Kraken's market is open again, and its order book is from before"
          : `Kraken's market is ${moment.kraken.system ?? 'of unknown status'}, not online`,
    price_diverged: () =>
      `${
        view.divergencePctE4 === comparison?.pctE4
          ? 'Kraken and CoinGecko are'
          : "Kraken's book and its ticker, or its book and the one just before, are"
      } ${renderScaled(view.divergencePctE4 ?? 0n, 4)} % apart, allowed are ` +
      `${renderScaled(config.maxDivergencePctE4, 4)} % (REFERENCE_MAX_DIVERGENCE_PCT)`,
    basis_missing: () => 'EURE_EUR_BASIS is coingecko, and CoinGecko has no fresh price of EURe',
    basis_out_of_bounds: () =>
      `EURe is at ${price(view.eurPerEureE8)} EUR, further from par than ` +
      `${renderScaled(config.maxBasisDeviationPctE4, 4)} % (EURE_BASIS_MAX_DEVIATION_PCT)`,
  };
  return `${selection.problem}: ${sentences[selection.problem]()}`;
}

/** Payload of `ref.market_price`. */
export function snapshotOf(moment: ReferenceMoment, priceId: string): RefMarketPrice {
  const { selection, kraken, coingecko, now } = moment;
  const { view } = selection;
  const { price: btcEur, last_updated_at, age_ms } = coin(coingecko.btc, now);
  return {
    price_id: priceId,
    pair: PAIR,
    source: view.source,
    ...rates(selection),
    freshness_ms: freshnessOf(selection, now),
    divergence_pct: view.divergencePctE4 === null ? null : renderScaled(view.divergencePctE4, 4),
    tradable: selection.problem === null,
    problem: explain(moment),
    kraken: {
      bid: price(kraken.bids[0]?.priceE8),
      ask: price(kraken.asks[0]?.priceE8),
      age_ms: ageOf(kraken.confirmed?.asOfUs, now),
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

/** Sources without a usable price for longer than a hiccup; their faults. */
function brokenSources({ selection, kraken, coingecko, startedUs, now }: ReferenceMoment): string[] {
  const { krakenFault, coingeckoFault } = selection;
  const isOver = (sinceUs: number | null | undefined): boolean => ageMs(sinceUs ?? startedUs, now) > BROKEN_AFTER_MS;
  const broken: string[] = [];
  if (krakenFault !== null && isOver(kraken.usableAsOfUs)) broken.push(krakenFault);
  if (coingeckoFault !== null && isOver(coingecko.btc?.asOfUs)) broken.push(coingeckoFault);
  return broken;
}

/**
 * EURe is counted as one EUR, and CoinGecko's fresh price says that it is not: each EURe taken in costs the difference. An
 * operator has to know; whether to trade on at par was the operator's choice.
 */
function isOffPar({ config, coingecko, now }: ReferenceMoment): boolean {
  const { eure } = coingecko;
  if (config.eureBasis !== 'par' || eure === null || ageMs(eure.asOfUs, now) > config.fallbackMaxAgeMs) return false;
  return basisDeviation(eure.priceE8) > config.maxBasisDeviationPctE4;
}

/** A pause alone is healthy; a pause in which the price went stale is not: resumed now, nothing could be traded. */
export function healthOf(moment: ReferenceMoment): ReferenceHealth {
  const { selection, coingecko, paused } = moment;
  const { problem, krakenFault, coingeckoFault, fallbackUsed } = selection;
  const broken = [...brokenSources(moment), ...(isOffPar(moment) ? ['eure_off_par'] : [])];
  const whilePaused = selection.isStale ? ['paused_and_stale'] : [];
  const reasons = paused ? whilePaused : [...(problem === null ? [] : [problem]), ...broken];
  const notes: readonly (string | null)[] = [
    paused ? 'paused' : null,
    fallbackUsed ? 'fallback_in_use' : null,
    krakenFault,
    coingeckoFault,
    coingecko.failure === null ? null : 'coingecko_failing',
  ];
  return {
    healthy: reasons.length === 0,
    reasons,
    notes: notes.filter((note): note is string => note !== null && !reasons.includes(note)),
  };
}

/** State for the control API: what is used now, what each source last said, and why it is or is not usable. */
export function stateOf(moment: ReferenceMoment) {
  const { selection, kraken, coingecko, comparison, config, now, paused } = moment;
  const { view } = selection;
  const health = healthOf(moment);
  return {
    pair: PAIR,
    paused,
    ...health,
    problem: explain(moment),
    price_id: moment.priceId,
    source: view.source,
    fallback_used: selection.fallbackUsed,
    fallback_policy: config.fallbackPolicy,
    ...rates(selection),
    freshness_ms: freshnessOf(selection, now),
    divergence_pct: view.divergencePctE4 === null ? null : renderScaled(view.divergencePctE4, 4),
    last_comparison:
      comparison === null ? null : { pct: renderScaled(comparison.pctE4, 4), is_over: comparison.isOver },
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
      age_ms: ageOf(kraken.confirmed?.asOfUs, now),
      max_age_ms: config.referenceMaxAgeMs,
      confirmed_at: isoTimeOrNull(kraken.confirmed?.asOfMs ?? null),
      venue_time: isoTimeOrNull(kraken.confirmed?.venueTimeMs ?? null),
      ticker: {
        bid: price(kraken.ticker?.bidE8),
        ask: price(kraken.ticker?.askE8),
        age_ms: ageOf(kraken.tickerAt?.asOfUs, now),
      },
    },
    coingecko: {
      healthy: selection.coingeckoFault === null,
      fault: selection.coingeckoFault,
      failure: coingecko.failure,
      ...coin(coingecko.btc, now),
      max_age_ms: config.fallbackMaxAgeMs,
      read_at: isoTimeOrNull(coingecko.readAtMs),
      eure: coin(coingecko.eure, now),
    },
  };
}

export type ReferenceState = ReturnType<typeof stateOf>;
