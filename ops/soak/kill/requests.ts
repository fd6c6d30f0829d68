// The quote requests of a kill run: both directions, both kinds, small enough that lanes of a small balance take them, most
// of them with a deadline so near that they end within the run. Pure.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { Prng } from '../../sim/tape/prng.ts';

export type KillRequest = {
  readonly request: QuoteRequest;
  /** What an answer pays. */
  readonly assetOut: string;
  /** Its deadline passes within the run. */
  readonly isShort: boolean;
};

const SHORT_DEADLINE_MS = 3_000;
const LONG_DEADLINE_MS = 60_000;
/** An engine that waits for its turn on a busy machine is not too late. */
const MAX_WAIT_MS = 30_000;
const EUR_PER_BTC = 38_900;

export function killRequest(prefix: string, index: number, prng: Prng): KillRequest {
  const cents = prng.between(50, 350);
  const isBtcIn = prng.chance(1, 2);
  const isExactIn = prng.chance(1, 2);
  const isShort = prng.chance(2, 3);
  const [assetIn, assetOut] = isBtcIn ? [BTC.id, EURE.id] : [EURE.id, BTC.id];
  const fixed = isExactIn ? assetIn : assetOut;
  // The lower digits are filled, so that hardly two amounts are the same and a settlement can be recognised by its change.
  const eure = BigInt(cents) * 10n ** 16n + BigInt(prng.below(1_000_000_000)) * 10n ** 7n;
  const sats = Math.round((cents * 1_000_000) / EUR_PER_BTC) + prng.below(25);
  const amount = (fixed === BTC.id ? BigInt(sats) : eure).toString();
  return {
    assetOut,
    isShort,
    request: {
      quote_id: `${prefix}-${String(index).padStart(5, '0')}`,
      defuse_asset_identifier_in: assetIn,
      defuse_asset_identifier_out: assetOut,
      ...(isExactIn ? { exact_amount_in: amount } : { exact_amount_out: amount }),
      min_deadline_ms: isShort ? SHORT_DEADLINE_MS : LONG_DEADLINE_MS,
      min_wait_ms: 1_500,
      max_wait_ms: MAX_WAIT_MS,
    },
  };
}
