// Whether a price may be traded on: one function for decisions and for the health of the reference, so that the two cannot
// disagree. Pure.

import type { DecisionReason } from '../../contracts/reasons.ts';
import type { Limits, Moment, PriceView } from '../model/values.ts';
import { basisDeviation } from './basis.ts';

export type PriceReason = Extract<
  DecisionReason,
  | 'reference_paused'
  | 'price_missing'
  | 'price_stale'
  | 'price_not_tradable'
  | 'price_diverged'
  | 'basis_missing'
  | 'basis_out_of_bounds'
>;

export type PriceLimits = Pick<Limits, 'maxDivergencePctE4' | 'maxBasisDeviationPctE4'>;

/** The first reason against the price, in the order of DECISION_REASONS; null: it may be traded on. */
export function priceGate(price: PriceView, limits: PriceLimits, { nowUs }: Moment): PriceReason | null {
  if (price.paused) return 'reference_paused';
  if (price.source === 'none') return 'price_missing';
  if (nowUs - price.asOfUs > price.maxAgeMs * 1000) return 'price_stale';
  if (!price.tradable) return 'price_not_tradable';
  if (price.divergencePctE4 !== null && price.divergencePctE4 > limits.maxDivergencePctE4) return 'price_diverged';
  if (price.eurPerEureE8 === null) return 'basis_missing';
  return basisDeviation(price.eurPerEureE8) > limits.maxBasisDeviationPctE4 ? 'basis_out_of_bounds' : null;
}
