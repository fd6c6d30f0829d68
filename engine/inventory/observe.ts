// What one look at the verifier means, planned as facts in the order in which they are to be appended and applied.
//
// Capital first: drained salts, used nonces, then the balance; from these alone the fold frees and takes. Then the story:
// how each quote ended. A crash between any two of these facts loses nothing, because the rest is found again at the next
// look. Pure; changes nothing.

import { type Units, units } from '../../contracts/amounts.ts';
import type { AssetId } from '../../contracts/ids.ts';
import type { BalanceFact, Fact } from '../facts.ts';
import { endsInSilence, isFinal, type StepMaker } from '../lib/lifecycle.ts';
import { type Attribution, attribute } from './attribution.ts';
import { creditedOf } from './capital.ts';
import { endQuote, finishStory, invalidateQuote, lateNames, suspectOf, tellStory, winnerOf } from './endings.ts';
import { type NonceEntry, type QuoteEntry, reservationOf, type Shown } from './lanes.ts';
import type { FinalBlock, Observation } from './observation.ts';
import { type BookState, unitsIn } from './state.ts';

/** A used nonce, and which of its quotes explain the change. */
type Told = { readonly entry: NonceEntry; readonly options: Attribution['options'][number] };

/** What of an observation the book looks at. */
export type Look = Pick<Observation, 'credited' | 'nonces' | 'invalidSalts' | 'transactions'> & {
  readonly block: FinalBlock;
  readonly readAtMs: number;
};

/** @returns facts to append and apply in this order; none when the look is older than the last or lacks a nonce */
export function planObservation(state: BookState, look: Look, nowMs: number, newEventId: () => string): Fact[] {
  const maker: StepMaker = { atMs: nowMs, newEventId };
  const facts: Fact[] = provenBy(state, look, nowMs);
  // A proof that came with this look counts at once.
  const proofs = new Map<string, string>();
  for (const fact of facts) {
    if (fact.kind !== 'transaction_seen') continue;
    for (const { nonce, intentHash } of fact.executed) proofs.set(nonce, intentHash);
  }
  const age = { nowMs, blockTimeMs: Math.max(look.block.timeMs, state.balance?.blockTimeMs ?? 0) };
  const shownBefore = new Map<Shown, NonceEntry[]>();
  for (const entry of state.nonces.values()) {
    if (entry.shown === null) continue;
    const together = shownBefore.get(entry.shown);
    if (together === undefined) shownBefore.set(entry.shown, [entry]);
    else together.push(entry);
  }
  if (isNewer(state, look) && isComplete(state, look)) facts.push(...takeOver(state, look, proofs, maker));
  for (const [shown, entries] of shownBefore) {
    facts.push(...entries.flatMap((entry) => finishStory(entry, shown, maker)));
    const untold = entries.filter((entry) => winnerOf(entry) === null);
    const attribution = attributionOf(state, untold, shown.rest, proofs);
    facts.push(...tellStory(untold, attribution, shown, age, proofs, maker));
  }
  for (const quote of state.due) facts.push(...endQuote(quote, 'expired', 'deadline_passed', '', null, maker));
  facts.push(...lateNames(state, maker));
  return facts;
}

/** A node that lags is not heard: neither behind the last balance, nor behind a block that showed a nonce used. */
function isNewer(state: BookState, look: Look): boolean {
  const last = state.balance;
  for (const { used, shown } of state.nonces.values()) {
    if (used !== null && shown === null && used.blockHeight > look.block.height) return false;
  }
  return last === null || (look.block.height > last.blockHeight && look.block.timeMs >= last.blockTimeMs);
}

/** Without the used state of a nonce under which something may have been settled, the balance beside it tells nothing. */
function isComplete(state: BookState, look: Look): boolean {
  for (const asset of state.ledgers.keys()) if (unitsIn(look.credited, asset) === null) return false;
  const read = new Set<string>(look.nonces.map(({ nonce }) => nonce));
  for (const entry of state.nonces.values()) {
    const matters = entry.used === null && (entry.live.length > 0 || entry.boundUnits > 0n);
    if (matters && !read.has(entry.nonce)) return false;
  }
  return true;
}

/** Our nonces in the final transactions that were read. Anyone may use the same bytes for an account of their own. */
function provenBy(state: BookState, look: Look, nowMs: number): Fact[] {
  const facts: Fact[] = [];
  for (const { txHash, executed } of look.transactions) {
    const ours = executed.flatMap(({ nonce, intentHash, accountId }) => {
      const entry = findNonce(state, nonce);
      if (entry === null || entry.executed !== null) return [];
      const isOurs =
        accountId === state.accountId || entry.live.some((quote) => quote.attempt.quoteHash === intentHash);
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

function attributionOf(
  state: BookState,
  entries: readonly NonceEntry[],
  change: Readonly<Record<string, bigint>>,
  proofs: ReadonlyMap<string, string>,
): Attribution {
  const assets = [...state.ledgers.keys()];
  return attribute(
    assets,
    entries.map((entry) => suspectOf(entry, proofs)),
    assets.map((asset) => change[asset] ?? 0n),
  );
}

function takeOver(state: BookState, look: Look, proofs: ReadonlyMap<string, string>, maker: StepMaker): Fact[] {
  const { block } = look;
  const facts: Fact[] = [];
  const invalid = new Set(look.invalidSalts);
  const used = new Set<string>(look.nonces.filter((read) => read.used).map(({ nonce }) => nonce));
  const change = changeOf(state, look);

  const usedBefore: NonceEntry[] = [];
  const usedNow: NonceEntry[] = [];
  const doubtful: NonceEntry[] = [];
  const unused: NonceEntry[] = [];
  for (const entry of state.nonces.values()) {
    if (entry.used !== null) {
      if (entry.shown === null) usedBefore.push(entry);
      continue;
    }
    if (invalid.has(entry.salt) && entry.draining !== 'salt_invalidated') {
      facts.push({ kind: 'nonce_draining', atMs: maker.atMs, nonce: entry.nonce, why: 'salt_invalidated' });
    }
    if (used.has(entry.nonce)) usedNow.push(entry);
    else if (isDoubtful(entry, block.timeMs, invalid)) doubtful.push(entry);
    else unused.push(entry);
  }

  const suspects = [...usedBefore, ...usedNow, ...doubtful];
  const attribution = attributionOf(state, suspects, change, proofs);
  const told: Told[] = [];
  for (const [index, entry] of suspects.entries()) {
    const options = attribution.options[index] ?? new Set();
    const isCertain = index < usedBefore.length + usedNow.length;
    if (!isCertain && movedNothing(options, attribution, suspects)) {
      unused.push(entry);
      continue;
    }
    told.push({ entry, options });
    if (entry.used !== null) continue;
    const { height: blockHeight, timeMs: blockTimeMs } = block;
    facts.push({ kind: 'nonce_used', atMs: maker.atMs, nonce: entry.nonce, blockHeight, blockTimeMs });
  }
  facts.push(balanceFact(state, look, change, told, attribution));
  const shown = {
    blockHeight: block.height,
    blockTimeMs: block.timeMs,
    atMs: look.readAtMs,
    change,
    rest: change,
    isBlurred: false,
  };
  const age = { nowMs: maker.atMs, blockTimeMs: block.timeMs };
  const story = { ...attribution, options: told.map(({ options }) => options) };
  facts.push(
    ...tellStory(
      told.map(({ entry }) => entry),
      story,
      shown,
      age,
      proofs,
      maker,
    ),
  );
  for (const entry of unused) {
    if (block.timeMs <= entry.earliestDeadlineAtMs && !invalid.has(entry.salt)) continue;
    for (const quote of entry.live) facts.push(...overOrOpen(quote, entry, block, invalid, maker));
  }
  return facts;
}

function overOrOpen(
  quote: QuoteEntry,
  entry: NonceEntry,
  block: FinalBlock,
  invalid: ReadonlySet<string>,
  maker: StepMaker,
): Fact[] {
  if (isFinal(quote.state) || endsInSilence(quote.state)) return [];
  if (block.timeMs > quote.attempt.deadlineAtMs) {
    return endQuote(quote, 'expired', 'deadline_passed', `unused at block ${block.height}`, null, maker);
  }
  return invalid.has(entry.salt) ? invalidateQuote(quote, block, maker) : [];
}

/**
 * The verifier may have forgotten that it was used: its deadline is past, or its salt went since the last balance. Once a
 * balance was taken over after that, nothing under it can have moved anything later.
 */
function isDoubtful(entry: NonceEntry, blockTimeMs: number, invalid: ReadonlySet<string>): boolean {
  if (entry.live.length === 0 && entry.boundUnits === 0n) return false;
  return blockTimeMs > entry.nonceDeadlineAtMs || (invalid.has(entry.salt) && !entry.saltDead);
}

/**
 * A doubtful nonce was not used when nothing but that fits. Where the journal may lack quotes of any suspect, only a sum
 * that comes out even says so.
 */
function movedNothing(
  options: ReadonlySet<unknown>,
  attribution: Attribution,
  suspects: readonly NonceEntry[],
): boolean {
  if (options.size !== 1 || !options.has(null)) return false;
  return attribution.kind === 'exact' || suspects.every((entry) => entry.boundUnits === 0n);
}

function changeOf(state: BookState, look: Look): Record<string, bigint> {
  const change: Record<string, bigint> = {};
  for (const [asset, ledger] of state.ledgers) {
    change[asset] = (unitsIn(look.credited, asset) ?? 0n) - creditedOf(ledger);
  }
  return change;
}

function balanceFact(
  state: BookState,
  look: Look,
  change: Readonly<Record<string, bigint>>,
  told: readonly Told[],
  attribution: Attribution,
): BalanceFact {
  const creditedUnits: Record<string, Units> = {};
  const settledUnits: Record<string, bigint> = {};
  const losses: string[] = [];
  for (const [index, asset] of [...state.ledgers.keys()].entries()) {
    creditedUnits[asset] = unitsIn(look.credited, asset) ?? units(0n);
    const settled = attribution.explained?.[index] ?? 0n;
    settledUnits[asset] = settled;
    const loss = settled - (change[asset] ?? 0n);
    if (attribution.fits || loss <= openOutflow(asset, told, attribution)) continue;
    losses.push(`credited ${asset} fell by ${loss} more than settlements explain at block ${look.block.height}`);
  }
  return {
    kind: 'balance',
    atMs: look.readAtMs,
    blockHeight: look.block.height,
    blockHash: look.block.hash,
    blockTimeMs: look.block.timeMs,
    creditedUnits,
    settledUnits,
    breach: losses.length === 0 ? null : losses.join('; '),
  };
}

/**
 * What used nonces may have paid beside what is explained: by quotes that a crash took from the journal, or by quotes that
 * cannot be told apart, be it because there are too many sums or because a lost quote is part of the sum.
 */
function openOutflow(asset: AssetId, told: readonly Told[], attribution: Attribution): bigint {
  const isBlurred =
    attribution.kind === 'unsearched' ||
    (attribution.kind === 'named' && attribution.explained === null) ||
    told.some(({ entry }) => entry.boundUnits > 0n);
  let outflow = 0n;
  for (const { entry, options } of told) {
    if (entry.asset !== asset) continue;
    if (entry.boundUnits > 0n) outflow += reservationOf(entry);
    else if (isBlurred && options.size > 1) outflow += entry.largestUnits;
  }
  return outflow;
}
