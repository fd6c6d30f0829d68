// Builders for the tests of the book: attempts and facts with defaults, a counter for event ids and random bytes, and a book
// that has balances and lanes.

import { priceE8, type Units, units } from '../../contracts/amounts.ts';
import { assetPaid, assetReceived, BTC, DEFAULT_PAIR, type Direction, EURE } from '../../contracts/assets.ts';
import { type NonceText, nonceText, type QuoteHash, type QuoteId, quoteHash } from '../../contracts/ids.ts';
import type { DecidedFact, Fact, PullSignedFact, StartedFact, TransitionFact } from '../model/facts.ts';
import { makeDemand, makeLimits } from '../model/fixtures.ts';
import type { ObservedTransaction } from '../model/observation.ts';
import type { Attempt } from '../model/values.ts';
import { type Book, createBook } from './book.ts';
import type { Salts } from './lanes/housekeeping.ts';
import type { ObservationPlan, ObservedSnapshot } from './plan-observation.ts';
import type { QuoteEntry } from './quotes.ts';
import { Attributions, STEPS_A_TURN } from './settlement/attributions.ts';
import type { BookSnapshot } from './snapshot.ts';

export const T0 = 1_767_225_600_000;
export const LIFETIME_MS = 75_000;
export const ACCOUNT = 'solver.near';
export const SALT = '252812b3';
export const SALTS: Salts = { current: SALT, invalid: [] };

let count = 0;
export const newEventId = (): string => `event-${++count}`;

/** 15 bytes that no call gives twice. */
export function randomBytes15(): Uint8Array {
  const bytes = new Uint8Array(15);
  new DataView(bytes.buffer).setUint32(0, ++count);
  return bytes;
}

export type AttemptInput = {
  readonly quoteId: string;
  readonly direction?: Direction;
  readonly inUnits: bigint;
  readonly outUnits: bigint;
  readonly lane: number;
  readonly nonce: NonceText;
  readonly deadlineAtMs: number;
  readonly signedAtMs?: number;
  readonly referenceRateE8?: bigint | null;
};

export const hashOf = (quoteId: string): QuoteHash => quoteHash(`hash-${quoteId}`);

export function makeAttempt(input: AttemptInput): Attempt {
  const direction = input.direction ?? 'BTC->EURe';
  const signedAtMs = input.signedAtMs ?? T0;
  return {
    quoteId: input.quoteId as QuoteId,
    direction,
    assetIn: assetReceived(DEFAULT_PAIR, direction).id,
    assetOut: assetPaid(DEFAULT_PAIR, direction).id,
    amountInUnits: units(input.inUnits),
    amountOutUnits: units(input.outUnits),
    lane: input.lane,
    nonce: input.nonce,
    deadlineAtMs: input.deadlineAtMs,
    quoteHash: hashOf(input.quoteId),
    message: '{}',
    publicKey: 'ed25519:key',
    signature: 'ed25519:signature',
    receivedAtMs: signedAtMs,
    signedAtMs,
    ...(input.referenceRateE8 == null ? {} : { referenceRateE8: priceE8(input.referenceRateE8) }),
  };
}

/** A quote as the ledger keeps it, taken into the auction. */
export const makeQuote = (quoteId: string, inUnits: bigint, outUnits: bigint, isNamed = false): QuoteEntry => ({
  attempt: makeAttempt({ quoteId, inUnits, outUnits, lane: 0, nonce: nonceText('nonce'), deadlineAtMs: T0 }),
  state: 'accepted',
  seq: 2,
  code: null,
  settlement: null,
  status: isNamed ? { txHash: null, intentHash: null, frame: null } : null,
  place: 'live',
  overAtMs: 0,
  cutNumber: 0,
  signedIndex: -1,
  liveIndex: -1,
});

const LIMITS = makeLimits();

export const makeDecided = (attempt: Attempt, atMs: number): DecidedFact => ({
  kind: 'heard',
  eventId: newEventId(),
  atMs,
  connectionId: 'connection-1',
  frame: '{}',
  demand: makeDemand({ quoteId: attempt.quoteId, direction: attempt.direction }),
  malformed: null,
  decision: {
    accepted: true,
    reason: 'accepted',
    requestKind: 'exact_in',
    amountInUnits: attempt.amountInUnits,
    amountOutUnits: attempt.amountOutUnits,
    impliedRateE8: null,
    referenceRateE8: null,
    grossEdgePctE4: null,
    notionalEurE18: null,
    priceAgeMs: null,
    inventoryAgeMs: null,
  },
  limits: LIMITS,
  price: null,
  inventory: null,
  strategyArmed: true,
  decideUs: 1,
  attempt,
  refusal: null,
});

export const makeStarted = (atMs: number, quoteLifetimeMaxMs = LIFETIME_MS): StartedFact => ({
  kind: 'started',
  atMs,
  instanceId: 'instance-1',
  version: '0',
  quoteLifetimeMaxMs,
});

/** A checkpoint as the journal holds it, of a single part. */
export const makeCheckpoint = ({ quotes, ...book }: BookSnapshot): Fact[] => [
  {
    kind: 'checkpoint_begin',
    atMs: T0,
    born: { kind: 'born', atMs: T0, journalId: 'journal-1', accountId: ACCOUNT },
    started: null,
    book,
  },
  { kind: 'checkpoint_part', atMs: T0, quotes, decided: [] },
  { kind: 'checkpoint_end', atMs: T0, beginSeq: 1, parts: 1, bytes: 1 },
];

export const born: Fact = { kind: 'born', atMs: T0, journalId: 'journal-1', accountId: ACCOUNT };

export type RunInput = {
  /** Of the search for what was settled. */
  readonly stepsATurn?: number;
  readonly lifetimeMs?: number;
  readonly beganUs?: number;
};

export const emptyBook = (lanes: number, { stepsATurn, lifetimeMs, beganUs }: RunInput = {}): Book =>
  createBook(
    { lanes, pair: DEFAULT_PAIR, quoteLifetimeMaxMs: lifetimeMs ?? LIFETIME_MS, beganUs: beganUs ?? 0 },
    new Attributions(stepsATurn ?? STEPS_A_TURN),
  );

/** What the verifier would say, as a test writes it down. */
export type SnapshotInput = {
  readonly height: number;
  readonly timeMs: number;
  /** Our clock at the read, when it is not the block's time. */
  readonly readAtMs?: number;
  readonly confirmed?: boolean;
  readonly btc: bigint;
  readonly eure: bigint;
  readonly used?: readonly NonceText[];
  readonly nonces?: readonly NonceText[];
  readonly invalidSalts?: readonly string[];
  readonly transactions?: readonly ObservedTransaction[];
};

export function makeObservedSnapshot(book: Book, input: SnapshotInput): ObservedSnapshot {
  const used = new Set(input.used ?? []);
  const nonces = input.nonces ?? book.openNonces().map(({ nonce }) => nonce);
  return {
    block: { height: input.height, hash: `block-${input.height}`, timeMs: input.timeMs },
    readAtMs: input.readAtMs ?? input.timeMs,
    readAtUs: ((input.readAtMs ?? input.timeMs) - T0) * 1000,
    confirmed: input.confirmed ?? true,
    confirmedTimeMs: input.confirmed === false ? 0 : input.timeMs,
    credited: { [BTC.id]: units(input.btc), [EURE.id]: units(input.eure) } as Record<string, Units>,
    nonces: nonces.map((nonce) => ({ nonce, used: used.has(nonce) })),
    invalidSalts: input.invalidSalts ?? [],
    transactions: input.transactions ?? [],
  };
}

/** Applies facts. @returns what does not fit or is breached */
export const applyAll = (book: Book, facts: readonly Fact[]): string[] =>
  facts.flatMap((fact) => {
    const breach = book.apply(fact);
    return breach === null ? [] : [breach.detail];
  });

/** Plans a snapshot without applying it. */
export const plan = (book: Book, input: SnapshotInput): ObservationPlan =>
  book.observe(makeObservedSnapshot(book, input), input.readAtMs ?? input.timeMs, newEventId);

/** Plans a snapshot and applies what it means, turn after turn. @returns the plan of each turn */
export function takeSnapshot(book: Book, input: SnapshotInput): ObservationPlan[] {
  const snapshot = makeObservedSnapshot(book, input);
  const turns: ObservationPlan[] = [];
  do {
    const turn = book.observe(snapshot, input.readAtMs ?? input.timeMs, newEventId);
    applyAll(book, turn.facts);
    turns.push(turn);
  } while (turns.at(-1)?.goesOn === true);
  return turns;
}

/** Records all ends that are due. */
export function endAll(book: Book, atMs: number): Fact[] {
  const all: Fact[] = [];
  for (;;) {
    const facts = book.endings({ atMs, newEventId }, 1000);
    if (facts.length === 0) return all;
    applyAll(book, facts);
    all.push(...facts);
  }
}

/** Takes a snapshot at `nowMs` = the block's time, applies what it means and records the ends that follow. */
export function observe(book: Book, input: SnapshotInput): Fact[] {
  const turns = takeSnapshot(book, input);
  return [...turns.flatMap(({ facts }) => facts), ...endAll(book, input.timeMs)];
}

/** Plans and applies until nothing is left to do. */
export function keepHouse(book: Book, nowMs: number, salts: Salts | null = SALTS): Fact[] {
  const all: Fact[] = [];
  for (let round = 0; round < 20; round++) {
    const { immediate, durableFirst } = book.housekeeping(nowMs, salts, randomBytes15);
    if (immediate.length === 0 && durableFirst.length === 0) return all;
    applyAll(book, [...immediate, ...durableFirst]);
    all.push(...immediate, ...durableFirst);
  }
  throw new Error('housekeeping never ends');
}

/** A book with a balance at block 100, time T0, and its lanes open. */
export function openBook(lanes: number, btc: bigint, eure: bigint): Book {
  const book = emptyBook(lanes);
  applyAll(book, [born, makeStarted(T0)]);
  observe(book, { height: 100, timeMs: T0, btc, eure });
  keepHouse(book, T0);
  return book;
}

export type QuoteInput = {
  readonly quoteId: string;
  readonly direction?: Direction;
  readonly inUnits: bigint;
  readonly outUnits: bigint;
  readonly atMs?: number;
  readonly deadlineAtMs?: number;
  readonly referenceRateE8?: bigint | null;
  /** Left `proposed` when false. */
  readonly sent?: boolean;
};

/** Signs a quote in the lane that admits it, or says that none does. */
export function quote(book: Book, input: QuoteInput): Attempt {
  const direction = input.direction ?? 'BTC->EURe';
  const atMs = input.atMs ?? T0;
  const deadlineAtMs = input.deadlineAtMs ?? atMs + 60_000;
  const admission = book.admit(assetPaid(DEFAULT_PAIR, direction).id, units(input.outUnits), deadlineAtMs, atMs);
  if (!admission.ok) throw new Error(`no lane admits ${input.quoteId}`);
  const { lane, nonce } = admission;
  const attempt = makeAttempt({ ...input, direction, lane, nonce, deadlineAtMs, signedAtMs: atMs });
  const words = applyAll(book, [makeDecided(attempt, atMs)]);
  if (words.length > 0) throw new Error(words.join('; '));
  if (input.sent !== false) applyAll(book, [makeSent(attempt, atMs)]);
  return attempt;
}

export const makeSent = (attempt: Attempt, atMs: number): TransitionFact => ({
  kind: 'transition',
  eventId: newEventId(),
  atMs,
  attempt,
  seq: 1,
  from: 'proposed',
  to: 'submitted',
  code: 'answer_sent',
  note: '',
  recovered: false,
  sinceReceivedUs: 1,
  replyAfterMs: null,
  venueReply: null,
  settlement: null,
});

/** The ends in facts, as `quote state code`. */
export const endsOf = (facts: readonly Fact[]): string[] =>
  facts.flatMap((fact) => (fact.kind === 'transition' ? [`${fact.attempt.quoteId} ${fact.to} ${fact.code}`] : []));

export const kindsOf = (facts: readonly Fact[]): string[] => facts.map((fact) => fact.kind);

export const BTC_START = 1_000_000n;
export const EURE_START = 1_000_000n;

export const startedBook = (lanes = 1): Book => openBook(lanes, BTC_START, EURE_START);

/** A snapshot of a started book, `ms` after its start, with this change of each asset. */
export const changedAfter = (
  ms: number,
  btc: bigint,
  eure: bigint,
  over: Partial<SnapshotInput> = {},
): SnapshotInput => ({
  height: 100 + ms,
  timeMs: T0 + ms,
  btc: BTC_START + btc,
  eure: EURE_START + eure,
  ...over,
});

/** The venue says that the quote is being settled. */
export const statusOf = (quoteId: string, txHash: string | null = 'tx-1'): Fact => ({
  kind: 'status_seen',
  atMs: T0,
  quoteHash: hashOf(quoteId),
  intentHash: 'theirs',
  txHash,
  frame: '{"quote_hash":"..."}',
});

/** An operator has what was signed under the nonce withdrawn. */
export const pullOf = (nonce: NonceText, intentHash: string): PullSignedFact => ({
  kind: 'pull_signed',
  atMs: T0,
  nonce,
  cause: 'operator',
  detail: 'operator',
  intentHash,
});

/** Two quotes of 10 for 200 and one of 11 for 300, in one lane. */
export function threeQuotes(book: Book): Attempt {
  quote(book, { quoteId: 'b', inUnits: 10n, outUnits: 200n });
  quote(book, { quoteId: 'c', inUnits: 11n, outUnits: 300n });
  return quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
}
