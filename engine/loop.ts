// THE file to read first: the order of all steps that a frame of the relay goes through, in one synchronous turn.
//
//   parse -> pair filter -> seen before? -> price and inventory from memory -> decide -> sign -> journal -> send
//
// Nothing in a turn is awaited, no timer runs and no line is logged in it. What has to be awaited (balances, prices, disk,
// Kafka) runs elsewhere and leaves its result in memory. Whatever leaves was written to the journal before.

import { assetPaid } from '../contracts/assets.ts';
import type { QuoteId } from '../contracts/ids.ts';
import type { DeadLetterReason, DecisionReason, ResultCode, TradeState } from '../contracts/reasons.ts';
import type { Clock } from '../contracts/runtime/clock.ts';
import { cutAndSay } from '../contracts/text.ts';
import { answerFrame } from './executor/answer.ts';
import type { Executor } from './executor/executor.ts';
import { type ExecutorObstacle, type ExecutorStanding, obstaclesOf } from './executor/gate.ts';
import type { Awaited, Replies } from './executor/replies.ts';
import { type DecidedIds, decidedAs } from './ingest/decided-ids.ts';
import { parseFrame, type QuoteFrame, type ReplyFrame, type StatusFrame } from './ingest/frame.ts';
import type { PairFilter } from './ingest/pair-filter.ts';
import type { Stream } from './ingest/subscriptions.ts';
import type { Book } from './inventory/book.ts';
import { momentOf } from './lib/moment.ts';
import type { DecidedInventory, DecidedPrice, Fact, HeardFact, TransitionFact } from './model/facts.ts';
import { type StepDetail, step } from './model/lifecycle.ts';
import type { JournalPort } from './model/ports.ts';
import type {
  Attempt,
  Breach,
  Demand,
  Holds,
  InventoryView,
  Limits,
  Moment,
  PriceView,
  Refusal,
} from './model/values.ts';
import { decide, reasonsAgainst, type Situation, type StrategyStatus } from './strategy/decide.ts';

/** Frames that nothing is done about: they are counted. */
type PassedOver = 'foreign_pair' | 'ingest_paused' | 'foreign_status' | 'other';

/** Frames that are neither requests nor passed over. */
type Taken = 'reply' | 'status';

/** A frame that became a dead letter, and why. */
type Rejected = { readonly reason: DeadLetterReason; readonly detail: string };

/** What the loop tells about itself; called within the turn, so each call has to be a few counters. */
export type LoopObserver = {
  passedOver(why: PassedOver): void;
  taken(kind: Taken): void;
  repeated(quoteId: QuoteId): void;
  bad(frame: Rejected): void;
  /** `answeredAfterUs`: from the frame's arrival to the send, when an answer left. */
  decided(fact: HeardFact, answeredAfterUs: number | null): void;
  moved(fact: TransitionFact): void;
  /** A fact does not fit in the inventory, or its capital invariant is violated. */
  breached(breach: Breach): void;
  /** A fault of ours within a turn. `frame`: nothing had been written, and the frame is a dead letter; `turn`: anything else. */
  faulted(error: unknown, lost: 'frame' | 'turn'): void;
};

/** The state of switches and limits, as it stands; read once a turn. */
type Steering = {
  /** Requests are not taken; replies and statuses still are. */
  ingestPaused(): boolean;
  limits(): Limits;
  holds(now: Moment): Holds;
  strategy(): StrategyStatus;
  executor(): ExecutorStanding;
};

/** What keeps a request from being answered, gate by gate. */
export type Obstacle = 'pair_filtered' | 'ingest_paused' | DecisionReason | ExecutorObstacle;

export type LoopParts = {
  readonly clock: Clock;
  readonly journal: JournalPort;
  readonly newEventId: (nowMs: number) => string;
  readonly pairFilter: PairFilter;
  readonly decided: DecidedIds;
  readonly price: (now: Moment) => PriceView;
  readonly book: Book;
  readonly executor: Executor;
  readonly replies: Replies;
  readonly steering: Steering;
  readonly observe: LoopObserver;
  /** The contract that is signed for. */
  readonly verifier: string;
  readonly nextRequestId: () => number;
  /** False when the connection is not open. */
  readonly send: (text: string) => boolean;
  /** A reply that is not to one of our answers. @returns false when it is not to a subscription either */
  readonly onSessionReply: (reply: ReplyFrame) => boolean;
  /** An event of this stream came, of whatever pair and solver. */
  readonly onStream: (stream: Stream, receivedElapsedUs: number) => void;
  /** quote_status named one of our quotes: look at the verifier now. */
  readonly onOurStatus: (txHash: string | null) => void;
};

export type Loop = {
  /** One text frame of the relay. Never throws. */
  onFrame(text: string, receivedAtMs: number, receivedElapsedUs: number, connectionId: string): void;
  /** The connection ended: whatever was not replied to is open. */
  onConnectionLost(): void;
  /** Called every so often: replies that did not come in time. */
  onTick(): void;
  /** At a stop: everything without a reply becomes uncertain. */
  abandonReplies(code: ResultCode): void;
  /**
   * Why a request would not be answered if it came now, by the gates that a request goes through; empty: it would be. Has no
   * effect. @param demandAt the request, made for a price and a time
   */
  obstacles(demandAt: (price: PriceView, nowMs: number) => Demand): readonly Obstacle[];
  /** Journals a fact and folds it into the book. @returns the violated invariant, if any; also reported to the observer */
  record(fact: Fact): Breach | null;
};

/** Bytes of UTF-8 that are kept of a dead letter, of a reply, and of a status frame: records stay far below a megabyte. */
const DEAD_LETTER_BYTES_MAX = 65_536;
const REPLY_BYTES_MAX = 16_384;
/** One is kept in memory with each live quote, of which there may be 200,000; a real one has some 400 bytes. */
const STATUS_BYTES_MAX = 2_048;
/** Attempts that one turn makes uncertain; the next tick goes on, so that a lost connection does not hold up the loop. */
const LEFT_OPEN_PER_TURN = 200;

export function createLoop(parts: LoopParts): Loop {
  const { clock, journal, newEventId, pairFilter, decided, book, executor, replies, steering, observe } = parts;

  /** Facts written by this turn. */
  let written = 0;
  /** To be made uncertain; as bounded as the answers that await a reply, from which it is filled. */
  const leftOpen: { readonly quoteId: QuoteId; readonly code: ResultCode }[] = [];

  const record = (fact: Fact): Breach | null => {
    journal.append(fact);
    written++;
    const breach = book.apply(fact);
    if (breach !== null) observe.breached(breach);
    return breach;
  };

  const move = (quoteId: QuoteId, to: TradeState, code: ResultCode, detail: StepDetail): void => {
    const current = book.attemptState(quoteId);
    if (current === null) return;
    const atMs = clock.nowMs();
    const fact = step(current, to, code, { atMs, newEventId: () => newEventId(atMs) }, detail);
    if (fact === null) return;
    record(fact);
    observe.moved(fact);
  };

  const situationOf = (demand: Demand, malformed: string | null, now: Moment): Situation => {
    const paidAsset = demand.direction === null ? null : assetPaid(demand.direction).id;
    return {
      demand,
      malformed,
      price: parts.price(now),
      inventory: demand.direction === null ? null : book.inventory(demand.direction),
      inventoryReadAtUs: book.readAtUs(),
      limits: steering.limits(),
      standing: steering.strategy(),
      holds: steering.holds(now),
      admit: (amountOutUnits, deadline) =>
        paidAsset === null ? { ok: false } : book.admit(paidAsset, amountOutUnits, deadline, now.nowMs),
      now,
    };
  };

  const onQuote = (frame: QuoteFrame, text: string, receivedElapsedUs: number, connectionId: string): void => {
    const { demand } = frame;
    if (!pairFilter.passes(demand.assetIn, demand.assetOut)) {
      observe.passedOver('foreign_pair');
      return;
    }
    if (steering.ingestPaused()) {
      observe.passedOver('ingest_paused');
      return;
    }
    const now = momentOf(clock);
    const { nowMs } = now;
    if (decided.has(demand.quoteId) || book.attemptState(demand.quoteId) !== null) {
      const { quoteId, receivedAtMs, quotedAtMs } = demand;
      const eventId = newEventId(nowMs);
      record({ kind: 'repeat', eventId, atMs: nowMs, connectionId, frame: text, quoteId, receivedAtMs, quotedAtMs });
      observe.repeated(quoteId);
      return;
    }
    const situation = situationOf(demand, frame.malformed, now);
    const { price, inventory, limits, standing } = situation;
    const { decision, admission, deadlineAtMs } = decide(situation);

    let attempt: Attempt | null = null;
    let refusal: Refusal | null = null;
    if (decision.accepted && inventory !== null) {
      const prepared = executor.prepare({
        demand,
        decision,
        paid: inventory.paid,
        admission,
        deadlineAtMs,
        standing: steering.executor(),
        nowMs,
        freeDeadline: (amountInUnits, amountOutUnits, latestAtMs) =>
          admission.ok ? book.freeDeadline(admission.nonce, amountInUnits, amountOutUnits, latestAtMs) : latestAtMs,
      });
      if (prepared.ok) attempt = prepared.attempt;
      else refusal = prepared.refusal;
    }

    const heard: HeardFact = {
      kind: 'heard',
      eventId: newEventId(nowMs),
      atMs: nowMs,
      connectionId,
      frame: text,
      demand,
      malformed: frame.malformed,
      decision,
      limits,
      price: decidedPrice(price),
      inventory: inventory === null ? null : decidedInventory(inventory),
      strategyArmed: standing.armed,
      decideUs: Math.round(clock.elapsedUs() - receivedElapsedUs),
      attempt,
      refusal,
    };
    // First, so that no fault between here and the sending leads to a second decision.
    decided.add(demand.quoteId, decidedAs(heard), now.nowUs);
    const breach = record(heard);
    if (attempt === null) {
      observe.decided(heard, null);
      return;
    }

    if (breach !== null) {
      // Signed, but not as the books want it: it must not leave.
      move(demand.quoteId, 'failed', 'books_breached', { note: breach.detail });
      observe.decided(heard, null);
      return;
    }

    const requestId = parts.nextRequestId();
    const openSide = decision.requestKind === 'exact_out' ? 'in' : 'out';
    const left = parts.send(answerFrame(requestId, attempt, openSide, parts.verifier));
    const sentElapsedUs = clock.elapsedUs();
    const sinceReceivedUs = Math.round(sentElapsedUs - receivedElapsedUs);
    if (left) {
      const evicted = replies.expect(requestId, { quoteId: demand.quoteId, sentUs: sentElapsedUs });
      move(demand.quoteId, 'submitted', 'answer_sent', { sinceReceivedUs });
      if (evicted !== null) move(evicted.quoteId, 'uncertain', 'reply_timeout', {});
    } else {
      move(demand.quoteId, 'failed', 'relay_not_connected', { sinceReceivedUs });
    }
    observe.decided(heard, left ? sinceReceivedUs : null);
  };

  const onReply = (reply: ReplyFrame, text: string): void => {
    observe.taken('reply');
    const awaited = reply.id === null ? null : replies.take(reply.id);
    if (awaited === null) {
      parts.onSessionReply(reply);
      return;
    }
    const replyAfterMs = Math.round((clock.elapsedUs() - awaited.sentUs) / 1000);
    const { to, code } = verdictOf(reply);
    const venueReply = cutAndSay(text, REPLY_BYTES_MAX);
    try {
      move(awaited.quoteId, to, code, { note: reply.errorText ?? '', replyAfterMs, venueReply });
    } catch (error) {
      // The reply could not be recorded: its attempt still has to become uncertain in time.
      const evicted = reply.id === null ? null : replies.expect(reply.id, awaited);
      if (evicted !== null) leftOpen.push({ quoteId: evicted.quoteId, code: 'reply_timeout' });
      throw error;
    }
  };

  const onStatus = (status: StatusFrame, text: string): void => {
    if (!book.knowsHash(status.quoteHash)) {
      observe.passedOver('foreign_status');
      return;
    }
    observe.taken('status');
    const { quoteHash, intentHash, txHash } = status;
    const kept = cutAndSay(text, STATUS_BYTES_MAX);
    record({ kind: 'status_seen', atMs: clock.nowMs(), quoteHash, intentHash, txHash, frame: kept });
    parts.onOurStatus(txHash);
  };

  const onBad = ({ reason, detail }: Rejected, text: string): void => {
    const atMs = clock.nowMs();
    record({
      kind: 'dead_letter',
      eventId: newEventId(atMs),
      atMs,
      origin: 'relay',
      key: null,
      reason,
      detail,
      value: cutAndSay(text, DEAD_LETTER_BYTES_MAX),
      valueBytes: Buffer.byteLength(text),
    });
    observe.bad({ reason, detail });
  };

  const leaveOpen = (awaited: readonly Awaited[], code: ResultCode, most: number): void => {
    for (const { quoteId } of awaited) leftOpen.push({ quoteId, code });
    guarded(() => {
      for (let left = most; left > 0; left--) {
        // One that fails is not tried again, or it would hold up those behind it.
        const next = leftOpen.shift();
        if (next === undefined) return;
        move(next.quoteId, 'uncertain', next.code, {});
      }
    });
  };

  const guarded = (turn: () => void): void => {
    try {
      turn();
    } catch (error) {
      observe.faulted(error, 'turn');
    }
  };

  /** A turn that failed before it wrote anything lost its frame alone: that is kept, and whoever sends such frames stops nobody. */
  const onFrameFaulted = (error: unknown, text: string): void => {
    if (written > 0) {
      observe.faulted(error, 'turn');
      return;
    }
    guarded(() => {
      onBad({ reason: 'turn_failed', detail: 'the engine failed on this frame: see turn_faulted in the log' }, text);
      observe.faulted(error, 'frame');
    });
  };

  const obstacles = (demandAt: (price: PriceView, nowMs: number) => Demand): readonly Obstacle[] => {
    const now = momentOf(clock);
    const demand = demandAt(parts.price(now), now.nowMs);
    const list: Obstacle[] = [];
    if (!pairFilter.passes(demand.assetIn, demand.assetOut)) list.push('pair_filtered');
    if (steering.ingestPaused()) list.push('ingest_paused');
    list.push(...reasonsAgainst(situationOf(demand, null, now)), ...obstaclesOf(steering.executor()));
    return list;
  };

  return {
    record,
    obstacles,
    onFrame(text, receivedAtMs, receivedElapsedUs, connectionId) {
      written = 0;
      try {
        const frame = parseFrame(text, receivedAtMs);
        switch (frame.kind) {
          case 'quote':
            parts.onStream('quote', receivedElapsedUs);
            onQuote(frame, text, receivedElapsedUs, connectionId);
            break;
          case 'reply':
            onReply(frame, text);
            break;
          case 'status':
            parts.onStream('quote_status', receivedElapsedUs);
            onStatus(frame, text);
            break;
          case 'bad':
            onBad(frame, text);
            break;
          case 'other':
            observe.passedOver('other');
        }
      } catch (error) {
        onFrameFaulted(error, text);
      }
    },
    onConnectionLost: () => leaveOpen(replies.abandon(), 'connection_lost', LEFT_OPEN_PER_TURN),
    onTick: () => leaveOpen(replies.overdue(clock.elapsedUs()), 'reply_timeout', LEFT_OPEN_PER_TURN),
    abandonReplies: (code) => leaveOpen(replies.abandon(), code, Number.POSITIVE_INFINITY),
  };
}

/** The relay's word on an answer. Its error codes are not all known: the one for a finished quote goes by code or text. */
function verdictOf(reply: ReplyFrame): { readonly to: TradeState; readonly code: ResultCode } {
  if (reply.ok) return { to: 'accepted', code: 'relay_accepted' };
  const late = reply.errorCode === -32098 || /not found or already finished/i.test(reply.errorText ?? '');
  return late ? { to: 'late', code: 'relay_late' } : { to: 'rejected', code: 'relay_rejected' };
}

function decidedPrice(price: PriceView): DecidedPrice {
  return {
    priceId: price.priceId,
    source: price.source,
    bidE8: price.bids[0]?.priceE8 ?? null,
    askE8: price.asks[0]?.priceE8 ?? null,
    divergencePctE4: price.divergencePctE4,
    basisKind: price.basisKind,
    eurPerEureE8: price.eurPerEureE8,
    maxAgeMs: price.maxAgeMs,
  };
}

function decidedInventory({ inventoryId, blockHeight, received, paid }: InventoryView): DecidedInventory {
  const { asset, creditedUnits, spendableUnits, reservedForOrdersUnits, reservedForPositionsUnits, realizedUnits } =
    paid;
  return {
    inventoryId,
    blockHeight,
    received: { asset: received.asset, creditedUnits: received.creditedUnits },
    paid: { asset, creditedUnits, spendableUnits, reservedForOrdersUnits, reservedForPositionsUnits, realizedUnits },
  };
}
