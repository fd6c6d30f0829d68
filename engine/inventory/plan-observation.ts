// What one snapshot of the verifier means, planned as facts in the order in which they are to be appended and applied.
//
// Capital first: drained salts, used nonces, then the balance; from these alone the fold frees and takes. Then how each used
// nonce was used, one fact a nonce; the ends of its quotes follow in slices (endings.ts). A crash between any two of these
// facts loses nothing, because the rest is found again at the next snapshot. Pure; changes nothing.

import { type Units, units } from '../../contracts/amounts.ts';
import { type AssetId, type NonceText, quoteHash } from '../../contracts/ids.ts';
import type { BalanceFact, Fact } from '../model/facts.ts';
import type { StepMaker } from '../model/lifecycle.ts';
import type { Observation } from '../model/observation.ts';
import { creditedOf } from './capital.ts';
import { ENDS_MOST } from './fold/over.ts';
import { type BalanceChange, type Execution, isPromised, type NonceEntry, reservationOf } from './lanes/lanes.ts';
import { deltaOf } from './quotes.ts';
import { isTaken, type Reservation } from './reservations/reservation.ts';
import { mayHide, type ShownWithdrawals, shownWithdrawals } from './reservations/withdrawals.ts';
import { type Attribution, soleOption } from './settlement/attribution.ts';
import type { Attributions } from './settlement/attributions.ts';
import { ALL, type Options } from './settlement/choices.ts';
import { resolveLateStatuses } from './settlement/endings.ts';
import {
  type ClockAnchor,
  implausibleTime,
  isSameBlock,
  overBefore,
  type SnapshotRefusal,
  wentBack,
} from './settlement/evidence.ts';
import { type Evidence, isKnown, type Proofs, resolveUsedNonces, usedNonceOf } from './settlement/resolutions.ts';
import { type BookState, unitsIn } from './state.ts';

/** A used nonce, and which of its quotes explain the change of the balances. */
type NonceAttribution = { readonly entry: NonceEntry; readonly options: Options };

/** What of an observation the inventory depends on. */
export type ObservedSnapshot = Pick<
  Observation,
  | 'block'
  | 'readAtMs'
  | 'readAtUs'
  | 'confirmed'
  | 'confirmedTimeMs'
  | 'credited'
  | 'nonces'
  | 'invalidSalts'
  | 'transactions'
>;

export type ObservationPlan = {
  /** To be appended and applied in this order. */
  readonly facts: readonly Fact[];
  /**
   * `taken`: the facts hold a balance. `same`: the block of the newest balance again. `unconfirmed`: no second endpoint agrees,
   * so nothing is freed. `refused`: a failed poll. `searching`: not known yet, as what was settled is still being looked for.
   * `incomplete`: a failed poll too, of which only the balance is not taken. The others than `taken` hold `heldUnits` back.
   */
  readonly verdict: 'taken' | 'same' | 'unconfirmed' | 'refused' | 'searching' | 'incomplete';
  /** More follows from the same snapshot: it is to be planned again, in another turn, when these facts are applied. */
  readonly goesOn: boolean;
  readonly refusal: SnapshotRefusal | null;
  /** By asset, how much less is credited than on record and than used nonces reserve, by a snapshot whose balance is not taken. */
  readonly heldUnits: ReadonlyMap<AssetId, bigint>;
};

export type ObservationInputs = {
  readonly state: BookState;
  readonly snapshot: ObservedSnapshot;
  /** Ties the clocks of this run together. */
  readonly anchor: ClockAnchor;
  readonly maker: StepMaker;
  /** Those that are under way; each plan is one turn of them. */
  readonly attributions: Attributions;
};

/** The same with what its transactions prove. */
type ProvenInputs = ObservationInputs & { readonly proofs: Proofs };

const NONE_DOUBTFUL: ReadonlySet<NonceEntry> = new Set();

export function planObservation(inputs: ObservationInputs): ObservationPlan {
  const { state, snapshot, maker } = inputs;
  inputs.attributions.beginTurn();
  const facts: Fact[] = provenBy(state, snapshot, maker.atMs);
  // A proof that came with this snapshot counts at once.
  const proofs = new Map<string, Execution>();
  for (const fact of facts) {
    if (fact.kind !== 'transaction_seen') continue;
    const { txHash } = fact;
    for (const { nonce, intentHash } of fact.executed) proofs.set(nonce, { txHash, intentHash });
  }
  const shownBefore = shownTogether(state);
  const judged = judge({ ...inputs, proofs });
  facts.push(...judged.facts);
  const isPlausible = judged.verdict !== 'refused';
  const blockTimeMs = Math.max(isPlausible ? snapshot.block.timeMs : 0, state.balance?.blockTimeMs ?? 0);
  let { goesOn } = judged;
  for (const [balanceChange, entries] of shownBefore) {
    const unattributed = entries.filter((entry) => entry.winner === null);
    const evidence = { proofs, doubtful: NONE_DOUBTFUL };
    const attribution = attributionOf({ ...inputs, ...evidence }, unattributed, balanceChange.rest);
    if (attribution === null) {
      goesOn = true;
      continue;
    }
    const common = { state, balanceChange, blockTimeMs, ...evidence, atMs: maker.atMs };
    facts.push(...resolveUsedNonces({ ...common, entries: unattributed, attribution }));
    const finished = entries.filter((entry) => entry.winner !== null);
    facts.push(...resolveUsedNonces({ ...common, entries: finished, attribution }));
  }
  facts.push(...resolveLateStatuses(state, maker));
  return { ...judged, facts, goesOn };
}

/** Nonces whose use a balance has shown and that are not attributed yet, by the change of that balance. */
function shownTogether(state: BookState): Map<BalanceChange, NonceEntry[]> {
  const together = new Map<BalanceChange, NonceEntry[]>();
  for (const entry of state.nonces.values()) {
    if (entry.balanceChange === null || entry.resolution !== null) continue;
    const others = together.get(entry.balanceChange);
    if (others === undefined) together.set(entry.balanceChange, [entry]);
    else others.push(entry);
  }
  return together;
}

/** Without facts. */
const EMPTY = { facts: [], goesOn: false, refusal: null, heldUnits: new Map<AssetId, bigint>() } as const;

function judge(inputs: ProvenInputs): ObservationPlan {
  const { state, snapshot } = inputs;
  const refusal =
    implausibleTime(snapshot) ??
    wentBack(snapshot, state.balance) ??
    behindUse(state, snapshot) ??
    lacking(state, snapshot);
  if (refusal !== null) return { ...EMPTY, verdict: 'refused', refusal };
  if (state.balance !== null && isSameBlock(snapshot.block, state.balance)) return { ...EMPTY, verdict: 'same' };
  if (!snapshot.confirmed)
    return { ...EMPTY, verdict: 'unconfirmed', heldUnits: lossIn(state, changeOf(state, snapshot), []) };
  return takeOver(inputs);
}

/** A node that lags is not heard behind a block that showed a nonce used. */
function behindUse({ useAhead }: BookState, { block }: ObservedSnapshot): SnapshotRefusal | null {
  if (useAhead === null || useAhead.blockHeight <= block.height) return null;
  const detail = `block ${block.height} is before ${useAhead.blockHeight}, which showed a nonce used`;
  return { reason: 'inventory_block_went_back', detail };
}

function lacking(state: BookState, snapshot: ObservedSnapshot): SnapshotRefusal | null {
  for (const asset of state.ledgers.keys()) {
    if (unitsIn(snapshot.credited, asset) === null)
      return { reason: 'balance_missing', detail: `no balance of ${asset}` };
  }
  return null;
}

/** What used nonces reserve is not spent again meanwhile. */
function lossIn(
  state: BookState,
  change: Readonly<Record<string, bigint>>,
  used: readonly NonceEntry[],
): ReadonlyMap<AssetId, bigint> {
  const held = new Map<AssetId, bigint>();
  for (const asset of state.ledgers.keys()) {
    let loss = -(change[asset] ?? 0n);
    for (const entry of used) if (entry.asset === asset) loss -= reservationOf(entry);
    if (loss > 0n) held.set(asset, loss);
  }
  return held;
}

/** Our nonces in the final transactions that were read. Anyone may use the same bytes for an account of their own. */
function provenBy(state: BookState, snapshot: ObservedSnapshot, nowMs: number): Fact[] {
  const facts: Fact[] = [];
  for (const { txHash, executed } of snapshot.transactions) {
    const ours = executed.flatMap(({ nonce, intentHash, accountId }) => {
      const entry = findNonce(state, nonce);
      if (entry === null || entry.executed !== null) return [];
      const quote = state.hashes.get(quoteHash(intentHash));
      const isOurs = accountId === state.accountId || (quote !== undefined && entry.live.has(quote));
      return isOurs ? [{ nonce: entry.nonce, intentHash }] : [];
    });
    if (ours.length > 0) facts.push({ kind: 'transaction_seen', atMs: nowMs, txHash, executed: ours });
  }
  return facts;
}

function findNonce(state: BookState, text: string): NonceEntry | null {
  for (const entry of state.nonces.values()) if (entry.nonce === text) return entry;
  return null;
}

/** What explains the change by these nonces; null: that is still being looked for. */
function attributionOf(
  { state, snapshot, attributions, ...evidence }: ProvenInputs & Evidence,
  entries: readonly NonceEntry[],
  change: Readonly<Record<string, bigint>>,
): Attribution | null {
  const assets = [...state.ledgers.keys()];
  return attributions.of({
    snapshot,
    assets,
    usedNonces: entries.map((entry) => usedNonceOf(state, entry, evidence)),
    change: assets.map((asset) => change[asset] ?? 0n),
  });
}

/** The nonces that are not closed, by what this snapshot says of them. */
type Sorted = {
  readonly certain: NonceEntry[];
  /** May have been used although nothing says so: forgotten by the verifier, or not read. */
  readonly doubtful: NonceEntry[];
  readonly unread: NonceText[];
  readonly facts: Fact[];
};

function sortNonces({ state, snapshot, attributions, maker }: ProvenInputs): Sorted {
  const invalid = new Set(snapshot.invalidSalts);
  const read = new Map<string, boolean>(snapshot.nonces.map(({ nonce, used }) => [nonce, used]));
  const suspects = attributions.suspectsOf(snapshot, state.nonces.values());
  const sorted: Sorted = { certain: [], doubtful: [], unread: [], facts: [] };
  for (const entry of state.nonces.values()) {
    if (entry.used !== null) {
      if (entry.balanceChange === null) sorted.certain.push(entry);
      continue;
    }
    if (invalid.has(entry.salt) && entry.draining !== 'salt_invalidated') {
      const { height: blockHeight } = snapshot.block;
      const why = 'salt_invalidated';
      sorted.facts.push({ kind: 'nonce_draining', atMs: maker.atMs, nonce: entry.nonce, why, blockHeight });
    }
    const used = read.get(entry.nonce);
    if (used === true) sorted.certain.push(entry);
    if (used === true || !isPromised(entry)) continue;
    if (used === undefined) sorted.unread.push(entry.nonce);
    const isDoubtful = used === undefined || isForgettable(entry, snapshot.block.timeMs, invalid);
    if (isDoubtful && suspects.has(entry)) sorted.doubtful.push(entry);
  }
  for (const { nonce } of takenReservations(state)) {
    if (nonce !== null && !read.has(nonce)) sorted.unread.push(nonce);
  }
  return sorted;
}

const takenReservations = ({ reservations }: BookState): Reservation[] => [...reservations.values()].filter(isTaken);

function takeOver(inputs: ProvenInputs): ObservationPlan {
  const { state, snapshot, anchor, maker } = inputs;
  const { height: blockHeight, timeMs: blockTimeMs } = snapshot.block;
  const balanceMoved = changeOf(state, snapshot);
  const { certain, doubtful, unread, facts } = sortNonces(inputs);
  const use = (entry: NonceEntry): void => {
    if (entry.used !== null) return;
    facts.push({ kind: 'nonce_used', atMs: maker.atMs, nonce: entry.nonce, blockHeight, blockTimeMs });
  };
  // Whatever becomes of the balance: nothing more is signed under them.
  for (const entry of certain) use(entry);
  const notTaken = { ...EMPTY, facts: [...facts], heldUnits: lossIn(state, balanceMoved, certain) };
  const suspects = [...certain, ...doubtful];
  const evidence: Evidence = { proofs: inputs.proofs, doubtful: new Set(doubtful) };
  const shown = shownWithdrawals({
    taken: takenReservations(state),
    snapshot,
    change: balanceMoved,
    mayHaveSettled: suspects.length > 0,
    attribute: (rest) => attributionOf({ ...inputs, ...evidence }, suspects, rest),
  });
  if (shown === null) return { ...notTaken, verdict: 'searching', goesOn: true };
  // Taken while the snapshot was read, most likely: another one of that amount may have left, and this one can still leave then; or
  // this one has left, and a deposit covers it.
  const guessed = takenReservations(state).find(
    (each) =>
      each.nonce !== null && unread.includes(each.nonce) && (shown.withdrawn.includes(each) || mayHide(each, shown)),
  );
  if (guessed !== undefined) return { ...notTaken, ...incomplete(guessed.nonce, 'withdrawal') };
  const { change, attribution } = shown;
  const attributed: NonceAttribution[] = [];
  for (const [index, entry] of suspects.entries()) {
    const options = attribution.options[index] ?? ALL;
    if (index >= certain.length) {
      if (movedNothing(options, attribution, suspects)) continue;
      // Opened while the snapshot was read, most likely: without its used state the change cannot be attributed.
      if (unread.includes(entry.nonce)) return { ...notTaken, ...incomplete(entry.nonce, 'quotes') };
      use(entry);
    }
    attributed.push({ entry, options });
  }
  const overBeforeMs = overBefore(anchor, snapshot);
  facts.push(balanceFact({ state, snapshot, evidence, shown, overBeforeMs, unread, attributed }));
  const balanceChange: BalanceChange = {
    blockHeight,
    blockTimeMs,
    atMs: snapshot.readAtMs,
    change,
    rest: change,
    isAmbiguous: false,
    carrier: null,
    unknownUnits: {},
  };
  const entries = attributed.map(({ entry }) => entry);
  const story = { ...attribution, options: attributed.map(({ options }) => options) };
  facts.push(
    ...resolveUsedNonces({
      ...{ ...evidence, state, entries, balanceChange, blockTimeMs },
      attribution: story,
      atMs: maker.atMs,
    }),
  );
  return { ...EMPTY, facts, verdict: 'taken' };
}

/** Of a nonce that was not read. */
function incomplete(
  nonce: NonceText | null,
  its: 'quotes' | 'withdrawal',
): Pick<ObservationPlan, 'verdict' | 'refusal'> {
  const detail = `nonce ${nonce} was not read, and its ${its} may explain the change of the balances`;
  return { verdict: 'incomplete', refusal: { reason: 'snapshot_incomplete', detail } };
}

/**
 * The verifier may have forgotten that it was used: its deadline is past, or its salt went since the last balance. Once a
 * balance was taken over after that, nothing under it can have moved anything later.
 */
function isForgettable(entry: NonceEntry, blockTimeMs: number, invalid: ReadonlySet<string>): boolean {
  return blockTimeMs > entry.nonceDeadlineAtMs || (invalid.has(entry.salt) && !entry.saltDead);
}

/**
 * A doubtful nonce was not used when nothing but that fits. Where the journal may lack quotes of any suspect, only a sum
 * that comes out even says so.
 */
function movedNothing(options: Options, attribution: Attribution, suspects: readonly NonceEntry[]): boolean {
  if (soleOption(options) !== null) return false;
  return attribution.kind === 'exact' || suspects.every((entry) => entry.boundUnits === 0n);
}

function changeOf(state: BookState, snapshot: ObservedSnapshot): Record<string, bigint> {
  const change: Record<string, bigint> = {};
  for (const [asset, ledger] of state.ledgers) {
    change[asset] = (unitsIn(snapshot.credited, asset) ?? 0n) - creditedOf(ledger);
  }
  return change;
}

type TakenSnapshot = {
  readonly state: BookState;
  readonly evidence: Evidence;
  readonly snapshot: ObservedSnapshot;
  readonly shown: ShownWithdrawals;
  readonly overBeforeMs: number;
  readonly unread: readonly NonceText[];
  readonly attributed: readonly NonceAttribution[];
};

function balanceFact(taken: TakenSnapshot): BalanceFact {
  const { state, snapshot, shown } = taken;
  const { change, attribution, withdrawn, burned } = shown;
  const creditedUnits: Record<string, Units> = {};
  const settledUnits: Record<string, bigint> = {};
  const losses: string[] = [];
  for (const [index, asset] of [...state.ledgers.keys()].entries()) {
    creditedUnits[asset] = unitsIn(snapshot.credited, asset) ?? units(0n);
    const explained = attribution.explained?.[index];
    settledUnits[asset] = explained ?? 0n;
    const loss = (explained ?? provenChange(asset, taken)) - (change[asset] ?? 0n);
    if (attribution.fits || loss <= openOutflow(asset, taken)) continue;
    losses.push(
      `credited ${asset} fell by ${loss} more than settlements explain at block ${snapshot.block.height}${unnamedIn(asset, loss, taken)}`,
    );
  }
  return {
    kind: 'balance',
    atMs: snapshot.readAtMs,
    blockHeight: snapshot.block.height,
    blockHash: snapshot.block.hash,
    blockTimeMs: snapshot.block.timeMs,
    creditedUnits,
    overBeforeMs: taken.overBeforeMs,
    unread: taken.unread,
    endsMost: ENDS_MOST,
    settledUnits,
    ...(withdrawn.length === 0 ? {} : { withdrawn: withdrawn.map(({ id }) => id) }),
    ...(burned.length === 0 ? {} : { burned: burned.map(({ id }) => id) }),
    breach: losses.length === 0 ? null : losses.join('; '),
  };
}

/** What transactions show that quotes have moved; the rest of a change may have been moved by others, which are not distinguished. */
function provenChange(asset: AssetId, { state, evidence, attributed }: TakenSnapshot): bigint {
  return attributed.reduce((sum, { entry }) => {
    const { proven } = usedNonceOf(state, entry, evidence);
    return proven === null || proven === undefined ? sum : sum + deltaOf(proven.attempt, asset);
  }, 0n);
}

/** Withdrawals that count where the amount comes out even alone: next to a deposit it does not. */
function unnamedIn(asset: AssetId, lossUnits: bigint, { state, shown }: TakenSnapshot): string {
  const ids = takenReservations(state)
    .filter((each) => each.asset === asset && each.nonce === null && each.amountUnits > lossUnits)
    .filter((each) => !shown.withdrawn.includes(each))
    .map(({ id }) => id);
  return ids.length === 0 ? '' : `; ${ids.join(', ')}, reserved without a nonce, may have left next to a deposit`;
}

/**
 * What used nonces may have paid in addition to what is explained: by quotes that a crash took from the journal, or by quotes that
 * cannot be distinguished, be it because there are too many sums or because a lost quote is part of the sum. A nonce whose
 * transaction executed what we know, our own pull above all, has paid that and nothing else.
 */
function openOutflow(asset: AssetId, { state, evidence, shown, attributed }: TakenSnapshot): bigint {
  const { attribution } = shown;
  const open = attributed.filter(({ entry }) => !isKnown(state, entry, evidence));
  const isAmbiguous =
    attribution.kind === 'unsearched' ||
    (attribution.kind === 'named' && attribution.explained === null) ||
    open.some(({ entry }) => entry.boundUnits > 0n);
  let outflow = 0n;
  for (const { entry, options } of open) {
    if (entry.asset !== asset) continue;
    if (entry.boundUnits > 0n) outflow += reservationOf(entry);
    else if (isAmbiguous && soleOption(options) === undefined) outflow += entry.live.largestUnits;
  }
  return outflow;
}
