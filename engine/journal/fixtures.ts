// Facts and directories for the tests of journal and bus.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { machineClock } from '../../contracts/runtime/clock.ts';
import type {
  BornFact,
  CheckpointBeginFact,
  CheckpointFact,
  CheckpointPartFact,
  ClosedFact,
  Fact,
  NonceUsedFact,
} from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';
import type { CheckpointSource } from './checkpoint/stream.ts';
import { type JournalFiles, REAL_FILES } from './files.ts';
import { Journal } from './journal.ts';
import type { JournalOptions } from './options.ts';

/** A directory of its own, removed by `using` or by `remove()`. */
export function temporaryDirectory(): { readonly path: string; remove(): void; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'unrip-journal-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  return { path, remove, [Symbol.dispose]: remove };
}

export const BORN: BornFact = { kind: 'born', atMs: 1, journalId: 'j', accountId: 'solver.near' };
export const CLOSED: ClosedFact = { kind: 'closed', atMs: 9 };

/** A small fact that tells itself apart by its number. */
export function numbered(number: number): NonceUsedFact {
  return { kind: 'nonce_used', atMs: number, nonce: 'nonce' as never, blockHeight: number, blockTimeMs: 0 };
}

export const CHECKPOINT: CheckpointFact = {
  kind: 'checkpoint',
  atMs: 5,
  born: BORN,
  started: null,
  book: { lanes: [1n, { ceiling: 10n ** 21n }] },
  decided: [],
};

export const CHECKPOINT_BEGIN: CheckpointBeginFact = {
  kind: 'checkpoint_begin',
  atMs: 5,
  born: BORN,
  started: null,
  book: { lanes: [1n, { ceiling: 10n ** 21n }] },
};

export const checkpointPart = (number: number): CheckpointPartFact => ({
  kind: 'checkpoint_part',
  atMs: 5,
  quotes: [{ number }],
  decided: [],
});

/** A checkpoint of so many parts. */
export function checkpointOf(parts: number, over: Partial<CheckpointSource> = {}): CheckpointSource {
  let next = -1;
  return {
    next: () => (next++ < 0 ? CHECKPOINT_BEGIN : next <= parts ? checkpointPart(next) : null),
    ready: Promise.resolve(),
    close: () => {},
    ...over,
  };
}

export const NO_LOG: LogPort = { info: () => {}, warn: () => {}, error: () => {} };

/** A journal with everything defaulted; a failure that the test does not expect ends it. */
export function openJournal(stateDir: string, options: Partial<JournalOptions> = {}): Journal {
  return Journal.open({
    stateDir,
    born: () => BORN,
    checkpoint: () => checkpointOf(1),
    clock: machineClock,
    log: NO_LOG,
    onFailure: (error) => {
      throw error;
    },
    ...options,
  });
}

const units = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const whole = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
// Text as it comes off a socket: any characters, but no half surrogates, which UTF-8 does not have.
const anyText = fc.string({ unit: 'grapheme', maxLength: 400 });
const names = fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__');

const anything: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    units,
    whole,
    fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
    anyText,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(names, tie('value'), { maxKeys: 20, noNullPrototype: true }),
  ),
})).value;

const price = fc.record({
  priceId: maybe(anyText),
  source: fc.constantFrom('kraken', 'coingecko', 'none'),
  bidE8: maybe(units),
  askE8: maybe(units),
  divergencePctE4: maybe(units),
  basisKind: fc.constantFrom('par', 'coingecko'),
  eurPerEureE8: maybe(units),
  maxAgeMs: whole,
});

const attempt = fc.record({
  quoteId: anyText,
  direction: fc.constantFrom('BTC->EURe', 'EURe->BTC'),
  assetIn: anyText,
  assetOut: anyText,
  amountInUnits: units,
  amountOutUnits: units,
  lane: fc.nat(63),
  nonce: anyText,
  deadlineAtMs: whole,
  quoteHash: anyText,
  message: anyText,
  publicKey: anyText,
  signature: anyText,
  receivedAtMs: whole,
  signedAtMs: whole,
  referenceRateE8: units,
});

const demand = fc.record({
  quoteId: anyText,
  assetIn: anyText,
  assetOut: anyText,
  direction: fc.constantFrom('BTC->EURe', 'EURe->BTC', null),
  amountInUnits: maybe(units),
  amountOutUnits: maybe(units),
  minDeadlineMs: maybe(whole),
  minWaitMs: maybe(whole),
  maxWaitMs: maybe(whole),
  partnerId: maybe(anyText),
  traceparent: maybe(anyText),
  quotedAtMs: maybe(whole),
  receivedAtMs: whole,
});

const decision = fc.record({
  accepted: fc.boolean(),
  reason: anyText,
  requestKind: fc.constantFrom('exact_in', 'exact_out', 'both_fixed', null),
  amountInUnits: maybe(units),
  amountOutUnits: maybe(units),
  impliedRateE8: maybe(units),
  referenceRateE8: maybe(units),
  grossEdgePctE4: maybe(units),
  notionalEurE18: maybe(units),
  priceAgeMs: maybe(whole),
  inventoryAgeMs: maybe(whole),
  hold: maybe(fc.record({ value: whole, limit: whole })),
});

/** With what versions before it lack, or without all of it. */
const laterDecision = fc
  .tuple(
    decision,
    fc.record({
      paidEurE18: maybe(units),
      refused: maybe(fc.record({ reason: anyText, roomEurE18: units, openEurE18: units })),
      pricedEdgePctE4: maybe(units),
      lane: maybe(fc.nat(63)),
      feePips: maybe(whole),
    }),
  )
  .map(([one, later]) => ({ ...one, ...later }));
const laterPrice = fc
  .tuple(
    price,
    fc.record({
      kraken: maybe(fc.record({ bidE8: units, askE8: units, ageMs: whole })),
      coingecko: maybe(fc.record({ priceE8: units, ageMs: whole })),
    }),
  )
  .map(([one, later]) => ({ ...one, ...later }));
const laterAttempt = fc.tuple(attempt, units).map(([one, paidEurE18]) => ({ ...one, paidEurE18 }));

const earlierInventory = fc.record({
  inventoryId: anyText,
  blockHeight: whole,
  received: fc.record({ asset: anyText, creditedUnits: units }),
  paid: fc.record({
    asset: anyText,
    creditedUnits: units,
    spendableUnits: units,
    reservedForOrdersUnits: units,
    reservedForPositionsUnits: units,
    realizedUnits: units,
  }),
});
const inventory = fc.oneof(
  earlierInventory,
  fc.tuple(earlierInventory, maybe(units)).map(([one, pendingInboundUnits]) => ({ ...one, pendingInboundUnits })),
);

/** The parts of a fact are of one version. */
const heardOf = (parts: {
  readonly decision: fc.Arbitrary<unknown>;
  readonly price: fc.Arbitrary<unknown>;
  readonly attempt: fc.Arbitrary<unknown>;
}) =>
  fc.record({
    kind: fc.constant('heard'),
    eventId: anyText,
    atMs: whole,
    connectionId: anyText,
    frame: anyText,
    demand,
    malformed: maybe(anyText),
    decision: parts.decision,
    limits: fc.record({ minEdgePctE4: units, quotesLiveMax: whole, partners: fc.array(anyText, { maxLength: 3 }) }),
    price: maybe(parts.price),
    inventory: maybe(inventory),
    strategyArmed: fc.boolean(),
    decideUs: whole,
    attempt: maybe(parts.attempt),
    refusal: maybe(fc.record({ code: anyText, note: anyText })),
  });

const heard = fc.oneof(
  heardOf({ decision, price, attempt }),
  heardOf({ decision: laterDecision, price: laterPrice, attempt: laterAttempt }),
  fc
    .tuple(
      heardOf({ decision: laterDecision, price: laterPrice, attempt: fc.constant(null) }),
      maybe(fc.record({ lane: whole, deadlineAtMs: whole })),
    )
    .map(([fact, shadow]) => ({ ...fact, mode: 'shadow', shadow })),
);

const transition = fc.record({
  kind: fc.constant('transition'),
  eventId: anyText,
  atMs: whole,
  attempt: fc.oneof(attempt, laterAttempt),
  seq: whole,
  from: anyText,
  to: anyText,
  code: anyText,
  note: anyText,
  recovered: fc.boolean(),
  sinceReceivedUs: maybe(whole),
  replyAfterMs: maybe(whole),
  venueReply: maybe(anyText),
  settlement: maybe(
    fc.record({ txHash: maybe(anyText), blockHeight: whole, balanceChange: fc.dictionary(names, units) }),
  ),
});

/** Facts of many forms, with everything in them that a fact may hold: bigints of any size, numbers, null, any text. */
export const anyFact: fc.Arbitrary<Fact> = fc.oneof(
  heard,
  transition,
  fc.record({
    kind: fc.constant('balance'),
    atMs: whole,
    creditedUnits: fc.dictionary(names, units),
    breach: maybe(anyText),
  }),
  fc.record({ kind: fc.constant('ceiling_set'), atMs: whole, nonce: anyText, ceilingUnits: units }),
  fc.record({ kind: fc.constant('inventory'), eventId: anyText, atMs: whole, payload: anything }),
) as fc.Arbitrary<never>;

/** Files of which the syncs can be made to hang: those asked for meanwhile wait in `held` until they go on. */
export function hangingSyncs(sync: JournalFiles['syncData'] = REAL_FILES.syncData) {
  const held: (() => void)[] = [];
  let isHanging = false;
  const files: JournalFiles = {
    ...REAL_FILES,
    syncData: (file, done) => {
      if (isHanging) held.push(() => sync(file, done));
      else sync(file, done);
    },
  };
  return {
    files,
    held,
    hang: () => {
      isHanging = true;
    },
    goOn: () => {
      isHanging = false;
      for (const each of held.splice(0)) each();
    },
  };
}
