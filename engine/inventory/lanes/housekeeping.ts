// What the lanes need now, planned as facts and applied by nobody here: open a nonce for a lane that has none, drain what
// grew old or whose salt went, close what holds nothing, move ceilings when what is spendable changed. Pure.
//
// `immediate` facts take promises away: append and apply them at once. `durableFirst` facts allow new promises: append
// them behind the immediate ones, wait until they are durable, apply them, and plan again in the same turn. While such facts
// are under way nothing else is granted and no ceiling moves, so that no two plans spend the same units; the book sees to it.
//
// While a reservation waits, ceilings share what is left without it, and come down to that as live quotes end; meanwhile no quote
// pays more than the lane's share. It is taken when ceilings and reservations together fit into what is spendable.

import { type Units, units } from '../../../contracts/amounts.ts';
import type { AssetId } from '../../../contracts/ids.ts';
import type { Fact, NonceDrainingFact } from '../../model/facts.ts';
import { type Ledger, spendableOf } from '../capital.ts';
import { fittingReservations, unitsOf } from '../reservations/plan.ts';
import { type BookState, isCurrent } from '../state.ts';
import { type CeilingPlan, planCeilings } from './ceilings.ts';
import { isPromised, NONCE_LIFETIME_MS, NONCE_MARGIN_MS, type NonceEntry } from './lanes.ts';
import { encodeNonce } from './nonce.ts';

/**
 * The verifier's salts as last read: the current one, and those that it is known to take no longer. Of any other nothing is known, as
 * of one that was first used while the snapshot was read: what was signed with it may still settle.
 */
export type Salts = { readonly current: string; readonly invalid: readonly string[] };

export type Housekeeping = { readonly immediate: Fact[]; readonly durableFirst: Fact[] };

type HousekeepingPlan = Housekeeping & {
  /** The most that a new quote may pay, of nonces where that is less than their ceiling. */
  readonly quoteMaxUnits: Map<NonceEntry, bigint>;
};

export type HousekeepingInputs = {
  readonly nowMs: number;
  /** null while none is known: nothing is opened or drained then. */
  readonly salts: Salts | null;
  /** 15 fresh bytes a call, fit for nonces. */
  readonly randomBytes15: () => Uint8Array;
  /** `durableFirst` facts of an earlier plan are not applied yet. */
  readonly isUnderWay: boolean;
  /** This run has read the balance itself: what an earlier run read is not given away. */
  readonly isBalanceRead: boolean;
};

export function planHousekeeping(state: BookState, inputs: HousekeepingInputs): HousekeepingPlan {
  const { nowMs } = inputs;
  const plan: HousekeepingPlan = { immediate: [], durableFirst: [], quoteMaxUnits: new Map() };
  const { immediate } = plan;
  const draining = new Set<NonceEntry>();
  for (const [asset, currents] of state.currents) {
    for (const [entry, why] of drainsOf({ state, asset, currents }, inputs)) {
      draining.add(entry);
      immediate.push({ kind: 'nonce_draining', atMs: nowMs, nonce: entry.nonce, why });
    }
  }
  const closing = new Set<NonceEntry>();
  for (const entry of state.nonces.values()) {
    const kept = entry.used !== null || (isCurrent(state, entry) && !draining.has(entry));
    if (kept || isPromised(entry)) continue;
    closing.add(entry);
    immediate.push({ kind: 'nonce_closed', atMs: nowMs, nonce: entry.nonce });
  }
  if (state.balance === null) return plan;
  for (const [asset, lanes] of state.currents) {
    const ledger = state.ledgers.get(asset);
    if (ledger === undefined) continue;
    const currents = lanes.map((entry) => (entry !== null && draining.has(entry) ? null : entry));
    const others = [...state.nonces.values()].filter(
      (entry) => entry.asset === asset && entry.used === null && !currents.includes(entry) && !closing.has(entry),
    );
    planAsset({ state, ledger, currents, others }, inputs, plan);
  }
  return plan;
}

type AssetHousekeeping = {
  readonly state: BookState;
  readonly ledger: Ledger;
  /** By lane; null where a nonce is to be opened. */
  readonly currents: readonly (NonceEntry | null)[];
  /** The unused nonces that drain. */
  readonly others: readonly NonceEntry[];
};

/** Ceilings, openings and reservations of one asset. */
function planAsset(of: AssetHousekeeping, inputs: HousekeepingInputs, plan: HousekeepingPlan): void {
  const { state, ledger, currents, others } = of;
  const { nowMs, salts, randomBytes15, isUnderWay, isBalanceRead } = inputs;
  const isHeld = state.copyUntilMs !== 0;
  const spendable = spendableOf(ledger);
  const waiting = fittingReservations(state, ledger.asset, spendable);
  const ceilings = planCeilings(spendable - unitsOf(waiting), currents, others);
  if (waiting.length > 0) limitQuotes(currents, ceilings, plan);
  if (isUnderWay) return;
  let ceilingsUnits = 0n;
  const keep = (entry: NonceEntry, ceiling: bigint): void => {
    const isLowered = ceiling < entry.ceilingUnits;
    if (isLowered) plan.immediate.push(ceilingSet(entry, ceiling, nowMs));
    ceilingsUnits += isLowered ? ceiling : entry.ceilingUnits;
  };
  for (const [entry, ceiling] of ceilings.others) keep(entry, ceiling);
  for (const [lane, entry] of currents.entries()) {
    const ceiling = ceilings.currents[lane] ?? 0n;
    if (entry !== null) {
      keep(entry, ceiling);
      if (ceiling > entry.ceilingUnits && !isHeld) plan.durableFirst.push(ceilingSet(entry, ceiling, nowMs));
    } else if (ceiling > 0n && salts !== null && !isHeld) {
      const opening = { asset: ledger.asset, lane, ceilingUnits: units(ceiling), nowMs, salt: salts.current };
      plan.durableFirst.push(opened({ ...opening, random: randomBytes15() }));
    }
  }
  if (!isBalanceRead || isHeld) return;
  let leftUnits = spendable - ceilingsUnits;
  for (const { id, amountUnits } of waiting) {
    // In order: a smaller one behind it does not take what it waits for.
    if (amountUnits > leftUnits) return;
    leftUnits -= amountUnits;
    plan.immediate.push({ kind: 'reservation_taken', atMs: nowMs, reservationId: id });
  }
}

/** The share that a lane has without what waits: else new quotes would keep up the ceiling that is to come down. */
function limitQuotes(currents: AssetHousekeeping['currents'], { shares }: CeilingPlan, plan: HousekeepingPlan): void {
  for (const [lane, entry] of currents.entries()) {
    const share = shares[lane] ?? 0n;
    if (entry !== null && share < entry.ceilingUnits) plan.quoteMaxUnits.set(entry, share);
  }
}

const ceilingSet = (entry: NonceEntry, ceilingUnits: bigint, nowMs: number): Fact => ({
  kind: 'ceiling_set',
  atMs: nowMs,
  nonce: entry.nonce,
  ceilingUnits: units(ceilingUnits),
});

type Opening = {
  readonly asset: AssetId;
  readonly lane: number;
  readonly ceilingUnits: Units;
  readonly nowMs: number;
  readonly salt: string;
  readonly random: Uint8Array;
};

function opened({ asset, lane, ceilingUnits, nowMs, salt, random }: Opening): Fact {
  const nonceDeadlineAtMs = nowMs + NONCE_LIFETIME_MS;
  const nonce = encodeNonce(salt, nonceDeadlineAtMs, random);
  return { kind: 'nonce_opened', atMs: nowMs, asset, lane, nonce, salt, nonceDeadlineAtMs, ceilingUnits };
}

type AssetLanes = {
  readonly state: BookState;
  readonly asset: AssetId;
  readonly currents: readonly (NonceEntry | null)[];
};

/** Which nonces of an asset stop taking quotes now, and why. */
function drainsOf(
  { state, asset, currents }: AssetLanes,
  { nowMs, salts, isUnderWay }: HousekeepingInputs,
): [NonceEntry, NonceDrainingFact['why']][] {
  const drains: [NonceEntry, NonceDrainingFact['why']][] = [];
  for (const entry of state.nonces.values()) {
    const stray = entry.asset === asset && entry.draining === null && entry.used === null && !isCurrent(state, entry);
    if (stray) drains.push([entry, 'lane_removed']);
  }
  // Without a known salt there would be nothing to put in a nonce's place; too late a deadline is refused at admission anyway.
  if (salts === null) return drains;
  let rotates: NonceEntry | null = null;
  for (const entry of currents) {
    if (entry === null) continue;
    if (salts.invalid.includes(entry.salt)) {
      drains.push([entry, 'salt_invalidated']);
    } else if (nowMs + state.options.quoteLifetimeMaxMs > entry.nonceDeadlineAtMs - NONCE_MARGIN_MS) {
      drains.push([entry, 'old']);
    } else if (entry.live.named.size > 0) {
      // A final block that shows the nonce used is seconds away; whatever is signed under it until then is lost.
      drains.push([entry, 'settling']);
    } else if (entry.salt !== salts.current) {
      rotates ??= entry;
    }
  }
  // One lane at a time: the others go on answering while this one gets its fresh nonce, which may have to wait until the
  // quotes under the old one are over.
  const laneWaits = currents.some((entry, lane) => entry === null && drainsIn(state, asset, lane));
  if (rotates !== null && drains.length === 0 && !isUnderWay && !laneWaits) drains.push([rotates, 'salt_rotated']);
  return drains;
}

function drainsIn(state: BookState, asset: AssetId, lane: number): boolean {
  for (const entry of state.nonces.values()) {
    if (entry.asset === asset && entry.lane === lane && entry.used === null) return true;
  }
  return false;
}
