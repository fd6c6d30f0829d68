// The assets of the pair that is traded, and every id under which the verifier is known to hold them. Which of them are traded is
// configuration (BTC_ASSET_ID, EURE_ASSET_ID); a balance or a request under another known id is shown, and never used. Asset ids
// are in lower case as the verifier keeps them; a checksum form of the EURe address is another, unknown, asset there.

import { type AssetId, assetId } from './ids.ts';

export type Asset = {
  readonly id: AssetId;
  readonly symbol: 'BTC' | 'EURe';
  readonly decimals: number;
  /** The NEP-141 contract on NEAR: the id without its prefix, as `ft_withdraw` requires it. */
  readonly nearToken: string;
  /** Over which it is deposited and withdrawn: the POA bridge, or the Omni bridge. */
  readonly bridge: 'poa' | 'omni';
  /** The bridge's name of the chain on which it is funded. */
  readonly chain: string;
};

export const BTC: Asset = {
  id: assetId('nep141:btc.omft.near'),
  symbol: 'BTC',
  decimals: 8,
  nearToken: 'btc.omft.near',
  bridge: 'poa',
  chain: 'btc:mainnet',
};

const NBTC: Asset = {
  id: assetId('nep141:nbtc.bridge.near'),
  symbol: 'BTC',
  decimals: 8,
  nearToken: 'nbtc.bridge.near',
  bridge: 'omni',
  chain: 'btc:mainnet',
};

export const EURE: Asset = {
  id: assetId('nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near'),
  symbol: 'EURe',
  decimals: 18,
  nearToken: 'gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near',
  bridge: 'poa',
  chain: 'eth:100',
};

export const KNOWN_ASSETS: readonly Asset[] = [BTC, NBTC, EURE];

/** The two assets that one process trades. */
export type Pair = { readonly btc: Asset; readonly eure: Asset };

export const DEFAULT_PAIR: Pair = { btc: BTC, eure: EURE };

/** The pair's name in records, whichever ids are traded. */
export const PAIR = 'BTC/EURe';

/** Seen from us: the asset that we receive, then the asset that we pay. */
export const DIRECTIONS = ['BTC->EURe', 'EURe->BTC'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** The direction in which a request trades our pair, or `null` when it is another pair or the same asset twice. */
export function directionOf(pair: Pair, assetIn: string, assetOut: string): Direction | null {
  if (assetIn === pair.btc.id && assetOut === pair.eure.id) return 'BTC->EURe';
  if (assetIn === pair.eure.id && assetOut === pair.btc.id) return 'EURe->BTC';
  return null;
}

export const assetReceived = (pair: Pair, direction: Direction): Asset =>
  direction === 'BTC->EURe' ? pair.btc : pair.eure;
export const assetPaid = (pair: Pair, direction: Direction): Asset =>
  direction === 'BTC->EURe' ? pair.eure : pair.btc;

/** Which of the two has that symbol: under the id that is traded. */
export const assetNamed = ({ btc, eure }: Pair, symbol: Asset['symbol']): Asset => (symbol === 'BTC' ? btc : eure);

export const assetIdsOf = ({ btc, eure }: Pair): readonly AssetId[] => [btc.id, eure.id];

/** Known assets with a symbol of the pair that are not the ones that are traded. */
export const otherAssets = ({ btc, eure }: Pair): readonly Asset[] =>
  KNOWN_ASSETS.filter(({ id }) => id !== btc.id && id !== eure.id);
