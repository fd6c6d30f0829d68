// The market: a price that wanders, and now and then jumps, at both sources.

import type { Sim } from '../sim.ts';

const STEP_MS = 2_400;
const LOW_E1 = 300_000;
const HIGH_E1 = 480_000;

export type Market = {
  /** The price of everybody now, EUR times 10. */
  priceE1(): number;
  /** Kraken's book and CoinGecko's price are this again. */
  restore(): void;
  /** While it is held, somebody else has put a book in place. */
  hold(on: boolean): void;
};

export function startMarket(sim: Sim): Market {
  const random = sim.random('market');
  let priceE1 = 389_000;
  let holders = 0;

  const put = (): void => {
    if (holders === 0) sim.world.setPrice(BigInt(priceE1), BigInt(random.between(2, 30)));
  };
  const step = (): void => {
    const move = random.chance(1, 150) ? random.between(-9_000, 9_000) : random.between(-90, 90);
    priceE1 = Math.min(HIGH_E1, Math.max(LOW_E1, priceE1 + move));
    put();
    sim.later(STEP_MS, step);
  };
  sim.later(STEP_MS, step);
  return {
    priceE1: () => priceE1,
    restore: put,
    hold(on) {
      holders += on ? 1 : -1;
      put();
    },
  };
}
