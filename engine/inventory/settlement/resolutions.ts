// What can be said of used nonces once a balance has shown their use: which quote was settled, that nothing moved, or that it
// stays open and who the candidates are. One fact a nonce, however many quotes are under it; endings.ts carries it out. Pure.

import { type QuoteId, quoteHash } from '../../../contracts/ids.ts';
import { PULL_CAUSE_TEXT } from '../../../contracts/reasons.ts';
import type { Candidates, NonceResolvedFact, Settlement } from '../../model/facts.ts';
import { type BalanceChange, type Execution, isPromised, type NonceEntry } from '../lanes/lanes.ts';
import { usageOf } from '../lanes/pulls.ts';
import { deltaOf, type QuoteEntry } from '../quotes.ts';
import type { BookState } from '../state.ts';
import { type Attribution, isNamed, soleOption, type UsedNonce } from './attribution.ts';
import { ALL, CANDIDATES_MAX, type Option, type Options } from './choices.ts';
import { swappable } from './swaps.ts';

/** How long the balances alone are not believed where they leave a choice: quote_status may still come. */
export const NAME_WAIT_MS = 10_000;
/** How long the transaction of a pull is waited for where it shows that balance was lost: longer than one is looked for. */
export const LOSS_WAIT_MS = 60_000;

const NO_CANDIDATES: Candidates = { all: false, terms: [], quotes: [] };

/** By nonce, what transactions that are not folded yet executed. */
export type Proofs = ReadonlyMap<string, Execution>;

export type Evidence = {
  readonly proofs: Proofs;
  /** Nonces that no block shows used. */
  readonly doubtful: ReadonlySet<NonceEntry>;
};

const executionOf = ({ nonce, executed }: NonceEntry, proofs: Proofs): Execution | undefined =>
  executed ?? proofs.get(nonce);

export function usedNonceOf(state: BookState, entry: NonceEntry, { proofs, doubtful }: Evidence): UsedNonce {
  const { live } = entry;
  const isDoubtful = doubtful.has(entry);
  const execution = executionOf(entry, proofs);
  if (execution === undefined) return { live, proven: undefined, isDoubtful };
  const quote = state.hashes.get(quoteHash(execution.intentHash));
  return { live, proven: quote !== undefined && live.has(quote) ? quote : null, isDoubtful };
}

/** A transaction has used the nonce for a payload that we know: a quote that is on record, or our own pull. */
export function isKnown(state: BookState, entry: NonceEntry, evidence: Evidence): boolean {
  const execution = executionOf(entry, evidence.proofs);
  if (execution === undefined) return false;
  return usedNonceOf(state, entry, evidence).proven !== null || usageOf(entry, execution.intentHash) === 'pull_proven';
}

/** Nonces that were used between the same two balances. */
export type UsedTogether = Evidence & {
  readonly state: BookState;
  readonly entries: readonly NonceEntry[];
  /** `attribution.options` is by entry. */
  readonly attribution: Attribution;
  readonly balanceChange: BalanceChange;
  /** Time of the newest block that was seen. */
  readonly blockTimeMs: number;
  readonly atMs: number;
};

/** Attributes nonces used between two balances; those that cannot be attributed yet are tried again at the next snapshot. */
export function resolveUsedNonces(used: UsedTogether): NonceResolvedFact[] {
  const { entries, attribution, balanceChange, proofs } = used;
  // Where the journal may lack quotes, a sum that does not come out even proves nothing of any of them.
  const isLost = entries.some(mayLackQuotes);
  const lacksQuotes = balanceChange.isAmbiguous || isLost;
  const waitMs = mayHideLoss(used) ? LOSS_WAIT_MS : NAME_WAIT_MS;
  const waited = used.blockTimeMs - balanceChange.blockTimeMs >= waitMs;
  // The sum is the same when they moved what another one is said to have moved: nothing but a name tells, and their transaction has the
  // wait to say otherwise.
  const byNameAlone = waited ? NONE : swappedIn(used);
  const facts: NonceResolvedFact[] = [];
  const open: { readonly entry: NonceEntry; readonly options: Options }[] = [];
  /** Attributed here: the change that is shared by those left open is without their parts. */
  const winners: QuoteEntry[] = [];
  const settle = (entry: NonceEntry, winner: Option): void => {
    facts.push(resolvedBy(entry, winner, used));
    if (winner !== null) winners.push(winner);
  };
  for (const [index, entry] of entries.entries()) {
    if (entry.winner !== null) {
      facts.push(resolvedBy(entry, entry.winner, used));
      continue;
    }
    const options = attribution.options[index] ?? ALL;
    const sole = soleOption(options);
    const usedNonce = usedNonceOf(used.state, entry, used);
    // The word of the venue is confirmed by the balances. What they contradict may still be, as next to a withdrawal elsewhere; the
    // transaction has the wait to say otherwise.
    const isConfirmed = attribution.fits || usedNonce.proven !== undefined || waited;
    const isSure = (attribution.kind === 'exact' && !balanceChange.isAmbiguous) || (isNamed(usedNonce) && isConfirmed);
    const isLikely = waited && attribution.kind !== 'none' && !lacksQuotes;
    // Our pull was sent: only its transaction shows that nobody else used the nonce.
    const mayBeProven = !waited && sole === null && entry.pull !== null && executionOf(entry, proofs) === undefined;
    if (mayBeProven || byNameAlone.has(index)) continue;
    if (sole !== undefined && (isSure || isLikely)) settle(entry, sole);
    else if (waited) open.push({ entry, options: lacksQuotes && !isSure ? ALL : options });
    else if (!isPromised(entry)) settle(entry, null);
  }
  return [...facts, ...leftOpen(open, { used, winners, isLost })];
}

const NONE: ReadonlySet<number> = new Set();

const swappedIn = (used: UsedTogether): ReadonlySet<number> =>
  swappable(
    [...used.state.ledgers.keys()],
    used.entries.map((entry) => usedNonceOf(used.state, entry, used)),
    used.attribution.options,
  );

/** A crash may have taken quotes from the journal that were signed under it. */
const mayLackQuotes = ({ boundUnits }: NonceEntry): boolean => boundUnits > 0n;

/** Quotes that a crash may have taken explain a loss that none on record does, and the transaction of our pull may say that they do not. */
const mayHideLoss = ({ entries, attribution, balanceChange, proofs }: UsedTogether): boolean =>
  !attribution.fits &&
  balanceChange.unknownUnits !== null &&
  entries.some((entry) => mayLackQuotes(entry) && entry.pull !== null && executionOf(entry, proofs) === undefined);

const baseOf = (entry: NonceEntry, { balanceChange, proofs }: UsedTogether): Settlement => ({
  txHash: executionOf(entry, proofs)?.txHash ?? null,
  intentHash: null,
  blockHeight: entry.used?.blockHeight ?? balanceChange.blockHeight,
  blockTimeMs: entry.used?.blockTimeMs ?? balanceChange.blockTimeMs,
  balanceChange: {},
  candidates: [],
  sharedWith: [],
});

function resolvedBy(entry: NonceEntry, winner: Option, used: UsedTogether): NonceResolvedFact {
  const { attribution, balanceChange, atMs } = used;
  const head = { kind: 'nonce_resolved', atMs, nonce: entry.nonce, candidates: NO_CANDIDATES, carrier: null } as const;
  const base = baseOf(entry, used);
  if (winner === null) return { ...head, ...unsettled(entry, used), winner: null, settlement: base };
  const byName = winner.status !== null || usedNonceOf(used.state, entry, used).proven === winner;
  return {
    ...head,
    outcome: 'settled',
    winner: winner.attempt.quoteId,
    code: byName ? 'settled_by_status' : 'settled_by_balance',
    note: noteOf(attribution),
    settlement: {
      ...base,
      txHash: base.txHash ?? winner.status?.txHash ?? null,
      intentHash: winner.status?.intentHash ?? null,
      balanceChange: ownPart(winner, balanceChange),
    },
  };
}

/** Nothing was settled: by our pull, as far as is known, or by a payload that we do not know. */
function unsettled(entry: NonceEntry, { proofs }: UsedTogether): Pick<NonceResolvedFact, 'outcome' | 'code' | 'note'> {
  const execution = executionOf(entry, proofs);
  const note = entry.pull === null ? '' : PULL_CAUSE_TEXT[entry.pull.cause];
  switch (usageOf(entry, execution?.intentHash)) {
    case 'pull_proven':
      return { outcome: 'pulled', code: 'pulled_by_transaction', note };
    case 'pull_likely':
      return { outcome: 'pulled', code: 'pulled_by_balance', note };
    case 'stranger':
      return { outcome: 'burned', code: 'nonce_burned', note: execution === undefined ? '' : strangerNote(execution) };
  }
}

const strangerNote = ({ intentHash }: Execution): string => `the intent ${intentHash} used the nonce`;

function noteOf({ kind }: Attribution): string {
  if (kind === 'exact') return '';
  return kind === 'likely'
    ? 'too many quotes to rule out all other combinations'
    : 'the balances changed by more than this settlement';
}

/** What the settlement of this quote moved, of the assets whose balances are read. */
const ownPart = ({ attempt }: QuoteEntry, balanceChange: BalanceChange): Record<string, bigint> =>
  Object.fromEntries(Object.keys(balanceChange.change).map((asset) => [asset, deltaOf(attempt, asset)]));

type Rest = {
  readonly used: UsedTogether;
  /** Attributed by the same plan. */
  readonly winners: readonly QuoteEntry[];
  /** The journal may lack quotes of some of them. */
  readonly isLost: boolean;
};

/** More than one quote, or none, explains it: the candidates say so, and name each other; the rest is out of the question. */
function leftOpen(
  open: readonly { readonly entry: NonceEntry; readonly options: Options }[],
  { used, winners, isLost }: Rest,
): NonceResolvedFact[] {
  const { attribution, balanceChange, atMs } = used;
  // The change that they share is in the record of the first of them, once.
  let carrier: QuoteId | null = balanceChange.carrier;
  const lists = open.map(({ entry, options }) => ({ entry, options, named: someOf(entry, options) }));
  const everyone = lists.flatMap(({ named }) => named).slice(0, CANDIDATES_MAX);
  // Where there is no quote on record that could have it, it is in the resolution of the first nonce.
  const isNobodys = isLost && carrier === null && everyone.length === 0;
  return lists.map(({ entry, options, named }, index) => {
    const isFirst = isNobodys ? index === 0 : carrier === null && named.length > 0;
    carrier ??= named[0] ?? null;
    const many = countOf(entry, options);
    return {
      kind: 'nonce_resolved',
      atMs,
      nonce: entry.nonce,
      outcome: 'open',
      winner: null,
      code: 'unattributed',
      note: `${many} quotes under this nonce could explain the change of the balances`,
      settlement: {
        ...baseOf(entry, used),
        balanceChange: isFirst ? restOf(balanceChange, attribution, winners) : {},
        candidates: named,
        sharedWith: isFirst ? everyone.filter((quoteId) => quoteId !== carrier) : carrier === null ? [] : [carrier],
      },
      candidates: candidatesOf(options),
      carrier,
      mayLackQuotes: isLost,
    };
  });
}

/** An inflow is no part of any settlement: where it is known how much the settlements moved, that is shared. */
function restOf(
  balanceChange: BalanceChange,
  { explained }: Attribution,
  winners: readonly QuoteEntry[],
): Readonly<Record<string, bigint>> {
  const rest: Record<string, bigint> = {};
  for (const [index, [asset, unexplained]] of Object.entries(balanceChange.rest).entries()) {
    rest[asset] = explained === null ? unexplained : (explained[index] ?? 0n);
    for (const { attempt } of winners) rest[asset] -= deltaOf(attempt, asset);
  }
  return rest;
}

/** Some candidates by id, as many as a record names. */
function someOf({ live }: NonceEntry, options: Options): QuoteId[] {
  const ids: QuoteId[] = [];
  for (const quotes of options.all ? [live] : options.classes.map((each) => each.quotes)) {
    for (const { attempt } of quotes) {
      if (ids.length === CANDIDATES_MAX) return ids;
      ids.push(attempt.quoteId);
    }
  }
  return ids;
}

const countOf = ({ live }: NonceEntry, options: Options): number =>
  options.all ? live.size : options.classes.reduce((sum, { quotes }) => sum + quotes.size, 0);

function candidatesOf(options: Options): Candidates {
  const terms = options.classes.flatMap((each) => each.terms ?? []);
  const quotes = options.classes.flatMap((each) =>
    each.terms === null ? [...each.quotes].map(({ attempt }) => attempt.quoteId) : [],
  );
  // Too many to list: none of the others is then ruled out either.
  const all = options.all || terms.length + quotes.length > CANDIDATES_MAX;
  return all ? { all, terms: [], quotes: [] } : { all, terms, quotes };
}
