// What a snapshot says that would free capital, or would be taken for a loss or a settlement that it is not, and that no second
// endpoint has confirmed before. Pure.

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
  /** The newest salt that two endpoints named; null: none was. */
  readonly saltKnown: string | null;
  /** No second endpoint was heard on the balances for a while: one that hides an outflow is not to go unnoticed. */
  readonly isBalanceDue: boolean;
  /** More than two endpoints: two of them can outvote one. */
  readonly isVoted: boolean;
};

export type Freed = {
  readonly freeing: Freeing;
  /** Something is over by the block's time, if its nonce is unused. */
  readonly isTimeDue: boolean;
  /** Nothing of it was promised before: a balance of assets that have none on record. */
  readonly isFirst: boolean;
  readonly isAnything: boolean;
  /** It is worth waiting for endpoints that are a little behind. */
  readonly isWaitedFor: boolean;
};

export function freedBy(inputs: FreeingInputs): Freed {
  const { snapshot, timeFrees, known, onRecord, saltKnown, isBalanceDue, isVoted } = inputs;
  const due = dueAt(snapshot.block, timeFrees);
  const knownOf = (asset: AssetId): bigint => known.credited.get(asset) ?? onRecord(asset) ?? 0n;
  const { nonces } = snapshot;
  const balances = Object.entries(snapshot.credited).map(([asset, units]) => ({ asset: asset as AssetId, units }));
  const usedNonces = nonces.filter(({ nonce, used }) => used && !known.usedNonces.has(nonce)).map(({ nonce }) => nonce);
  const higher = balances.filter(({ asset, units }) => units > knownOf(asset)).map(({ asset }) => asset);
  const hasFallen = balances.some(({ asset, units }) => units < (onRecord(asset) ?? units));
  // What was settled is what used nonces moved: one endpoint that hides the use of a nonce would make a loss of it.
  const hasMoved = hasFallen || balances.some(({ asset, units }) => units > (onRecord(asset) ?? units));
  // A balance from before an outflow would free what the quote that was settled reserves, and give nothing for it; another one than the
  // true one would be explained by another quote. Of two endpoints, the lower balance is believed; of more, the one that two name.
  const isExact = usedNonces.length > 0 || (hasFallen && isVoted);
  const isEveryBalance = due.size > 0 || isExact || isBalanceDue;
  const freeing: Freeing = {
    usedNonces,
    unusedNonces: nonces.filter(({ nonce, used }) => !used && (hasMoved || due.has(nonce))).map(({ nonce }) => nonce),
    invalidSalts: snapshot.invalidSalts.filter((salt) => !known.invalidSalts.has(salt)),
    salt: snapshot.salt === saltKnown ? null : snapshot.salt,
    assets: isEveryBalance ? balances.map(({ asset }) => asset) : higher,
    isExact,
  };
  const isSaltChanged = saltKnown !== null && freeing.salt !== null;
  const named = usedNonces.length + freeing.invalidSalts.length + (isSaltChanged ? 1 : 0);
  const isTimeDue = due.size > 0;
  const isAnything = isTimeDue || named + higher.length > 0;
  return {
    freeing,
    isTimeDue,
    isFirst: !isTimeDue && named === 0 && !higher.some((asset) => onRecord(asset) !== null),
    isAnything,
    isWaitedFor: isAnything || (hasFallen && isVoted),
  };
}

/** Nonces under which something is over by the block's time, if they are unused. */
const dueAt = (block: FinalBlock, timeFrees: ToRead['timeFrees']): ReadonlySet<NonceText | null> =>
  new Set(timeFrees.filter(({ fromMs }) => fromMs < block.timeMs).map(({ nonce }) => nonce));
