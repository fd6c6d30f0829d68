// What a ticker says beyond the top of the book: the day's trades in sum. Pure.
// Averages are rounded down; nobody trades on them.

export type Stats = {
  readonly openE1: bigint;
  readonly lastE1: bigint;
  readonly lowE1: bigint;
  readonly highE1: bigint;
  readonly volumeE8: bigint;
  /** Sum of price times quantity, scale 10^9. */
  readonly turnoverE9: bigint;
};

/** A day that has seen one trade. */
export function statsFrom(priceE1: bigint, qtyE8: bigint): Stats {
  return {
    openE1: priceE1,
    lastE1: priceE1,
    lowE1: priceE1,
    highE1: priceE1,
    volumeE8: qtyE8,
    turnoverE9: priceE1 * qtyE8,
  };
}

export function withTrade(stats: Stats, priceE1: bigint, qtyE8: bigint): Stats {
  return {
    openE1: stats.openE1,
    lastE1: priceE1,
    lowE1: priceE1 < stats.lowE1 ? priceE1 : stats.lowE1,
    highE1: priceE1 > stats.highE1 ? priceE1 : stats.highE1,
    volumeE8: stats.volumeE8 + qtyE8,
    turnoverE9: stats.turnoverE9 + priceE1 * qtyE8,
  };
}

/** Volume-weighted average price, rounded down. */
export const vwapE1 = (stats: Stats): bigint =>
  stats.volumeE8 === 0n ? stats.lastE1 : stats.turnoverE9 / stats.volumeE8;

export const changeE1 = (stats: Stats): bigint => stats.lastE1 - stats.openE1;

/** Percent times 100, rounded towards zero. */
export const changePctE2 = (stats: Stats): bigint =>
  stats.openE1 === 0n ? 0n : (changeE1(stats) * 10_000n) / stats.openE1;
