// THE file to read first: the order of all steps that a frame of the relay goes through, in one synchronous turn.
//
//   parse -> pair filter -> seen before? -> price and inventory from memory -> decide -> sign -> journal -> send
//
// In shadow mode the way ends before the signature: turn/shadow-quote.ts.
//
// Nothing in a turn is awaited, no timer runs and no line is logged in it. What has to be awaited (balances, prices, disk,
// Kafka) runs elsewhere and leaves its result in memory. Whatever leaves was written to the journal before.

import type { ResultCode } from '../contracts/reasons.ts';
import type { Awaited } from './executor/replies.ts';
import { decidedAs } from './ingest/decided-ids.ts';
import { parseFrame, type QuoteFrame } from './ingest/frame.ts';
import { momentOf } from './lib/moment.ts';
import { PASSED_OVER } from './model/events.ts';
import type { Demand, ReceivedFrame } from './model/values.ts';
import { decide } from './strategy/decide.ts';
import { moveAttempt } from './turn/attempts.ts';
import type { TurnContext } from './turn/context.ts';
import { buryFrame } from './turn/dead-letter.ts';
import { Evidence } from './turn/evidence.ts';
import { type DemandAt, type Obstacle, obstaclesTo } from './turn/obstacles.ts';
import { OpenOutcomes } from './turn/open-outcomes.ts';
import { decisionFact, noteRefusal, recordRepeat, sendAnswer, signDecision, situationOf } from './turn/quote.ts';
import { takeReply } from './turn/reply.ts';
import { decideInShadow } from './turn/shadow-quote.ts';
import { takeStatus } from './turn/status.ts';

export type Loop = {
  /** One text frame of the relay. Never throws. */
  onFrame(frame: ReceivedFrame): void;
  /** The connection ended: the outcome of every answer without a reply is open. */
  onConnectionLost(): void;
  /** Called every so often: replies that did not come in time. */
  onTick(): void;
  /** At a stop: everything without a reply becomes uncertain. */
  abandonReplies(code: ResultCode): void;
  /** Why a request would not be answered if it came now, by the gates that a request goes through; empty: it would be. */
  obstacles(demandAt: DemandAt): readonly Obstacle[];
};

export function createLoop(context: TurnContext): Loop {
  const { clock, replies, recorder } = context;
  const open = new OpenOutcomes(context);
  const evidence = new Evidence();
  const kept: Kept = { open, evidence, repeats: new Evidence(), statuses: new Evidence() };

  const leaveOpen = (awaited: readonly Awaited[], code: ResultCode): void => {
    for (const { quoteId } of awaited) open.add({ quoteId, code });
  };

  return {
    onFrame(frame) {
      const recordedBefore = recorder.count();
      try {
        takeFrame(context, kept, frame);
      } catch (error) {
        onTurnFailed(context, evidence, error, recorder.count() > recordedBefore ? null : frame.text);
      }
    },
    onConnectionLost() {
      leaveOpen(replies.abandon(), 'connection_lost');
      open.resolve();
    },
    onTick() {
      leaveOpen(replies.overdue(clock.elapsedUs()), 'reply_timeout');
      open.resolve();
      context.shadow.end(clock.nowMs());
    },
    abandonReplies(code) {
      leaveOpen(replies.abandon(), code);
      open.resolveAll();
    },
    obstacles: (demandAt) => obstaclesTo(context, demandAt),
  };
}

/** What is kept from turn to turn, apart from the state. */
type Kept = {
  readonly open: OpenOutcomes;
  readonly evidence: Evidence;
  readonly repeats: Evidence;
  readonly statuses: Evidence;
};

function takeFrame(context: TurnContext, kept: Kept, received: ReceivedFrame): void {
  const { open, evidence } = kept;
  const { text, receivedElapsedUs } = received;
  const frame = parseFrame(text, received.receivedAtMs, context.pair);
  switch (frame.kind) {
    case 'quote':
      context.relay.heard('quote', receivedElapsedUs);
      if (frame.demand.quotedAtMs !== null)
        context.stamped(frame.demand.quotedAtMs, { nowMs: received.receivedAtMs, nowUs: receivedElapsedUs });
      takeQuote(context, kept, frame, received);
      break;
    case 'reply':
      takeReply(context, open, { reply: frame, text });
      break;
    case 'status':
      context.relay.heard('quote_status', receivedElapsedUs);
      takeStatus(context, kept.statuses, frame, received);
      break;
    case 'bad':
      buryFrame(context, evidence, frame, text);
      break;
    case 'other':
      context.emit(PASSED_OVER.other);
  }
}

/** A request before the decision: whether one is due. */
function takeQuote(context: TurnContext, { repeats }: Kept, quote: QuoteFrame, received: ReceivedFrame): void {
  const { demand } = quote;
  const { quoteId } = demand;
  if (demand.direction === null) seeOtherId(context, demand, received);
  if (!context.pairFilter.passes(demand.assetIn, demand.assetOut)) context.emit(PASSED_OVER.foreign_pair);
  else if (context.steering.ingestPaused()) context.emit(PASSED_OVER.ingest_paused);
  else if (context.decided.has(quoteId) || context.book.attemptState(quoteId) !== null)
    recordRepeat(context, repeats, demand, received);
  else if (context.steering.isShadow()) decideInShadow(context, quote, received);
  else answerQuote(context, quote, received);
}

/** A venue that asks for a traded asset under another id has to be noticed: it looks like a silent pair. */
function seeOtherId({ otherIds, emit }: TurnContext, { assetIn, assetOut }: Demand, received: ReceivedFrame): void {
  const asset = otherIds.see(assetIn, assetOut, received.receivedElapsedUs);
  if (asset !== null) emit({ kind: 'other_id', asset });
}

/** From the decision to the answer. */
function answerQuote(context: TurnContext, quote: QuoteFrame, received: ReceivedFrame): void {
  const { quoteId } = quote.demand;
  const now = momentOf(context.clock);
  const { demand, malformed } = quote;
  const situation = situationOf(context, { demand, malformed, arrivedUs: received.receivedElapsedUs }, now);
  const decided = decide(situation);
  const prepared = signDecision(context, situation, decided);

  const fact = decisionFact(context, { situation, decided, prepared, frame: received });
  // First, so that no fault between here and the sending leads to a second decision.
  context.decided.add(quoteId, decidedAs(fact), now.nowUs);
  const breach = context.recorder.record(fact);

  let answeredAfterUs: number | null = null;
  if (prepared?.ok === true) {
    if (breach === null) {
      const { attempt } = prepared;
      const { receivedElapsedUs } = received;
      answeredAfterUs = sendAnswer(context, {
        attempt,
        demand: quote.demand,
        decision: decided.decision,
        receivedElapsedUs,
        decidedUs: now.nowUs,
      });
    }
    // Signed, but it violates an invariant of the inventory: it must not leave.
    else moveAttempt(context, { quoteId, to: 'failed', code: 'books_breached', note: breach.detail });
  }
  context.emit({ kind: 'decided', fact, answeredAfterUs });
  if (situation.status.armed) noteRefusal(context, decided, now);
}

/**
 * A turn that failed before it wrote anything lost its frame alone: that is kept as a dead letter, and such frames, however many
 * there are, stop nobody. @param lostText of that frame; null: something had been written
 */
function onTurnFailed(context: TurnContext, evidence: Evidence, error: unknown, lostText: string | null): void {
  if (lostText === null) {
    context.onFault(error, 'turn');
    return;
  }
  const detail = 'the engine failed on this frame: see turn_faulted in the log';
  try {
    buryFrame(context, evidence, { reason: 'turn_failed', detail }, lostText);
    context.onFault(error, 'frame');
  } catch (failure) {
    context.onFault(failure, 'turn');
  }
}
