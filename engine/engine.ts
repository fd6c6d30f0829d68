// Puts the parts of one engine together, as a list: each part is made of those above it. Nothing here decides anything about a
// quote: loop.ts has the steps, the parts have the rules.

import type { Clock } from '../contracts/runtime/clock.ts';
import type { Log } from '../contracts/runtime/log/log.ts';
import { createNearClient } from '../contracts/runtime/near/client.ts';
import { createBackgroundPart } from './background/background.ts';
import { createFundsAtBalance, type FundsAtBalance } from './background/funds/funds-at-balance.ts';
import { type BusPart, createBusPart } from './bus/bus.ts';
import { createSwitches, type Parts } from './control/parts.ts';
import { createSteering } from './control/steering.ts';
import { createAnswerTimes } from './executor/answer-times.ts';
import { createExecutor } from './executor/executor.ts';
import { signFunctionCall } from './executor/near-transaction.ts';
import { createPullSigner } from './executor/pull-payload.ts';
import { createReplies } from './executor/replies.ts';
import { OtherIds } from './ingest/other-ids.ts';
import { createPairFilter, filterOf, type PairFilter, tokensOf } from './ingest/pair-filter.ts';
import { createRelaySocket, type RelaySocket } from './ingest/relay/relay-socket.ts';
import { type Book, createBook } from './inventory/book.ts';
import { createChainWatch } from './inventory/chain-watch.ts';
import { inventoryFact, newestInventoryId } from './inventory/inventory-record.ts';
import { createLaneManager } from './inventory/lanes/manager.ts';
import { createReservationDesk } from './inventory/reservations/desk.ts';
import { createReservationWatch } from './inventory/reservations/watch.ts';
import { createFreeSpace } from './journal/disk/free-space.ts';
import { REAL_FILES } from './journal/files.ts';
import type { Journal } from './journal/journal.ts';
import { momentOf } from './lib/moment.ts';
import { createEventIds } from './lib/uuid.ts';
import { createLoop } from './loop.ts';
import type { Emit } from './model/events.ts';
import type { Fact } from './model/facts.ts';
import type { Random } from './model/ports.ts';
import type { Breach } from './model/values.ts';
import { createLastRun } from './observe/last-run.ts';
import { modeChanged } from './observe/log-lines.ts';
import { createNearSender } from './pull/near-sender.ts';
import { createPulls, type Pulls } from './pull/pulls.ts';
import { createRelaySender } from './pull/relay-sender.ts';
import { createReferencePart } from './reference/reference.ts';
import { FINAL_BLOCK_LAG, STREAM_LAG } from './safety/clock-skew.ts';
import { createHoldWatch } from './safety/hold-watch.ts';
import type { SafetyPart } from './safety/safety.ts';
import { type Drained, drainEngine } from './startup/drain.ts';
import { type JournalDisk, type OpenedState, openState } from './startup/open-state.ts';
import { rebuiltFrom } from './startup/rebuilt.ts';
import { createReporting, type Reporting } from './startup/reporting.ts';
import { breakerLimits, type Settings, startingLimits } from './startup/settings.ts';
import { startEngine } from './startup/start.ts';
import { toRead } from './startup/to-read.ts';
import { createRecorder, type Recorder } from './turn/recorder.ts';
import { createShadow } from './turn/shadow.ts';
import { createVerifierPart } from './verifier/verifier.ts';

/** For one request of a pull: what is read for its transaction, and the transaction, which is answered when it was executed. */
const PULL_LIMITS = { timeLimitMs: 3000, sendLimitMs: 15_000 } as const;

export type EngineOptions = {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  readonly newUuid: () => string;
  /** Runs a function after the turn. */
  readonly later: (run: () => void) => void;
  /** Longest time that the process may not run before the sources have to be heard again: GAP_LIMIT_MS but in tests. */
  readonly stallLimitMs: number;
  readonly disk: JournalDisk;
};

export type Engine = {
  readonly parts: Parts;
  /** Journals an action of an operator; throws when that could not be done. */
  record(fact: Fact): void;
  /** Journals a fact on which nothing depends. */
  note(fact: Fact): void;
  newEventId(nowMs: number): string;
  /** Makes this run known to the journal, then opens every connection. Resolves when the journal has it on disk. */
  start(): Promise<void>;
  /**
   * Answers nothing more, waits for replies, flushes, closes the journal; gives how many records Kafka has not got, and what
   * can still be settled. Rejects when the journal cannot be closed.
   */
  drain(limitMs: number): Promise<Drained>;
};

/** Throws `JournalRefused` when the state directory cannot be used: damaged, or held by another engine. */
export function createEngine(options: EngineOptions): Engine {
  const { settings, clock, random, log, version, newUuid } = options;
  const { config, pair, signer } = settings;
  const begun = { instanceId: newUuid(), startedAtMs: clock.nowMs(), startedUs: clock.elapsedUs() };
  const newEventId = createEventIds((bytes) => random.fill(bytes));

  const { quoteLifetimeMaxMs } = config;
  const book = createBook({ lanes: config.nonceLanes, pair, quoteLifetimeMaxMs, beganUs: begun.startedUs });

  // --- what the other parts report to, and what stops the executor by itself ---
  const reporting = createReporting({
    ...{ clock, log, later: options.later },
    breakerLimits: breakerLimits(config),
    inventoryId: () => newestInventoryId(book),
  });
  const { observer, safety, emit } = reporting;
  const { stops, clockEvidence, standstills } = safety;

  // --- the journal, and the state folded from it ---
  const pairFilter = createPairFilter(filterOf(config.pairFilter, pair));
  const state = openState({
    stateDir: config.stateDir,
    clock,
    random,
    log,
    born: () => ({ kind: 'born', atMs: begun.startedAtMs, journalId: newUuid(), accountId: config.account }),
    book,
    ...{ pairFilter, breaker: safety.breaker },
    isClockTrusted: (now) => safety.isClockTrusted(now),
    onJournalFailed: () => stops.stop('journal_failed'),
    disk: options.disk,
  });
  const { journal, signedIds, decided } = state;
  const freeSpace = createFreeSpace({
    directory: config.stateDir,
    files: options.disk.files ?? REAL_FILES,
    clock,
    log: log.child('journal'),
  });
  const rebuilt = rebuiltFrom(state.recovered.records, book);
  const recorder = createRecorder({
    journal,
    breaker: safety.breaker,
    book,
    onBreach: stops.breached,
    onFault: (error) => emit({ kind: 'faulted', error }),
  });
  const { record, note } = recorder;
  const breach = (): Breach | null => book.breach() ?? stops.firstBreach();

  // --- the world: Kafka, the relay, prices, the verifier ---
  const bus = createBus({ engine: options, state, record, emit, newEventId });
  const background = createBackgroundPart({ config, extra: settings.kafka, clock, log });
  const fundsAtBalance = createFundsAtBalance(pair, background.underWay);
  const relay = createRelay(options, pairFilter, state);
  const inventoryParts = createInventoryParts({
    ...{ engine: options, journal, book, recorder, safety, emit, newEventId, breach },
    onResolved: reporting.resolved,
    onBalance: state.run.balanceTaken,
    fundsAtBalance,
  });
  const { laneManager, verifier } = inventoryParts;

  const pulls = createPullPart({ engine: options, journal, book, recorder, safety, laneManager, verifier });
  reporting.follow(pulls);
  const reference = createReferencePart({
    ...{ config, clock, random, newEventId },
    log: log.child('reference'),
    onFact: note,
    onUpdate: (price, now) => pulls.onPrice(price, now),
    onVenueTime: (stampAtMs, readUs) =>
      clockEvidence.add({ source: 'kraken', stampAtMs, askedUs: readUs, receivedUs: readUs, lag: STREAM_LAG }),
    onStamp: (stampAtMs, read) => standstills.stamped('kraken', stampAtMs, read),
  });

  const shadow = createShadow({ book, breaker: safety.breaker, armings: safety.armings, quoteLifetimeMaxMs });

  // --- what keeps the engine from signing for a while ---
  const holds = createHoldWatch({
    clock,
    log: log.child('loop'),
    limits: { ...config, stallMs: options.stallLimitMs },
    stoodStillMs: () => standstills.take(),
    heard: (now) => ({ priceUs: reference.heardUs(now), inventoryUs: book.readAtUs(), relayUs: relay.drainedUs() }),
    onGap() {
      relay.askDrained();
      reference.askDrained();
      verifier.trigger(null);
      // Kraken streams; CoinGecko answers only when it is asked.
      if (reference.current(momentOf(clock)).source === 'coingecko') void reference.refresh();
    },
    sources: {
      clockSkew: safety.clockHold,
      inventoryWentBack: verifier.wentBack,
      liveQuotes: () => book.counts().open + shadow.count(),
      quoteIds: (nowUs) => signedIds.hold(nowUs),
      journalLagMs: (nowUs) => journal.syncLagMs(nowUs),
    },
  });

  // --- the loop ---
  const switches = createSwitches(startingLimits(config), config.executorMode);
  const otherIds = new OtherIds(pair);
  const replies = createReplies();
  const answerTimes = createAnswerTimes();
  const loop = createLoop({
    ...{ clock, pair, recorder, newEventId, pairFilter, otherIds, decided, book, replies, answerTimes, relay, emit },
    later: options.later,
    stamped: (stampAtMs, read) => standstills.stamped('relay', stampAtMs, read),
    price: (now) => reference.current(now),
    pendingInbound: (asset) => fundsAtBalance.of(asset).pendingInboundUnits,
    signingRoom: safety.signingRoom,
    shadow,
    executor: createExecutor(config.account, config.intentsContract, signer),
    steering: createSteering({ switches, safety, holds: holds.now, relay, verifier, background }),
    onFault: stops.faulted,
    verifier: config.intentsContract,
    onOurStatus(txHash) {
      laneManager.maintain();
      verifier.trigger(txHash);
    },
  });

  const parts: Parts = {
    ...{ settings, version, clock, ...begun, recovered: state.recovered, rebuilt, switches },
    ...{ journal, freeSpace, signedIds, decided, pairFilter, otherIds },
    ...{ strategyArming: safety.strategyArming, executorArming: safety.executorArming, faults: safety.faults, stops },
    ...{ bus, background, book, shadow, replies, relay, reference, observer, pulls, ...inventoryParts },
    ...{ breaker: safety.breaker, answerTimes, stalls: holds.stalls },
    ...{ obstacles: loop.obstacles, housekeeping: createLastRun() },
    onModeChanged: (mode, by) => modeChanged(log.child('executor'), mode, by),
    holds: holds.now,
    clockVerdict: () => clockEvidence.verdict(momentOf(clock)),
    breach,
  };
  let stopTimers = (): void => {};
  return {
    parts,
    record,
    note,
    newEventId,
    async start() {
      stopTimers = await startEngine({ parts, loop, recorder, state, holds, random, log, newEventId });
    },
    drain: (limitMs) => drainEngine({ parts, loop, stopTimers: () => stopTimers(), limitMs }),
  };
}

type BusOptions = {
  readonly engine: EngineOptions;
  readonly state: Pick<OpenedState, 'journal' | 'outbox'>;
  readonly record: Recorder['record'];
  readonly emit: Emit;
  readonly newEventId: (nowMs: number) => string;
};

function createBus({ engine, state, record, emit, newEventId }: BusOptions): BusPart {
  const { settings, clock, log } = engine;
  return createBusPart({
    config: settings.config,
    extra: settings.kafka,
    journal: state.journal,
    outbox: state.outbox,
    clock,
    log,
    newEventId,
    onDeadLetter: (fact) => void record(fact),
    onPublished: (topic) => emit({ kind: 'published', topic }),
  });
}

function createRelay(
  { settings, clock, random, log, later }: EngineOptions,
  pairFilter: PairFilter,
  state: OpenedState,
): RelaySocket {
  const { config, pair } = settings;
  return createRelaySocket({
    url: config.relayWsUrl,
    apiKey: config.relayApiKey,
    tokens: tokensOf(pairFilter.setting(), pair),
    // Guaranteed delivery needs a key. The journal's name is the same at every start, and of this engine alone.
    instanceId: config.relayApiKey === null ? null : state.recovered.journalId,
    journal: state.journal,
    clock,
    random,
    log: log.child('ingest'),
    later,
  });
}

type InventoryOptions = {
  readonly engine: EngineOptions;
  readonly journal: Journal;
  readonly book: Book;
  readonly recorder: Recorder;
  readonly safety: SafetyPart;
  readonly emit: Emit;
  readonly onResolved: Reporting['resolved'];
  readonly onBalance: OpenedState['run']['balanceTaken'];
  readonly newEventId: (nowMs: number) => string;
  readonly breach: () => Breach | null;
  readonly fundsAtBalance: FundsAtBalance;
};

type InventoryParts = Pick<Parts, 'laneManager' | 'verifier' | 'chain' | 'reservationDesk' | 'reservationWatch'>;

/** What keeps the inventory up to date: the nonce lanes, the verifier, and the watch over which chain it is on. */
function createInventoryParts(options: InventoryOptions): InventoryParts {
  const { engine, journal, book, recorder, safety, emit, onResolved, onBalance } = options;
  const { newEventId, breach, fundsAtBalance } = options;
  const { settings, clock, random, log, later } = engine;
  const { config, pair, signer } = settings;
  const { account: accountId } = config;
  const { record, note } = recorder;
  const { stops, clockEvidence } = safety;
  const laneManager = createLaneManager({
    clock,
    random,
    journal,
    book,
    newEventId,
    record,
    later,
    onMoved: (fact) => emit({ kind: 'moved', fact }),
    onResolved,
    onBreach: stops.breached,
    onFailure: (error) => stops.faulted(error, 'turn'),
  });
  const verifier = createVerifierPart({
    config,
    publicKey: signer.publicKey,
    pair,
    clock,
    random,
    log: log.child('inventory'),
    toRead: () => toRead(book),
    ledger: {
      block: () => book.block(),
      newestBlock: () => book.newestBlock(),
      credited: (asset) => (book.block() === null ? null : (book.capital(asset)?.creditedUnits ?? null)),
      take: (snapshot, onTaken) => laneManager.observe(snapshot, (refusal) => onTaken(refusal?.reason ?? null)),
    },
    onTaken(snapshot) {
      const atMs = clock.nowMs();
      fundsAtBalance.balanceTaken();
      onBalance(snapshot.block.timeMs);
      const known = { accountId, pair, book, breach: breach(), underWay: fundsAtBalance.of };
      note(inventoryFact({ eventId: newEventId(atMs), atMs, snapshot, ...known }));
    },
    onBlock: ({ host, block, askedUs, receivedUs }) => {
      const source = `near:${host}`;
      clockEvidence.add({ source, stampAtMs: block.timeMs, askedUs, receivedUs, lag: FINAL_BLOCK_LAG });
    },
  });
  const chain = createChainWatch({ book, wentBack: verifier.wentBack, record, log: log.child('inventory') });
  const reservationDesk = createReservationDesk({
    book,
    nowMs: () => clock.nowMs(),
    record,
    durable: () => journal.synced(journal.lastSeq),
    maintain: laneManager.maintain,
  });
  const reservationWatch = createReservationWatch(book, log.child('inventory'));
  return { laneManager, verifier, chain, reservationDesk, reservationWatch };
}

type PullPartOptions = Pick<InventoryOptions, 'engine' | 'journal' | 'book' | 'recorder' | 'safety'> &
  Pick<Parts, 'laneManager' | 'verifier'>;

/** What withdraws live quotes, over the relay or with transactions of our own. */
function createPullPart(options: PullPartOptions): Pulls {
  const { engine, journal, book, recorder, safety, laneManager, verifier } = options;
  const { settings, clock, random, log, later } = engine;
  const { config, signer } = settings;
  const { account, intentsContract, nearRpcUrls, nearChainId } = config;
  const durable = (): Promise<void> => journal.synced(journal.lastSeq);
  const viaRelay = () => createRelaySender({ url: config.relayRpcUrl, apiKey: config.relayApiKey, clock });
  const viaNear = () =>
    createNearSender({
      client: createNearClient({ urls: nearRpcUrls, contract: intentsContract, clock, ...PULL_LIMITS }),
      clock,
      chainId: nearChainId,
      account,
      publicKey: signer.publicKey,
      contract: intentsContract,
      signCall: (call) => signFunctionCall(account, signer, call),
      onTransaction(nonce, txHash) {
        recorder.record({ kind: 'pull_sent', atMs: clock.nowMs(), nonce, txHash });
        return durable();
      },
      transactionsOf: (nonce) => book.nonces().find((view) => view.nonce === nonce)?.pull?.txHashes ?? [],
    });
  return createPulls({
    book,
    signer: createPullSigner(account, intentsContract, signer),
    sender: config.pullVia === 'relay' ? viaRelay() : viaNear(),
    distancePctE4: config.pullDistancePctE4,
    clock,
    random,
    log: log.child('executor'),
    record: recorder.record,
    durable,
    later,
    onBegun: () => later(() => laneManager.maintain()),
    onSent: (txHash) => verifier.trigger(txHash),
    onFailure: (error) => safety.stops.faulted(error, 'turn'),
  });
}
