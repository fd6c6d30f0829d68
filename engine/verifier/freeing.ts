// What a snapshot says that would free capital and that no second endpoint has confirmed before. Pure.

import type { AssetId, NonceText } from '../../contracts/ids.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import type { Freeing, ToRead, VerifierSnapshot } from './read-snapshot.ts';

/** What was confirmed before: of the newest snapshot's nonces and salts, and a balance an asset. */
export type Known = {
  readonly usedNonces: ReadonlySet<NonceText>;
  readonly invalidSalts: ReadonlySet<string>;
  readonly credited: ReadonlyMap<string, bigint>;
};

export const NOTHING_KNOWN: Known = { usedNonces: new Set(), invalidSalts: new Set(), credited: new Map() };

/**
 * The ledger took a snapshot: what of it need not be confirmed again. A lower balance is believed at once, also where the higher one was
 * read by an earlier run.
 * @param confirmed by a second endpoint
 */
export function knownAfter(
  known: Known,
  snapshot: VerifierSnapshot,
  { confirmed, onRecord }: Pick<FreeingInputs, 'onRecord'> & { readonly confirmed: boolean },
): Known {
  const used = snapshot.nonces.filter((read) => read.used).map(({ nonce }) => nonce);
  const credited = new Map(known.credited);
  for (const [asset, units] of Object.entries(snapshot.credited)) {
    const before = credited.get(asset) ?? onRecord(asset as AssetId);
    if (confirmed || (before !== null && units < before)) credited.set(asset, units);
  }
  return {
    usedNonces: new Set(used.filter((nonce) => confirmed || known.usedNonces.has(nonce))),
    invalidSalts: new Set(snapshot.invalidSalts.filter((salt) => confirmed || known.invalidSalts.has(salt))),
    credited,
  };
}

export type FreeingInputs = {
  readonly snapshot: VerifierSnapshot;
  readonly timeFrees: ToRead['timeFrees'];
  readonly known: Known;
  /** What the ledger has on record, maybe of an earlier run; null before the first balance. */
  readonly onRecord: (asset: AssetId) => bigint | null;
};

export type Freed = {
  readonly freeing: Freeing;
  /** Something is over by the block's time, if its nonce is unused. */
  readonly isTimeDue: boolean;
  /** Nothing of it was promised before: a balance of assets that have none on record. */
  readonly isFirst: boolean;
  readonly isAnything: boolean;
};

export function freedBy({ snapshot, timeFrees, known, onRecord }: FreeingInputs): Freed {
  const due = dueAt(snapshot.block, timeFrees);
  const knownOf = (asset: string): bigint => known.credited.get(asset) ?? onRecord(asset as AssetId) ?? 0n;
  const { nonces } = snapshot;
  const usedNonces = nonces.filter(({ nonce, used }) => used && !known.usedNonces.has(nonce)).map(({ nonce }) => nonce);
  // A balance from before an outflow would free what the quote that was settled reserves, and give nothing for it.
  const isAnyBalanceFreeing = due.size > 0 || usedNonces.length > 0;
  const freeing: Freeing = {
    usedNonces,
    unusedNonces: nonces.filter(({ nonce, used }) => !used && due.has(nonce)).map(({ nonce }) => nonce),
    invalidSalts: snapshot.invalidSalts.filter((salt) => !known.invalidSalts.has(salt)),
    assets: Object.entries(snapshot.credited)
      .filter(([asset, units]) => isAnyBalanceFreeing || units > knownOf(asset))
      .map(([asset]) => asset as AssetId),
  };
  const named = usedNonces.length + freeing.invalidSalts.length;
  const isTimeDue = due.size > 0;
  return {
    freeing,
    isTimeDue,
    isFirst: !isTimeDue && named === 0 && !freeing.assets.some((asset) => onRecord(asset) !== null),
    isAnything: isTimeDue || named + freeing.assets.length > 0,
  };
}

/** Nonces under which something is over by the block's time, if they are unused. */
const dueAt = (block: FinalBlock, timeFrees: ToRead['timeFrees']): ReadonlySet<NonceText | null> =>
  new Set(timeFrees.filter(({ fromMs }) => fromMs < block.timeMs).map(({ nonce }) => nonce));
