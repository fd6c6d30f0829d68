// The loop over its real parts (filter, decided ids, book, lanes, executor with a throw-away key, replies), with time, price,
// verifier and relay in the hands of the test. The journal is a list in memory, or one that the test brings.
//
// Whatever leaves is held against the journal at the moment of sending: an answer whose attempt, nonce and ceiling are not
// journalled, the last two durably, goes to `violations`, and the end of the test fails on them.

import { KeyPair } from '@near-js/crypto';
import { type Units, units } from '../../contracts/amounts.ts';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { type AccountId, type NonceText, type QuoteId, quoteHash } from '../../contracts/ids.ts';
import type { BreakerCode } from '../../contracts/reasons.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { createAnswerTimes } from '../executor/answer-times.ts';
import { createExecutor } from '../executor/executor.ts';
import { EXECUTOR_READY } from '../executor/gate.ts';
import { createReplies } from '../executor/replies.ts';
import { createSigner } from '../executor/sign.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import type { ReplyFrame } from '../ingest/frame.ts';
import { OtherIds } from '../ingest/other-ids.ts';
import { createPairFilter, filterOf } from '../ingest/pair-filter.ts';
import type { Stream } from '../ingest/relay/subscriptions.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { createBook } from '../inventory/book.ts';
import { createLaneManager } from '../inventory/lanes/manager.ts';
import { createEventIds } from '../lib/uuid.ts';
import { createLoop } from '../loop.ts';
import type { EngineEvent } from '../model/events.ts';
import type { DecidedFact, Fact, TransitionFact } from '../model/facts.ts';
import { makeLimits, makePrice } from '../model/fixtures.ts';
import type { Observation } from '../model/observation.ts';
import type { JournalPort, Random } from '../model/ports.ts';
import { type Breach, type Limits, type Moment, NO_HOLDS, type PriceView } from '../model/values.ts';
import type { Arming } from '../safety/arming.ts';
import { createQuietBreaker, UNREACHED } from '../safety/breaker/breaker.fixture.ts';
import type { Breaker, BreakerLimits } from '../safety/breaker/breaker.ts';
import { createSigningRoom } from '../safety/breaker/signing-room.ts';
import type { StrategyStatus } from '../strategy/decide.ts';
import { createRecorder } from '../turn/recorder.ts';
import { createShadow } from '../turn/shadow.ts';
import { type Answer, quoteFrame, type RequestFields, readAnswer, type Shape, VERIFIER } from './frames.fixture.ts';
import { ListJournal } from './list-journal.fixture.ts';

export const ACCOUNT = 'solver.near' as AccountId;
export const SALT = '252812b3';
export const LIFETIME_MS = 75_000;
export const BTC_UNITS = 1_000_000n;
export const EURE_UNITS = 1_000n * 10n ** 18n;

const made = createSigner(KeyPair.fromRandom('ed25519').toString());
if (!made.ok) throw new Error(made.problem);
export const SIGNER = made.signer;

/** The next snapshot of the verifier, apart from the balances. */
export type SnapshotOver = {
  readonly used?: readonly string[];
  readonly invalidSalts?: readonly string[];
  readonly salt?: string;
  readonly transactions?: Observation['transactions'];
  /** Block time, when it is not the time of our clock. */
  readonly blockTimeMs?: number;
  readonly confirmed?: boolean;
};

export type RigOptions = {
  readonly clock?: ManualClock;
  /** Brought along by tests of the real one; `journalled` then is what it was given. */
  readonly journal?: JournalPort & { readonly durableSeq: number };
  readonly lanes?: number;
  /** Brought along by tests of what a restart remembers. */
  readonly signedIds?: SignedIds;
  /** Never reached when left out. */
  readonly breakerLimits?: Partial<BreakerLimits>;
  /** None when left out. */
  readonly armings?: (breaker: Breaker) => readonly Arming[];
};

/** What the engine would log or count, in order, with what its shell adds to the closed list of events. */
export type RigEvent =
  | Exclude<EngineEvent, { kind: 'faulted' }>
  | { readonly kind: 'faulted'; readonly error: unknown; readonly lost: 'frame' | 'turn' | 'note' }
  /** A reply that belongs to no answer, handed to the session. */
  | { readonly kind: 'session_reply'; readonly id: ReplyFrame['id'] }
  /** The circuit breaker disarms. */
  | { readonly kind: 'tripped'; readonly code: BreakerCode; readonly detail: string }
  /** The lane manager could not journal. */
  | { readonly kind: 'lanes_failed'; readonly error: unknown };

/** A rig as the one after it sees it. */
export type Predecessor = {
  balances(): Readonly<Record<string, bigint>>;
  height(): number;
  readonly usedNonces: readonly string[];
  readonly journalled: readonly Fact[];
};

export type Rig = ReturnType<typeof startRig>;

export function startRig(options: RigOptions = {}) {
  const clock = options.clock ?? new ManualClock();
  const list = new ListJournal();
  const journal = options.journal ?? list;
  const journalled: Fact[] = [];
  const seqOfNonce = new Map<string, number>();
  const port: JournalPort = {
    append(fact) {
      const seq = journal.append(fact);
      lastSeq = seq;
      journalled.push(fact);
      if (fact.kind === 'nonce_opened') seqOfNonce.set(fact.nonce, seq);
      return seq;
    },
    synced: (seq) => journal.synced(seq),
  };
  const newEventId = createEventIds((bytes) => void crypto.getRandomValues(bytes));
  const random: Random = { fill: (bytes) => void crypto.getRandomValues(bytes), fraction: () => 0.5 };
  const events: RigEvent[] = [];
  const onBreach = (breach: Breach): void => void events.push({ kind: 'breached', breach, inventoryId: null });
  const violations: string[] = [];
  const sent: Answer[] = [];
  const statuses: (string | null)[] = [];
  const streams: Stream[] = [];
  const acknowledged: [string, number][] = [];
  const replies = createReplies();
  const pairFilter = createPairFilter(filterOf('pair', DEFAULT_PAIR));
  const otherIds = new OtherIds(DEFAULT_PAIR);
  const signedIds = options.signedIds ?? new SignedIds({ a: 1, b: 2 });
  const decided = createDecidedIds({ commanded: signedIds });
  const book = createBook({
    lanes: options.lanes ?? 2,
    pair: DEFAULT_PAIR,
    quoteLifetimeMaxMs: LIFETIME_MS,
    beganUs: clock.elapsedUs(),
  });
  const answerTimes = createAnswerTimes();
  const breaker = createQuietBreaker({
    limits: { ...UNREACHED, ...options.breakerLimits },
    onTrip: (code, detail) => void events.push({ kind: 'tripped', code, detail }),
  });
  breaker.watch();
  const set = {
    price: null as PriceView | null,
    priceAgeMs: 100,
    limits: makeLimits() as Limits,
    holds: NO_HOLDS,
    strategy: { armed: true, paused: false, historyBlocks: false } as StrategyStatus,
    executor: EXECUTOR_READY,
    ingestPaused: false,
    shadow: false,
    /** Whether the socket takes what is sent. */
    socketOpen: true,
    /** Thrown by the next reading of the price: a fault of our own within a turn. */
    fault: null as Error | null,
    /** Deposits under way. */
    pendingInbound: null as Units | null,
    elapsedOffsetUs: 0,
    stamped: (_stampAtMs: number, _read: Moment): void => {},
  };
  const armings = options.armings?.(breaker) ?? [];
  const shadow = createShadow({ book, breaker, armings, quoteLifetimeMaxMs: LIFETIME_MS });
  let height = 100;
  let lastSeq = 0;
  const usedNonces: string[] = [];
  /** What the process before had journalled. */
  const inherited: Fact[] = [];
  let requestId = 0;
  let balances: Readonly<Record<string, bigint>> = { [BTC.id]: BTC_UNITS, [EURE.id]: EURE_UNITS };

  const atSend = (text: string): void => {
    const answer = readAnswer(text);
    const heard = journalled.find(
      (fact) => fact.kind === 'heard' && fact.attempt?.quoteHash === quoteHash(answer.quoteHash),
    );
    if (heard === undefined) violations.push(`${answer.quoteId} was sent before it was journalled`);
    const openedAt = seqOfNonce.get(answer.nonce);
    if (openedAt === undefined || openedAt > journal.durableSeq) {
      violations.push(`${answer.quoteId} was sent under a nonce that is not durable`);
    }
    const ceilings = [...inherited, ...journalled].flatMap((fact) =>
      (fact.kind === 'nonce_opened' || fact.kind === 'ceiling_set') && fact.nonce === (answer.nonce as NonceText)
        ? [fact.ceilingUnits as bigint]
        : [],
    );
    const paid = -BigInt(Object.values(answer.diff).find((text) => text.startsWith('-')) ?? '0');
    if (ceilings.every((ceiling) => ceiling < paid)) violations.push(`${answer.quoteId} pays more than its ceiling`);
    sent.push(answer);
  };

  const recorder = createRecorder({
    journal: { failure: null, append: (fact) => port.append(fact) },
    book,
    breaker,
    onBreach,
    onFault: (error) => void events.push({ kind: 'faulted', error, lost: 'note' }),
  });
  const { record } = recorder;
  const loop = createLoop({
    clock: {
      nowMs: () => clock.nowMs(),
      elapsedUs: () => clock.elapsedUs() + set.elapsedOffsetUs,
      after: (ms, run) => clock.after(ms, run),
      every: (ms, run) => clock.every(ms, run),
    },
    pair: DEFAULT_PAIR,
    recorder,
    newEventId,
    pairFilter,
    otherIds,
    decided,
    price({ nowMs, nowUs }) {
      if (set.fault !== null) throw set.fault;
      return set.price ?? makePrice({ asOfMs: nowMs - set.priceAgeMs, asOfUs: nowUs - set.priceAgeMs * 1000 });
    },
    book,
    pendingInbound: () => set.pendingInbound,
    signingRoom: createSigningRoom(breaker, armings),
    shadow,
    answerTimes,
    executor: createExecutor(ACCOUNT, VERIFIER, SIGNER),
    replies,
    steering: {
      ingestPaused: () => set.ingestPaused,
      isShadow: () => set.shadow,
      limits: () => set.limits,
      holds: () => set.holds,
      feePips: () => 1,
      strategy: () => set.strategy,
      executor: () => set.executor,
    },
    emit: (event) => {
      if (event.kind === 'faulted') throw new Error('the loop reports its faults to onFault');
      events.push(event);
    },
    onFault: (error, lost) => void events.push({ kind: 'faulted', error, lost }),
    verifier: VERIFIER,
    relay: {
      nextId: () => ++requestId,
      send(text) {
        if (!set.socketOpen) return false;
        atSend(text);
        return true;
      },
      onReply({ id }) {
        events.push({ kind: 'session_reply', id });
        return true;
      },
      heard: (stream) => streams.push(stream),
      taken: (subscriptionId, seq) => void acknowledged.push([subscriptionId, seq]),
    },
    stamped: (stampAtMs, read) => set.stamped(stampAtMs, read),
    later: (run) => void setImmediate(run),
    onOurStatus: (txHash) => statuses.push(txHash),
  });

  const laneManager = createLaneManager({
    clock,
    random,
    journal: port,
    book,
    newEventId,
    record,
    later: (run) => void setImmediate(run),
    onMoved: (fact) => void events.push({ kind: 'moved', fact }),
    onResolved: () => {},
    onBreach,
    onFailure: (error) => void events.push({ kind: 'lanes_failed', error }),
  });

  const observation = (over: SnapshotOver): Observation => {
    const used = new Set(over.used ?? []);
    const { salt = SALT } = over;
    return {
      block: { height: ++height, hash: `block-${height}`, timeMs: over.blockTimeMs ?? clock.nowMs() },
      confirmed: over.confirmed ?? true,
      confirmedTimeMs: over.blockTimeMs ?? clock.nowMs(),
      readAtMs: clock.nowMs(),
      readAtUs: clock.elapsedUs(),
      durationMs: 3,
      credited: { [BTC.id]: units(balances[BTC.id] ?? 0n), [EURE.id]: units(balances[EURE.id] ?? 0n) },
      stranded: {},
      nonces: book.openNonces().map(({ nonce }) => ({ nonce, used: used.has(nonce) })),
      salt,
      invalidSalts: over.invalidSalts ?? [],
      feePips: 1,
      keyRegistered: true,
      accountLocked: false,
      transactions: over.transactions ?? [],
    };
  };

  const rig = {
    lanes: options.lanes ?? 2,
    clock,
    otherIds,
    list,
    journalled,
    events,
    sent,
    statuses,
    streams,
    acknowledged,
    violations,
    book,
    breaker,
    shadow,
    answerTimes,
    decided,
    signedIds,
    replies,
    pairFilter,
    laneManager,
    loop,
    record,
    set,
    /** Begins a run, as the engine's start does. */
    begin() {
      if (options.journal === undefined && journalled.length === 0) {
        record({ kind: 'born', atMs: clock.nowMs(), journalId: 'journal-1', accountId: ACCOUNT });
      }
      record({
        kind: 'started',
        atMs: clock.nowMs(),
        instanceId: 'instance-1',
        version: '0',
        quoteLifetimeMaxMs: LIFETIME_MS,
      });
    },
    /** Changes the chain's balances from the next snapshot on. */
    credit(change: Readonly<Record<string, bigint>>) {
      balances = Object.fromEntries(
        Object.entries(balances).map(([asset, amount]) => [asset, amount + (change[asset] ?? 0n)]),
      );
    },
    balances: () => balances,
    /** Goes on with the verifier that another rig, the process before, saw. */
    adopt(old: Predecessor) {
      balances = old.balances();
      height = old.height();
      usedNonces.push(...old.usedNonces);
      inherited.push(...old.journalled);
      for (const fact of inherited) if (fact.kind === 'nonce_opened') seqOfNonce.set(fact.nonce, 0);
    },
    height: () => height,
    /** The next snapshot is of the block after this one. */
    setHeight(next: number) {
      height = next;
    },
    /** Nonces that tests settled quotes under. */
    usedNonces,
    /** Resolves when everything journalled so far is durable and what waited for that has run. */
    async synced() {
      await journal.synced(lastSeq);
      await rig.settled();
    },
    /** One complete snapshot of the verifier, and all housekeeping that it leads to. */
    async poll(over: SnapshotOver = {}) {
      const refusal = await new Promise((resolve) => laneManager.observe(observation(over), resolve));
      await rig.settled();
      return refusal;
    },
    /** Resolves when everything that follows from resolved syncs has run. */
    settled: () => new Promise<void>((resolve) => setImmediate(resolve)),
    frame(text: string) {
      loop.onFrame({
        text,
        receivedAtMs: clock.nowMs(),
        receivedElapsedUs: clock.elapsedUs(),
        connectionId: 'connection-1',
      });
    },
    /** Asks, and gives the answer when one left. */
    ask(quoteId: string, over: RequestFields = {}, shape: Shape = 'event', metadata?: RequestFields): Answer | null {
      const before = sent.length;
      rig.frame(quoteFrame(quoteId, over, shape, metadata));
      return sent[before] ?? null;
    },
    /** Asks for something that has to be answered. */
    answered(quoteId: string, over: RequestFields = {}, shape: Shape = 'event'): Answer {
      const answer = rig.ask(quoteId, over, shape);
      if (answer === null) throw new Error(`${quoteId} was not answered: ${rig.reasonOf(quoteId)}`);
      return answer;
    },
    /** The events of these kinds, in order. */
    eventsOf: <Kind extends RigEvent['kind']>(...kinds: readonly Kind[]) =>
      events.filter((event): event is Extract<RigEvent, { kind: Kind }> => kinds.some((kind) => kind === event.kind)),
    /** Events of which a healthy run has none. */
    troubles: () => rig.eventsOf('faulted', 'lanes_failed', 'breached'),
    heardOf: (quoteId: string): readonly DecidedFact[] =>
      journalled.filter((fact): fact is DecidedFact => fact.kind === 'heard' && fact.demand.quoteId === quoteId),
    reasonOf: (quoteId: string): string | null => rig.heardOf(quoteId)[0]?.decision.reason ?? null,
    movesOf: (quoteId: string): readonly TransitionFact[] =>
      journalled.filter(
        (fact): fact is TransitionFact => fact.kind === 'transition' && fact.attempt.quoteId === (quoteId as QuoteId),
      ),
    /** The steps of a quote as `state code`. */
    stepsOf: (quoteId: string): readonly string[] => rig.movesOf(quoteId).map(({ to, code }) => `${to} ${code}`),
    stateOf: (quoteId: string): string | null => book.attemptState(quoteId as QuoteId)?.state ?? null,
    /** `using rig = await readyRig()`: whatever left is held against the journal at the end of the test. */
    [Symbol.dispose]() {
      if (violations.length > 0) throw new Error(violations.join('; '));
    },
  };
  return rig;
}

/** A rig that has polled the verifier once: balances are known and every lane has its nonce. */
export async function readyRig(options: RigOptions = {}): Promise<Rig> {
  const rig = startRig(options);
  rig.begin();
  await rig.poll();
  return rig;
}
