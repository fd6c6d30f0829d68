// Judges a run of the reference solver against the simulators. Every answer that the relay refused has to have a ground that
// the real venue has too, shown from what the run left; what is no such ground is a fault of the simulators. Pure.

import type { SolverLog } from './solver-log.ts';

/** A request for the pair, as often as it was sent. */
type OfferedQuote = { readonly quoteId: string; readonly tokenIn: string; readonly tokenOut: string };

/** An answer as the simulated relay remembers it. */
export type JudgedAnswer = {
  readonly quoteId: string;
  readonly receivedAtMs: number;
  /** Null when it was accepted. */
  readonly reason: string | null;
  readonly quoteHash: string | null;
  readonly nonceHex: string | null;
  readonly amountInUnits: bigint | null;
  readonly amountOutUnits: bigint | null;
};

export type JudgedSettlement = {
  readonly quoteId: string;
  /** When its transaction was sent. */
  readonly settledAtMs: number;
  /** Time of the transaction's block: from then on a node can know of it. Null when it did not settle. */
  readonly blockAtMs: number | null;
  readonly ok: boolean;
  readonly reason: string | null;
  readonly quoteHash: string | null;
};

export type Balances = Readonly<Record<string, bigint>>;

export type SolverEvidence = {
  readonly offered: readonly OfferedQuote[];
  readonly log: SolverLog;
  /** In the order of their arrival. */
  readonly answers: readonly JudgedAnswer[];
  /** Of the offered quotes. */
  readonly settlements: readonly JudgedSettlement[];
  /** Units by token id, at the verifier. */
  readonly before: Balances;
  readonly after: Balances;
};

export type Counts = Readonly<Record<string, number>>;

export type SolverVerdict = {
  readonly offered: number;
  readonly answered: number;
  readonly accepted: number;
  /** By the solver's own reason. */
  readonly declined: Counts;
  /** Refusals that the real venue would have made too, and those that only the simulators make. */
  readonly refusedAsVenue: Counts;
  readonly refusedByUs: Counts;
  readonly settled: number;
  /** Quotes that were to be taken and did not settle, by reason. */
  readonly notSettled: Counts;
  readonly violations: readonly string[];
};

/** Share of the answers that may be refused on a ground that the real venue does not have. */
const REFUSED_BY_US_PCT_MAX = 2;

const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

function countBy(reasons: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

type Used = { readonly sentAtMs: number; readonly blockAtMs: number };
/** Nonces that settlements of the run have used. */
type UsedNonces = ReadonlyMap<string, Used>;

function usedNonces({ answers, settlements }: SolverEvidence): UsedNonces {
  const settled = new Map(settlements.filter(({ ok }) => ok).map((each) => [each.quoteHash, each]));
  const used = new Map<string, Used>();
  for (const { quoteHash, nonceHex } of answers) {
    const settlement = quoteHash === null ? undefined : settled.get(quoteHash);
    if (nonceHex === null || settlement === undefined || settlement.blockAtMs === null) continue;
    used.set(nonceHex, { sentAtMs: settlement.settledAtMs, blockAtMs: settlement.blockAtMs });
  }
  return used;
}

/** `quote_gone` is known of the real relay; what the contract would refuse has to be provably so, as a node knows it. */
function isVenuesOwn({ reason, nonceHex, receivedAtMs }: JudgedAnswer, used: UsedNonces): boolean {
  if (reason === 'quote_gone') return true;
  const use = nonceHex === null ? undefined : used.get(nonceHex);
  return reason === 'reused_nonce' && use !== undefined && use.blockAtMs <= receivedAtMs;
}

/** Why a quote that was to be taken may not have settled: nobody answered it, or its nonce went to another quote. */
function failureFault(settlement: JudgedSettlement, answers: readonly JudgedAnswer[], used: UsedNonces) {
  const { quoteId, reason, quoteHash, settledAtMs } = settlement;
  const accepted = answers.filter((answer) => answer.quoteId === quoteId && answer.reason === null);
  if (reason === 'no answer') {
    return accepted.length === 0 ? null : `quote ${quoteId} was answered, and yet not taken`;
  }
  const nonceHex = accepted.find((answer) => answer.quoteHash === quoteHash)?.nonceHex ?? null;
  const use = nonceHex === null ? undefined : used.get(nonceHex);
  const isExplained = reason === 'nonce was already used' && use !== undefined && use.sentAtMs <= settledAtMs;
  return isExplained ? null : `quote ${quoteId} did not settle: ${reason}`;
}

/** What the settled answers make of the balances. */
function expectedAfter({ offered, answers, settlements, before }: SolverEvidence): Balances {
  const requests = new Map(offered.map((quote) => [quote.quoteId, quote]));
  const settled = new Set(settlements.filter(({ ok }) => ok).map(({ quoteHash }) => quoteHash));
  const after: Record<string, bigint> = { ...before };
  for (const { quoteId, quoteHash, amountInUnits, amountOutUnits } of answers) {
    const request = requests.get(quoteId);
    if (request === undefined || quoteHash === null || !settled.has(quoteHash)) continue;
    after[request.tokenIn] = (after[request.tokenIn] ?? 0n) + (amountInUnits ?? 0n);
    after[request.tokenOut] = (after[request.tokenOut] ?? 0n) - (amountOutUnits ?? 0n);
  }
  return after;
}

function balanceFaults(evidence: SolverEvidence): readonly string[] {
  const expected = expectedAfter(evidence);
  return Object.entries(evidence.after).flatMap(([token, units]) => {
    const known = evidence.log.reserves?.[token];
    return [
      ...(units === expected[token] ? [] : [`the verifier holds ${units} of ${token}, not ${expected[token]}`]),
      ...(known === String(units) ? [] : [`the solver reads ${known} of ${token}, the verifier holds ${units}`]),
    ];
  });
}

function directionFaults({ offered, settlements }: SolverEvidence): readonly string[] {
  const ids = new Set(settlements.filter(({ ok }) => ok).map(({ quoteId }) => quoteId));
  const directions = new Map<string, boolean>();
  for (const { quoteId, tokenIn, tokenOut } of offered) {
    const name = `${tokenIn} -> ${tokenOut}`;
    directions.set(name, directions.get(name) === true || ids.has(quoteId));
  }
  return [...directions].filter(([, hasSettled]) => !hasSettled).map(([name]) => `nothing settled from ${name}`);
}

/** What the solver and the relay counted has to be the same. */
function countFaults({ offered, log, answers, settlements }: SolverEvidence): readonly string[] {
  const answered = answers.length;
  const settled = settlements.filter(({ ok }) => ok).map(({ quoteId }) => quoteId);
  const notified = new Set(log.settledQuoteIds);
  const unnotified = settled.filter((quoteId) => !notified.has(quoteId));
  const pairs: readonly (readonly [string, number, number])[] = [
    ['connections to the relay', log.connections, 1],
    ['requests heard, of those offered', log.heard, offered.length],
    ['requests answered or declined, of those heard', answered + total(log.declined), log.heard],
    ['answers that the solver saw taken', log.taken, answers.filter(({ reason }) => reason === null).length],
    ['answers that the solver saw refused', log.refused, answers.filter(({ reason }) => reason !== null).length],
    ['settlements that the solver was notified of', log.settledQuoteIds.length, settled.length],
  ];
  return [
    ...pairs.filter(([, is, should]) => is !== should).map(([what, is, should]) => `${what}: ${is}, not ${should}`),
    ...(unnotified.length === 0 ? [] : [`no status of ${unnotified.length} settled quotes, ${unnotified[0]} first`]),
  ];
}

/** Errors of the solver that frames broken on purpose lead to. */
const EXPECTED_ERROR = /^Invalid JSON RPC message/;

export function judgeSolver(evidence: SolverEvidence): SolverVerdict {
  const { offered, log, answers, settlements } = evidence;
  const used = usedNonces(evidence);
  const refused = answers.filter(({ reason }) => reason !== null);
  const reasonsOf = (some: readonly JudgedAnswer[]) => countBy(some.map(({ reason }) => reason ?? ''));
  const refusedByUs = reasonsOf(refused.filter((answer) => !isVenuesOwn(answer, used)));
  const failed = settlements.filter(({ ok }) => !ok);
  const errors = log.errors.filter((error) => !EXPECTED_ERROR.test(error));
  const pct = answers.length === 0 ? 0 : (100 * total(refusedByUs)) / answers.length;
  return {
    offered: offered.length,
    answered: answers.length,
    accepted: answers.length - refused.length,
    declined: log.declined,
    refusedAsVenue: reasonsOf(refused.filter((answer) => isVenuesOwn(answer, used))),
    refusedByUs,
    settled: settlements.length - failed.length,
    notSettled: countBy(failed.map(({ reason }) => reason ?? 'unknown')),
    violations: [
      ...(answers.length === 0 ? ['the solver answered nothing'] : []),
      ...(pct <= REFUSED_BY_US_PCT_MAX ? [] : [`${pct.toFixed(1)} % of the answers refused on grounds of our own`]),
      ...failed.map((each) => failureFault(each, answers, used)).filter((fault) => fault !== null),
      ...countFaults(evidence),
      ...directionFaults(evidence),
      ...balanceFaults(evidence),
      ...errors.map((error) => `the solver logged: ${error.slice(0, 200)}`),
    ],
  };
}
