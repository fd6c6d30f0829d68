// The capital of one asset: what the verifier credits, what is promised of it, and the invariant
// `allocated - reserved for orders - reserved for positions + realised >= 0`. All in smallest units.
//
// `allocated + realised` is always the credited balance: a settlement that a balance shows moves `realised`; any other
// change moves the checkpoint, which takes `realised` into `allocated`, so that nothing counts twice. Reservations are sums
// over the nonces (lanes.ts) and are kept as running totals. Pure; mutated by the fold alone.

import { type Units, units } from '../../contracts/amounts.ts';
import type { AssetId } from '../../contracts/ids.ts';
import type { AssetCapital, Breach } from '../model/values.ts';

export type Ledger = {
  readonly asset: AssetId;
  allocatedUnits: bigint;
  realizedUnits: bigint;
  ordersUnits: bigint;
  positionsUnits: bigint;
  ceilingsUnits: bigint;
  /** What a snapshot whose balance was not taken has less than this; 0 again with the next balance of that block or later. Not folded. */
  heldUnits: bigint;
  /** The last view given out; null when something changed since. */
  view: AssetCapital | null;
};

export const createLedger = (asset: AssetId): Ledger => ({
  asset,
  allocatedUnits: 0n,
  realizedUnits: 0n,
  ordersUnits: 0n,
  positionsUnits: 0n,
  ceilingsUnits: 0n,
  heldUnits: 0n,
  view: null,
});

export const creditedOf = (ledger: Ledger): bigint => ledger.allocatedUnits + ledger.realizedUnits;

/** What ceilings may share. Negative only after a withdrawal that we did not make. */
export const spendableOf = (ledger: Ledger): bigint => creditedOf(ledger) - ledger.positionsUnits - ledger.heldUnits;

/** What is left for new promises. */
export const freeOf = (ledger: Ledger): bigint => spendableOf(ledger) - ledger.ordersUnits;

/** Takes over a credited balance of which settlements explain `settledUnits` of the change. */
export function takeBalance(ledger: Ledger, creditedUnits: bigint, settledUnits: bigint): void {
  if (creditedUnits === creditedOf(ledger) + settledUnits) {
    ledger.realizedUnits += settledUnits;
  } else {
    ledger.allocatedUnits = creditedUnits;
    ledger.realizedUnits = 0n;
  }
  ledger.view = null;
}

/**
 * Keeps back, by asset, what a snapshot takes away that nobody confirmed, or whose balance is not taken. What one endpoint takes
 * away, another one alone does not give back: only `release` does.
 */
export function hold(ledgers: ReadonlyMap<AssetId, Ledger>, heldUnits: ReadonlyMap<AssetId, bigint>): void {
  for (const [asset, ledger] of ledgers) {
    const held = heldUnits.get(asset) ?? 0n;
    if (held <= ledger.heldUnits) continue;
    ledger.heldUnits = held;
    ledger.view = null;
  }
}

/** A balance was taken over that shows what was kept back. */
export function release(ledgers: ReadonlyMap<AssetId, Ledger>): void {
  for (const ledger of ledgers.values()) {
    ledger.heldUnits = 0n;
    ledger.view = null;
  }
}

/** The breach of the invariant, or null. */
export function breachOf(ledger: Ledger): Breach | null {
  // What is held is not on record: it keeps from new promises, and breaches nothing.
  if (freeOf(ledger) + ledger.heldUnits >= 0n) return null;
  const detail =
    `capital of ${ledger.asset}: ${ledger.ordersUnits} reserved for quotes and ${ledger.positionsUnits} for settlements and withdrawals under way, ` +
    `but only ${creditedOf(ledger)} credited`;
  return { code: 'capital_breach', detail };
}

const atLeastZero = (value: bigint): Units => units(value < 0n ? 0n : value);

/** The same object as long as nothing changes. */
export function viewOf(ledger: Ledger): AssetCapital {
  ledger.view ??= {
    asset: ledger.asset,
    creditedUnits: units(creditedOf(ledger)),
    spendableUnits: atLeastZero(spendableOf(ledger)),
    allocatedUnits: units(ledger.allocatedUnits),
    reservedForOrdersUnits: units(ledger.ordersUnits),
    reservedForPositionsUnits: units(ledger.positionsUnits),
    realizedUnits: ledger.realizedUnits,
    ceilingsUnits: units(ledger.ceilingsUnits),
  };
  return ledger.view;
}
