// Puts the parts of one engine together, in the order in which a quote goes through them, and starts and drains them. Nothing
// here decides anything about a quote: loop.ts has the steps, the parts have the rules.

import { BTC, EURE, PAIR } from '../contracts/assets.ts';
import type { AssetId } from '../contracts/ids.ts';
import type { Clock } from '../contracts/runtime/clock.ts';
import { partitionOf } from '../contracts/runtime/kafka/partition.ts';
import { refusesRecord } from '../contracts/runtime/kafka/producer.ts';
import type { Log } from '../contracts/runtime/log/log.ts';
import { createNearClient } from '../contracts/runtime/near/client.ts';
import type { DeadMessage } from './bus/dead-letters.ts';
import { isHistoryWritten } from './bus/history/reports.ts';
import { watchHistory } from './bus/history/watch.ts';
import { createKafkaLink } from './bus/kafka-link.ts';
import { Publisher } from './bus/publisher.ts';
import { decisionPayload } from './bus/render/payloads.ts';
import { createRender } from './bus/render/render.ts';
import { readPosition } from './bus/watermark-file.ts';
import { inventoryPayload } from './control/inventory-record.ts';
import { limitsInForce } from './control/limits-view.ts';
import { FRESH_JOURNAL_MS, type Parts, type Switches } from './control/parts.ts';
import { type Settleable, settleable } from './control/settleable.ts';
import { createExecutor } from './executor/executor.ts';
import { createReplies } from './executor/replies.ts';
import { createDecidedIds } from './ingest/decided-ids.ts';
import { createPairFilter, DEFAULT_PAIR_FILTER } from './ingest/pair-filter.ts';
import { createRelaySocket } from './ingest/relay-socket.ts';
import { SignedIdStore } from './ingest/signed-id-store.ts';
import { createBook } from './inventory/book.ts';
import { createChainWatch } from './inventory/chain-watch.ts';
import { createLaneManager } from './inventory/lanes/manager.ts';
import { Journal } from './journal/journal.ts';
import { placeOf } from './journal/place.ts';
import { inStateDir } from './journal/problems.ts';
import { momentOf } from './lib/moment.ts';
import { createTroubleLog } from './lib/trouble.ts';
import { createEventIds } from './lib/uuid.ts';
import { createLoop, type Loop } from './loop.ts';
import type { Fact, StartedFact } from './model/facts.ts';
import type { Observation } from './model/observation.ts';
import type { Random } from './model/ports.ts';
import { armChanged } from './observe/events.ts';
import { createObserver } from './observe/observer.ts';
import { createReferencePart } from './reference/reference.ts';
import { createArming } from './safety/arming.ts';
import { clockHold, createClockEvidence, FINAL_BLOCK_LAG, STREAM_LAG } from './safety/clock-skew.ts';
import { createFaults } from './safety/faults.ts';
import { type HoldSources, holdsNow, journalHold, liveQuotesHold } from './safety/holds.ts';
import { createStallWatch } from './safety/stall-watch.ts';
import { createStops } from './safety/stops.ts';
import { beginCheckpoint } from './startup/checkpoint.ts';
import { createFolds } from './startup/folds.ts';
import { openAfterRestart, recover, withFinding } from './startup/recover.ts';
import { type Settings, startingLimits } from './startup/settings.ts';
import { rehearse } from './startup/warm-up.ts';
import { createVerifierPoll } from './verifier/poll.ts';

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
};

export type Engine = {
  readonly parts: Parts;
  /** Journals an action of an operator; throws when that could not be done. */
  record(fact: Fact): void;
  /** Journals what nothing hangs on. */
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

type Drained = { readonly outboxLeft: number; readonly settleable: Settleable };

const TICK_MS = 250;
/** Share of the drain's limit that replies in flight may take; the rest is for the outbox. */
const REPLIES_SHARE = 0.4;
/** Share that is kept for closing the journal. */
const CLOSING_SHARE = 0.1;
const DRAIN_POLL_MS = 10;
const KAFKA_CLOSE_MS = 1000;

/** Throws `JournalRefused` when the state directory cannot be used: damaged, or held by another engine. */
export function createEngine(options: EngineOptions): Engine {
  const { settings, clock, random, log, version, newUuid } = options;
  const { config, signer } = settings;
  const assets: readonly AssetId[] = [BTC.id, EURE.id];
  const instanceId = newUuid();
  const startedAtMs = clock.nowMs();
  const startedUs = clock.elapsedUs();
  const newEventId = createEventIds((bytes) => random.fill(bytes));

  const book = createBook({
    lanes: config.nonceLanes,
    assets,
    quoteLifetimeMaxMs: config.quoteLifetimeMaxMs,
    beganUs: startedUs,
  });
  const started: StartedFact = {
    kind: 'started',
    atMs: startedAtMs,
    instanceId,
    version,
    quoteLifetimeMaxMs: config.quoteLifetimeMaxMs,
  };
  const faults = createFaults();

  // --- observation of the loop ---
  const observer = createObserver({
    clock,
    log: log.child('loop'),
    later: options.later,
    decisionPayload,
  });

  // --- what stops the executor by itself ---
  const executorArming = createArming(clock, (state) => armChanged(log.child('executor'), 'executor', state));
  const strategyArming = createArming(clock, (state) => armChanged(log.child('strategy'), 'strategy', state));
  const stops = createStops({ clock, arming: executorArming, faults, observe: observer });

  // --- journal, and the state folded from it ---
  const watermarkPath = `${config.stateDir}/journal/outbox.json`;
  const position = readPosition(watermarkPath);
  const journal = Journal.open({
    stateDir: config.stateDir,
    born: () => ({ kind: 'born', atMs: startedAtMs, journalId: newUuid(), accountId: config.account }),
    checkpoint: () => beginCheckpoint(folds.all, momentOf(clock)),
    clock,
    log: log.child('journal'),
    onFailure(error) {
      log.child('journal').error('journal_failed', { failure: error });
      stops.stop('journal_failed');
    },
    ...(position === null ? {} : { durableAtLeast: position.others }),
  });
  // Behind the journal's lock.
  const signedIds = inStateDir(
    config.stateDir,
    () =>
      new SignedIdStore({
        stateDir: config.stateDir,
        clock,
        random,
        log: log.child('ingest'),
        isOwned: () => journal.ownsFiles,
        isClockTrusted: () => {
          const skewMs = clockEvidence.skewMs(momentOf(clock));
          return skewMs !== null && clockHold(skewMs) === null;
        },
      }),
  );
  const decided = createDecidedIds({ commanded: signedIds.ids });
  const folds = createFolds({ book, decided, signedIds });
  const folded = recover({ entries: journal.recover(), folds, now: momentOf(clock) });
  if (!folded.ok) throw new Error(folded.problem);
  const place = inStateDir(config.stateDir, () => placeOf(`${config.stateDir}/journal`));
  const recovered = withFinding(folded.recovered, place.finding);
  for (const complaint of recovered.complaints) log.warn('recovery_complaint', { detail: complaint });

  // --- bus ---
  const publisher = new Publisher({
    journal,
    render: createRender(config.account, partitionOf),
    refusesRecord,
    onDeadLetter: (message) => record(deadLetter(message, clock.nowMs())),
    onStuck: (why) => kafka.replace(why),
    watermarkPath,
    position,
    clock,
    log: log.child('bus'),
  });
  const deadLetter = (message: DeadMessage, atMs: number): Fact => ({
    kind: 'dead_letter',
    eventId: newEventId(atMs),
    atMs,
    origin: message.topic,
    key: message.key,
    reason: 'kafka_refused',
    detail: `${message.detail}${message.code === null ? '' : ` (${message.code})`}`,
    value: new TextDecoder().decode(message.value.subarray(0, 65_536)),
    valueBytes: message.value.length,
  });
  const kafka = createKafkaLink({
    brokers: config.kafkaBrokers,
    extra: settings.kafka,
    publisher,
    clock,
    log: log.child('bus'),
    onPublished: (topic) => observer.published(topic),
  });
  const history = watchHistory({
    brokers: config.kafkaBrokers,
    extra: settings.kafka,
    accountId: config.account,
    clock,
    log: log.child('history'),
  });

  // --- what the loop looks up ---
  const switches: Switches = {
    ingestPaused: false,
    strategyPaused: false,
    executorPaused: false,
    recoveryAccepted: null,
    draining: false,
    limits: startingLimits(config),
  };
  const pairFilter = createPairFilter(DEFAULT_PAIR_FILTER);
  const replies = createReplies();
  const clockEvidence = createClockEvidence();
  const reference = createReferencePart({
    config,
    clock,
    random,
    log: log.child('reference'),
    newEventId,
    onFact: (fact) => note(fact),
    onVenueTime: (stampAtMs, readUs) =>
      clockEvidence.add({ source: 'kraken', stampAtMs, askedUs: readUs, receivedUs: readUs, lag: STREAM_LAG }),
  });
  const near = createNearClient({ urls: config.nearRpcUrls, contract: config.intentsContract, clock });
  let lastLook: Observation | null = null;
  const inventoryTrouble = createTroubleLog(log.child('inventory'), 'verifier_poll_failed');
  const poll = createVerifierPoll({
    client: near,
    chainId: config.nearChainId,
    accountId: config.account,
    publicKey: signer.publicKey,
    contract: config.intentsContract,
    assets,
    pollMs: config.inventoryPollMs,
    maxAgeMs: config.inventoryMaxAgeMs,
    toRead: () => {
      const open = book.openNonces();
      const timeFrees = open.map(({ nonce, overFromMs }) => ({ nonce, fromMs: overFromMs }));
      return { nonces: open.map(({ nonce }) => nonce), salts: [...new Set(open.map(({ salt }) => salt))], timeFrees };
    },
    ledgerBlock: () => book.block(),
    ledgerCredited: (asset) => (book.block() === null ? null : (book.capital(asset)?.creditedUnits ?? null)),
    onObservation(observation) {
      const refusal = laneManager.observe(observation);
      if (refusal !== null) return refusal.reason;
      lastLook = observation;
      inventoryTrouble.wellAgain();
      // A record of a snapshot whose balance the ledger did not take would put one block's name on the other's amounts.
      if (book.block()?.height !== observation.block.height) return null;
      const atMs = clock.nowMs();
      note({
        kind: 'inventory',
        eventId: newEventId(atMs),
        atMs,
        observedAtMs: observation.block.timeMs,
        payload: inventoryPayload(parts, observation),
      });
      return null;
    },
    onFailure: ({ reason, detail }) => inventoryTrouble.say(reason, detail),
    onBlock: ({ host, block, askedUs, receivedUs }) =>
      clockEvidence.add({
        source: `near:${host}`,
        stampAtMs: block.timeMs,
        askedUs,
        receivedUs,
        lag: FINAL_BLOCK_LAG,
      }),
    onEndpointTrouble: (host, trouble) =>
      trouble === null
        ? log.child('inventory').info('rpc_endpoint_recovered', { host })
        : log.child('inventory').warn('rpc_endpoint_refused', { host, reason: trouble.reason, detail: trouble.detail }),
    clock,
    random,
  });

  // --- what keeps the engine from signing for a while ---
  const stalls = createStallWatch({
    clock,
    log: log.child('loop'),
    limitMs: options.stallLimitMs,
    heard: (now) => ({
      priceUs: reference.heardUs(now),
      inventoryUs: book.readAtUs(),
      relayUs: relay.drainedUs(),
    }),
    onGap() {
      relay.askDrained();
      reference.askDrained();
      poll.trigger(null);
      // Kraken streams; CoinGecko answers only when it is asked.
      if (reference.current(momentOf(clock)).source === 'coingecko') void reference.refresh();
    },
  });
  const holdSources: HoldSources = {
    clock_skew: (now) => clockHold(clockEvidence.skewMs(now)),
    process_stalled: (now) => stalls.hold(now),
    inventory_block_went_back: () => poll.wentBack(),
    quotes_live_max: () => liveQuotesHold(book.counts().open, config.quotesLiveMax),
    quote_ids_full: ({ nowUs }) => signedIds.hold(nowUs),
    journal_behind: ({ nowUs }) => journalHold(journal.syncLagMs(nowUs), config.journalMaxSyncLagMs),
  };

  // --- the loop and what keeps its lanes ---
  const executor = createExecutor(config.account, config.intentsContract, signer);
  const loop: Loop = createLoop({
    clock,
    journal,
    newEventId,
    pairFilter,
    decided,
    price: (now) => reference.current(now),
    book,
    executor,
    replies,
    steering: {
      ingestPaused: () => switches.ingestPaused,
      limits: () => switches.limits,
      holds: (now) => holdsNow(holdSources, now),
      strategy: () => ({
        armed: strategyArming.state().armed,
        paused: switches.strategyPaused,
        historyBlocks:
          config.persistencePolicy === 'strict' && !isHistoryWritten(history.status(), config.historyMaxLagMs),
      }),
      executor: () => ({
        armed: executorArming.state().armed,
        paused: switches.executorPaused,
        draining: switches.draining,
        relayOpen: relay.state().connected,
        keyRegistered: lastLook?.keyRegistered ?? null,
        accountLocked: lastLook?.accountLocked ?? null,
      }),
    },
    observe: {
      ...observer,
      breached: stops.breached,
      faulted: stops.faulted,
      decided(fact, answeredAfterUs) {
        faults.decided();
        observer.decided(fact, answeredAfterUs);
      },
    },
    verifier: config.intentsContract,
    nextRequestId: () => relay.nextId(),
    send: (text) => relay.send(text),
    onSessionReply: (reply) => relay.onReply(reply),
    onStream: (stream, nowUs) => relay.heard(stream, nowUs),
    onOurStatus(txHash) {
      laneManager.maintain();
      poll.trigger(txHash);
    },
  });
  const record = loop.record;

  /** For records that nothing hangs on: a journal that cannot be written has stopped the executor and said so already. */
  const note = (fact: Fact): void => {
    if (journal.failure !== null) return;
    try {
      record(fact);
    } catch (error) {
      observer.faulted(error);
    }
  };

  const laneManager = createLaneManager({
    clock,
    random,
    journal,
    book,
    newEventId,
    record,
    later: options.later,
    onMoved: (fact) => observer.moved(fact),
    onBreach: stops.breached,
    onFailure: (error) => stops.faulted(error, 'turn'),
  });
  const relay = createRelaySocket({
    url: config.relayWsUrl,
    apiKey: config.relayApiKey,
    tokens: assets,
    clock,
    random,
    log: log.child('ingest'),
    onFrame(text, receivedAtMs, receivedElapsedUs, connectionId) {
      observer.frameReceived(receivedAtMs);
      loop.onFrame(text, receivedAtMs, receivedElapsedUs, connectionId);
    },
    onConnectionLost: () => loop.onConnectionLost(),
  });

  const chain = createChainWatch({
    book,
    wentBack: () => poll.wentBack(),
    record: (fact) => void record(fact),
    log: log.child('inventory'),
  });

  const parts: Parts = {
    settings,
    version,
    clock,
    instanceId,
    startedAtMs,
    startedUs,
    recovered,
    switches,
    strategyArming,
    executorArming,
    pairFilter,
    journal,
    signedIds,
    publisher,
    kafka,
    book,
    laneManager,
    replies,
    relay,
    reference,
    poll,
    chain,
    history,
    observer,
    faults,
    stalls,
    obstacles: loop.obstacles,
    holds: (now) => holdsNow(holdSources, now),
    lastLook: () => lastLook,
    clockVerdict: () => clockEvidence.verdict(momentOf(clock)),
    stops,
    breach: () => book.breach() ?? stops.firstBreach(),
  };

  const stopTimers: (() => void)[] = [];

  const waitForReplies = async (leftMs: () => number): Promise<void> => {
    while (replies.count() > 0 && leftMs() > 0) {
      await new Promise<void>((resolve) => clock.after(DRAIN_POLL_MS, resolve));
    }
    loop.abandonReplies('stopped');
  };

  return {
    parts,
    record,
    note,
    newEventId,
    async start() {
      record(started);
      folds.run.apply(started, momentOf(clock));
      const atMs = clock.nowMs();
      for (const fact of openAfterRestart(book, { atMs, newEventId: () => newEventId(atMs) })) {
        record(fact);
        if (fact.kind === 'transition') observer.moved(fact);
      }
      // Until this run is on disk nothing may be signed in it: after a crash it tells how long unlisted quotes may bind.
      await journal.synced(journal.lastSeq);
      if (switches.draining) return;
      const beganUs = clock.elapsedUs();
      const rehearsed = rehearse({
        clock,
        random,
        account: config.account,
        verifier: config.intentsContract,
        limits: switches.limits,
      });
      log.info('engine_rehearsed', { answers: rehearsed, ms: Math.round((clock.elapsedUs() - beganUs) / 1000) });
      log.info('limits_in_force', limitsInForce(switches.limits, config));
      log.info('engine_started', {
        version,
        pair: PAIR,
        account_id: config.account,
        public_key: signer.publicKey,
        instance_id: instanceId,
        journal_id: recovered.journalId,
        records_recovered: recovered.records,
        last_stop_clean: recovered.clean,
        open_quotes: book.counts().open,
      });
      kafka.start();
      stopTimers.push(observer.start(), stalls.start(), signedIds.start());
      stopTimers.push(
        place.acceptAfter(FRESH_JOURNAL_MS, clock, log.child('journal')),
        clock.every(TICK_MS, () => {
          loop.onTick();
          laneManager.maintain();
          chain.watch();
        }),
      );
      reference.start();
      poll.start();
      relay.start();
    },
    async drain(limitMs) {
      const beganUs = clock.elapsedUs();
      const leftMs = (share: number): number => Math.max(0, limitMs * share - (clock.elapsedUs() - beganUs) / 1000);
      switches.draining = true;
      strategyArming.disarm('drain');
      executorArming.disarm('drain');
      publisher.republisher.close();
      await waitForReplies(() => leftMs(REPLIES_SHARE));
      for (const stop of stopTimers) stop();
      relay.stop();
      reference.stop();
      poll.stop();
      near.close();
      observer.flush();
      const outboxLeft = await publisher.flush(leftMs(1 - CLOSING_SHARE));
      await publisher.close();
      await signedIds.idle();
      // The journal first: closing Kafka's clients can take long, and nothing hangs on it.
      await journal.close({ kind: 'closed', atMs: clock.nowMs() });
      await Promise.race([
        Promise.allSettled([kafka.close(), history.close()]),
        new Promise<void>((resolve) => clock.after(KAFKA_CLOSE_MS, resolve)),
      ]);
      return { outboxLeft, settleable: settleable(book, clock.nowMs()) };
    },
  };
}
