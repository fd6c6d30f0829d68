// What binds the account under an asset id that is no longer configured.

import { assetIdsOf, type Pair } from '../../contracts/assets.ts';
import type { AssetId } from '../../contracts/ids.ts';
import type { Book } from '../inventory/book.ts';

/**
 * An asset that is not of the pair, and in which something that was signed can still settle; null: there is none.
 * @param clean the last run ended in order: after a crash its list of quotes may lack some, under any nonce that is open
 */
export function formerAsset(book: Pick<Book, 'liveQuotes' | 'nonces'>, pair: Pair, clean: boolean): AssetId | null {
  const traded = assetIdsOf(pair);
  const bound = book
    .nonces()
    .filter(({ used, liveQuotes, boundUntilMs }) => !used && (!clean || liveQuotes > 0 || boundUntilMs !== null))
    .map(({ asset }) => asset);
  const quoted = book.liveQuotes().flatMap(({ attempt }) => [attempt.assetIn, attempt.assetOut]);
  return [...quoted, ...bound].find((id) => !traded.includes(id)) ?? null;
}
