// Fills a state directory with the journal of an engine that has answered for a long time, by the engine's own parts: loop, book, lanes,
// signed ids and journal, on a clock that moves on by itself. Nothing of it was published, so that every record is kept.

import { priceE8, units } from '../../../contracts/amounts.ts';
import { DEFAULT_PAIR } from '../../../contracts/assets.ts';
import type { AccountId } from '../../../contracts/ids.ts';
import { type Clock, machineClock } from '../../../contracts/runtime/clock.ts';
import { createLog } from '../../../contracts/runtime/log/log.ts';
import { createAnswerTimes } from '../../../engine/executor/answer-times.ts';
import { createExecutor } from '../../../engine/executor/executor.ts';
import { createReplies } from '../../../engine/executor/replies.ts';
import { createThrowAwaySigner } from '../../../engine/executor/sign.ts';
import { OtherIds } from '../../../engine/ingest/other-ids.ts';
import { createPairFilter, filterOf } from '../../../engine/ingest/pair-filter.ts';
import { createBook } from '../../../engine/inventory/book.ts';
import { createLaneManager, type LaneManager } from '../../../engine/inventory/lanes/manager.ts';
import { momentOf } from '../../../engine/lib/moment.ts';
import { createEventIds } from '../../../engine/lib/uuid.ts';
import { createLoop } from '../../../engine/loop.ts';
import type { Fact } from '../../../engine/model/facts.ts';
import type { Observation } from '../../../engine/model/observation.ts';
import type { Random } from '../../../engine/model/ports.ts';
import type { PriceView } from '../../../engine/model/values.ts';
import { Breaker } from '../../../engine/safety/breaker/breaker.ts';
import { Exposure } from '../../../engine/safety/breaker/exposure.ts';
import { createSigningRoom } from '../../../engine/safety/breaker/signing-room.ts';
import { openState } from '../../../engine/startup/open-state.ts';
import { createRecorder } from '../../../engine/turn/recorder.ts';
import { createShadow } from '../../../engine/turn/shadow.ts';
import { rehearsalSteering } from '../../../engine/turn/steering.ts';
import { benchQuote } from '../loop/generator/quotes.ts';
import { LIMITS } from '../micro/sample.ts';

export type FillOptions = {
  readonly stateDir: string;
  readonly accountId: AccountId;
  /** At least so many records. */
  readonly records: number;
  /** By the clock of the journal: what of the quotes is live at its end comes from it. */
  readonly quotesPerS: number;
  /** Smallest units by asset id, as the verifier credits them. */
  readonly balances: Readonly<Record<string, bigint>>;
  /** Of the verifier. */
  readonly salt: string;
};

export type Filled = {
  readonly records: number;
  readonly bytes: number;
  readonly segments: number;
  readonly liveQuotes: number;
};

/** Of each quote: the decision, the sending and the relay's reply. */
const RECORDS_A_QUOTE = 3;
const EUR_PER_BTC = 40_000;
const LANES = 4;
/** As long as quotes may live, so that those of the journal's end are live at each of the starts. */
export const QUOTE_LIFETIME_MAX_MS = 600_000;
const MIN_DEADLINE_MS = 580_000;
/** The verifier is read every so often; what follows from that needs so many turns. */
const READ_EVERY_S = 5;
const TURNS_A_READ = 16;
/** Of the simulated chain: the journal ends before it. */
const FIRST_HEIGHT = 170_000_000;

const LEVEL = { priceE8: priceE8(BigInt(EUR_PER_BTC) * 10n ** 8n), quantityE8: 10n ** 12n };

const RUN_LIMITS = { ...LIMITS, quoteLifetimeMaxMs: QUOTE_LIFETIME_MAX_MS };

/** More than any journal fills. */
const UNLIMITED = { minuteE18: 10n ** 30n, dayE18: 10n ** 30n, failuresInRow: 10 ** 9 };

const random: Random = {
  fill: (bytes) => void crypto.getRandomValues(bytes),
  fraction: () => 0.5,
};

/** A clock that is moved; its timers never run. */
class MovedClock implements Clock {
  #ms = 0;
  readonly #beganAtMs: number;

  constructor(beganAtMs: number) {
    this.#beganAtMs = beganAtMs;
  }

  move(ms: number): void {
    this.#ms += ms;
  }

  nowMs(): number {
    return this.#beganAtMs + Math.floor(this.#ms);
  }

  elapsedUs(): number {
    return this.#ms * 1000;
  }

  after(): () => void {
    return () => {};
  }

  every(): () => void {
    return () => {};
  }
}

const fail = (error: unknown): never => {
  throw error instanceof Error ? error : new Error(JSON.stringify(error));
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function fillJournal(options: FillOptions): Promise<Filled> {
  const { records, quotesPerS } = options;
  const quotes = Math.ceil(records / RECORDS_A_QUOTE);
  const seconds = Math.ceil(quotes / quotesPerS);
  const clock = new MovedClock(machineClock.nowMs() - (seconds + 1) * 1000);
  const run = openRun(options, clock);
  const { journal, loop } = run;
  const quoteOf = { prefix: 'start', eurPerBtc: EUR_PER_BTC, firstAtMs: clock.nowMs(), ratePerS: quotesPerS };
  for (let second = 0; journal.lastSeq < records; second++) {
    if (second % READ_EVERY_S === 0) await readVerifier(run, options, clock, FIRST_HEIGHT - seconds - 1 + second);
    for (let index = second * quotesPerS; index < (second + 1) * quotesPerS && journal.lastSeq < records; index++) {
      const quote = benchQuote({ ...quoteOf, minDeadlineMs: MIN_DEADLINE_MS }, index);
      const receivedAtMs = clock.nowMs();
      const received = { receivedAtMs, receivedElapsedUs: clock.elapsedUs(), connectionId: 'start' };
      loop.onFrame({ ...received, text: quote.frame('start') });
      if (run.answers() !== index + 1) throw new Error(`quote ${quote.quoteId} was not answered`);
      loop.onFrame({ ...received, text: `{"jsonrpc":"2.0","id":${run.answers()},"result":"OK"}` });
      clock.move(1000 / quotesPerS);
    }
  }
  const { open: liveQuotes } = run.book.counts();
  await run.signedIds.save();
  await journal.close({ kind: 'closed', atMs: clock.nowMs() });
  return { records: journal.lastSeq, bytes: journal.bytes, segments: journal.segmentCount, liveQuotes };
}

function openRun({ stateDir, accountId }: FillOptions, clock: MovedClock) {
  const log = createLog({
    ...{ service: 'engine', component: 'bench', namespace: 'bench', level: 'warn' },
    destination: { write: fail },
  });
  const book = createBook({
    lanes: LANES,
    pair: DEFAULT_PAIR,
    quoteLifetimeMaxMs: QUOTE_LIFETIME_MAX_MS,
    beganUs: 0,
  });
  const breaker = new Breaker({ exposure: new Exposure(), limits: UNLIMITED, onTrip: fail, onFilled: () => {} });
  const journalId = crypto.randomUUID();
  const pairFilter = createPairFilter(filterOf('pair', DEFAULT_PAIR));
  const state = openState({
    stateDir,
    clock,
    random,
    log,
    born: () => ({ kind: 'born', atMs: clock.nowMs(), journalId, accountId }),
    book,
    breaker,
    pairFilter,
    isClockTrusted: () => true,
    onJournalFailed: () => {},
    disk: {},
  });
  const { journal } = state;
  const recorder = createRecorder({ journal, book, breaker, onBreach: fail, onFault: fail });
  const started: Fact = {
    kind: 'started',
    atMs: clock.nowMs(),
    instanceId: crypto.randomUUID(),
    version: 'bench',
    quoteLifetimeMaxMs: QUOTE_LIFETIME_MAX_MS,
  };
  recorder.record(started);
  state.run.apply(started, momentOf(clock));
  const newEventId = createEventIds((bytes) => random.fill(bytes));
  const laneManager = createLaneManager({
    ...{ clock, random, journal, book, newEventId },
    record: (fact) => void recorder.record(fact),
    later: (next) => void setImmediate(next),
    onMoved: () => {},
    onResolved: () => {},
    onBreach: fail,
    onFailure: fail,
  });
  let answers = 0;
  const loop = createLoop({
    ...{ clock, recorder, newEventId, book, pairFilter, decided: state.decided, pair: DEFAULT_PAIR },
    otherIds: new OtherIds(DEFAULT_PAIR),
    price: () => priceAt(clock),
    signingRoom: createSigningRoom(breaker, []),
    shadow: createShadow({ book, breaker, armings: [], quoteLifetimeMaxMs: QUOTE_LIFETIME_MAX_MS }),
    answerTimes: createAnswerTimes(),
    executor: createExecutor(accountId, 'intents.near', createThrowAwaySigner()),
    replies: createReplies(),
    steering: rehearsalSteering(RUN_LIMITS),
    emit: () => {},
    onFault: fail,
    verifier: 'intents.near',
    relay: {
      nextId: () => ++answers,
      send: () => true,
      onReply: () => false,
      heard: () => {},
      taken: () => {},
    },
    later: (next) => void setImmediate(next),
    stamped: () => {},
    onOurStatus: () => {},
    pendingInbound: () => null,
  });
  return { ...state, book, laneManager, loop, answers: () => answers };
}

const priceAt = (clock: MovedClock): PriceView => ({
  priceId: 'price-019bc186-de64-727d-a17a-fe19cdb52120',
  source: 'kraken',
  bids: [LEVEL],
  asks: [LEVEL],
  hasDepth: true,
  asOfMs: clock.nowMs() - 100,
  asOfUs: clock.elapsedUs() - 100_000,
  heardAtUs: clock.elapsedUs() - 100_000,
  maxAgeMs: 3000,
  paused: false,
  tradable: true,
  divergencePctE4: null,
  basisKind: 'par',
  eurPerEureE8: 100_000_000n,
  kraken: null,
  coingecko: null,
});

type Run = ReturnType<typeof openRun> & { readonly laneManager: LaneManager };

/** One snapshot of the verifier, in which nothing was settled; what is over by it ends, and lanes are opened. */
async function readVerifier({ book, laneManager, journal }: Run, options: FillOptions, clock: Clock, height: number) {
  const { balances, salt } = options;
  const observation: Observation = {
    block: { height, hash: `start-${height}`, timeMs: clock.nowMs() },
    confirmed: true,
    confirmedTimeMs: clock.nowMs(),
    readAtMs: clock.nowMs(),
    readAtUs: clock.elapsedUs(),
    durationMs: 10,
    credited: Object.fromEntries(Object.entries(balances).map(([asset, credited]) => [asset, units(credited)])),
    stranded: {},
    nonces: book.openNonces().map(({ nonce }) => ({ nonce, used: false })),
    salt,
    invalidSalts: [],
    feePips: 1,
    keyRegistered: true,
    accountLocked: false,
    transactions: [],
  };
  await new Promise((resolve) => laneManager.observe(observation, resolve));
  // Lanes are open when what grants them is on disk, and a journal that nobody waits for would be written ahead of the disk.
  await journal.synced(journal.lastSeq);
  for (let turn = 0; turn < TURNS_A_READ; turn++) await nextTurn();
}
