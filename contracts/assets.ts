// The one pair that is traded, and the facts of its two tokens (protocols: token facts). Asset ids are in lower case as the
// verifier keeps them; a checksum form of the EURe address is another, unknown, asset there.

import { type AssetId, assetId } from './ids.ts';

export type Asset = {
  readonly id: AssetId;
  readonly symbol: 'BTC' | 'EURe';
  readonly decimals: number;
  /** The NEP-141 contract on NEAR: the id without its prefix, as `ft_withdraw` requires it. */
  readonly nearToken: string;
  /** The POA bridge's name of the chain on which it is funded. */
  readonly chain: string;
};

export const BTC: Asset = {
  id: assetId('nep141:btc.omft.near'),
  symbol: 'BTC',
  decimals: 8,
  nearToken: 'btc.omft.near',
  chain: 'btc:mainnet',
};

export const EURE: Asset = {
  id: assetId('nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near'),
  symbol: 'EURe',
  decimals: 18,
  nearToken: 'gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near',
  chain: 'eth:100',
};

export const PAIR = 'BTC/EURe';

/** Seen from us: the asset that we receive, then the asset that we pay. */
export const DIRECTIONS = ['BTC->EURe', 'EURe->BTC'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** The direction in which a request trades our pair, or `null` when it is another pair or the same asset twice. */
export function directionOf(assetIn: string, assetOut: string): Direction | null {
  if (assetIn === BTC.id && assetOut === EURE.id) return 'BTC->EURe';
  if (assetIn === EURE.id && assetOut === BTC.id) return 'EURe->BTC';
  return null;
}

export const assetReceived = (direction: Direction): Asset => (direction === 'BTC->EURe' ? BTC : EURE);
export const assetPaid = (direction: Direction): Asset => (direction === 'BTC->EURe' ? EURE : BTC);
