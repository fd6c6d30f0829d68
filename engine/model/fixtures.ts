// Builders for tests: every option has a default, so that what a test sets is what the test is about. Prices are par at
// 40,000 EUR per BTC with a spread of 10, inventories are ample, nothing is stale, everything is armed.

import { eurE18, pctE4, priceE8, units } from '../../contracts/amounts.ts';
import { assetPaid, assetReceived, BTC, DEFAULT_PAIR, type Direction, EURE } from '../../contracts/assets.ts';
import { nonceText, type QuoteId } from '../../contracts/ids.ts';
import type { Admission, AssetCapital, Demand, InventoryView, Limits, PriceLevel, PriceView } from './values.ts';

export const NOW_MS = 1_767_225_600_000;
/** Monotonic time of that moment: a process that has run for two hours. */
export const NOW_US = 7_200_000_000;

export const level = (priceEur: number, quantityBtcE8: bigint): PriceLevel => ({
  priceE8: priceE8(BigInt(Math.round(priceEur * 10)) * 10_000_000n),
  quantityE8: quantityBtcE8,
});

export function makeDemand(over: Partial<Demand> & { readonly direction?: Direction } = {}): Demand {
  const direction = over.direction ?? 'BTC->EURe';
  return {
    quoteId: 'quote-1' as QuoteId,
    assetIn: assetReceived(DEFAULT_PAIR, direction).id,
    assetOut: assetPaid(DEFAULT_PAIR, direction).id,
    direction,
    amountInUnits: direction === 'BTC->EURe' ? units(10_000n) : units(4_000_000_000_000_000_000n),
    amountOutUnits: null,
    minDeadlineMs: 60_000,
    minWaitMs: null,
    maxWaitMs: 3000,
    partnerId: 'partner',
    traceparent: null,
    quotedAtMs: null,
    receivedAtMs: NOW_MS,
    ...over,
  };
}

export function makePrice(over: Partial<PriceView> = {}): PriceView {
  return {
    priceId: 'price-1',
    source: 'kraken',
    bids: [level(39_995, 50_000_000n), level(39_990, 200_000_000n)],
    asks: [level(40_005, 50_000_000n), level(40_010, 200_000_000n)],
    hasDepth: true,
    asOfMs: NOW_MS - 100,
    asOfUs: NOW_US - 100_000,
    heardAtUs: NOW_US - 100_000,
    maxAgeMs: 3000,
    paused: false,
    tradable: true,
    divergencePctE4: pctE4(500n),
    basisKind: 'par',
    eurPerEureE8: 100_000_000n,
    kraken: null,
    coingecko: null,
    ...over,
  };
}

export function makeCapital(
  asset: AssetCapital['asset'],
  creditedUnits: bigint,
  over: Partial<AssetCapital> = {},
): AssetCapital {
  return {
    asset,
    creditedUnits: units(creditedUnits),
    spendableUnits: units(creditedUnits),
    allocatedUnits: units(creditedUnits),
    reservedForOrdersUnits: units(0n),
    reservedForPositionsUnits: units(0n),
    realizedUnits: 0n,
    ceilingsUnits: units(0n),
    ...over,
  };
}

const AMPLE = { [BTC.id]: 10_000_000n, [EURE.id]: 5_000_000_000_000_000_000_000n };

export function makeInventory(direction: Direction, over: Partial<InventoryView> = {}): InventoryView {
  const paid = assetPaid(DEFAULT_PAIR, direction).id;
  const received = assetReceived(DEFAULT_PAIR, direction).id;
  return {
    inventoryId: 'inv-1',
    blockHeight: 100,
    readAtMs: NOW_MS - 500,
    received: makeCapital(received, AMPLE[received] ?? 0n),
    paid: makeCapital(paid, AMPLE[paid] ?? 0n),
    ...over,
  };
}

export function makeLimits(over: Partial<Limits> = {}): Limits {
  return {
    minEdgePctE4: pctE4(20_000n),
    targetEdgePctE4: pctE4(20_000n),
    skewPctE4: pctE4(0n),
    maxNotionalEurE18: eurE18(5_000_000_000_000_000_000n),
    maxDivergencePctE4: pctE4(10_000n),
    maxBasisDeviationPctE4: pctE4(20_000n),
    journalMaxSyncLagMs: 250,
    quotesLiveMax: 200_000,
    maxFilledMinuteEurE18: eurE18(15n * 10n ** 18n),
    maxFilledDayEurE18: eurE18(50n * 10n ** 18n),
    maxConsecutiveFailures: 5,
    inventoryMaxAgeMs: 15_000,
    quoteLifetimeMaxMs: 75_000,
    partners: [],
    ...over,
  };
}

export const ARMED = { armed: true, paused: false, historyBlocks: false } as const;

const LANE: Admission = { ok: true, lane: 0, nonce: nonceText('AAAA'), nonceBytes: new Uint8Array(32) };

export const admitAll = (): Admission => LANE;
