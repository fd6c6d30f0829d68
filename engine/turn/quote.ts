// The steps of a quote's turn that loop.ts puts in order: what a decision depends on, the signature, the record, the answer.

import { type PriceE8, priceE8, type Units } from '../../contracts/amounts.ts';
import { assetPaid } from '../../contracts/assets.ts';
import { answerFrame } from '../executor/answer.ts';
import type { Prepared } from '../executor/executor.ts';
import { ageMs } from '../lib/moment.ts';
import { COLLECT_WINDOW_DEFAULT_MS } from '../lib/relay-defaults.ts';
import type { DecidedFact, DecidedInventory, DecidedPrice } from '../model/facts.ts';
import type { Attempt, Decision, Demand, InventoryView, Moment, PriceView, ReceivedFrame } from '../model/values.ts';
import { fairPriceOf } from '../pull/price-distance.ts';
import type { Decided, Situation } from '../strategy/decide.ts';
import { moveAttempt } from './attempts.ts';
import type { TurnContext } from './context.ts';
import type { Evidence } from './evidence.ts';

type Asked = {
  readonly demand: Demand;
  readonly malformed: string | null;
  /** Monotonic time at which its frame arrived. */
  readonly arrivedUs: number;
};

/** What a decision depends on: of live mode the context itself, of shadow mode with its own reservations. */
export type SituationSources = Pick<TurnContext, 'pair' | 'steering' | 'answerTimes' | 'price' | 'signingRoom'> & {
  readonly book: Pick<TurnContext['book'], 'inventory' | 'readAtUs' | 'admit'>;
};

/** All that the decision depends on, read from memory. */
export function situationOf(
  context: SituationSources,
  { demand, malformed, arrivedUs }: Asked,
  now: Moment,
): Situation {
  const { book, pair, steering } = context;
  const paidAsset = demand.direction === null ? null : assetPaid(pair, demand.direction).id;
  return {
    demand,
    malformed,
    arrivedUs,
    answerP99Us: context.answerTimes.p99Us(now.nowUs),
    feePips: steering.feePips(),
    price: context.price(now),
    inventory: demand.direction === null ? null : book.inventory(demand.direction),
    inventoryReadAtUs: book.readAtUs(),
    limits: steering.limits(),
    status: steering.strategy(now),
    holds: steering.holds(now),
    admit(amountOutUnits, deadline, paidEurE18) {
      if (paidAsset === null) return { ok: false };
      const { signingRoom } = context;
      const guard = signingRoom.ask(paidEurE18, now.nowMs);
      const admission = book.admit(paidAsset, amountOutUnits, deadline, now.nowMs, guard);
      if (admission.ok) return admission;
      return signingRoom.refusal((within) => book.admit(paidAsset, amountOutUnits, deadline, now.nowMs, within));
    },
    now,
  };
}

/** Where a limit leaves no room for what is asked, it may have come to its end. */
export function noteRefusal(
  { signingRoom }: Pick<TurnContext, 'signingRoom'>,
  { decision }: Decided,
  now: Moment,
): void {
  const { refused, paidEurE18 } = decision;
  if (refused && paidEurE18) signingRoom.refused(paidEurE18, now.nowMs);
}

/** The id was decided before: no second decision is made. It is on record, as long as these are not too many. */
export function recordRepeat(context: TurnContext, repeats: Evidence, demand: Demand, received: ReceivedFrame): void {
  const { text, connectionId, receivedElapsedUs } = received;
  const { quoteId, receivedAtMs, quotedAtMs } = demand;
  if (repeats.take(text.length, receivedElapsedUs) !== null) {
    const nowMs = context.clock.nowMs();
    const eventId = context.newEventId(nowMs);
    context.recorder.record({
      kind: 'repeat',
      eventId,
      atMs: nowMs,
      connectionId,
      frame: text,
      quoteId,
      receivedAtMs,
      quotedAtMs,
    });
  }
  context.emit({ kind: 'repeated', quoteId });
}

/** null: it was not accepted, so there is nothing to sign. */
export function signDecision(context: TurnContext, situation: Situation, decided: Decided): Prepared | null {
  const { demand, price, now } = situation;
  const { decision, admission, deadlineAtMs } = decided;
  if (!decision.accepted) return null;
  // Read again, which costs nothing while it is the same: the executor refuses what the book no longer covers.
  const inventory = demand.direction === null ? null : context.book.inventory(demand.direction);
  if (inventory === null || !admission.ok) {
    throw new Error(`decision on ${demand.quoteId} is accepted without inventory or lane`);
  }
  return context.executor.prepare({
    demand,
    decision,
    paid: inventory.paid,
    admission,
    deadlineAtMs,
    status: context.steering.executor(now),
    nowMs: now.nowMs,
    fairE8: fairFor(demand, price, now) ?? decision.referenceRateE8,
    freeDeadline: (amountInUnits, amountOutUnits, latestAtMs) =>
      context.book.freeDeadline(admission.nonce, amountInUnits, amountOutUnits, latestAtMs),
  });
}

/** As the pull part will see it when it asks how far the price has moved. */
function fairFor({ direction }: Demand, price: PriceView, now: Moment): PriceE8 | null {
  const fair = fairPriceOf(price, now);
  if (fair === null) return null;
  return priceE8(direction === 'BTC->EURe' ? fair.bidE8 : fair.askE8);
}

/** The record of a decision, complete in itself. */
export type DecisionRecord = {
  readonly situation: Situation;
  readonly decided: Decided;
  readonly prepared: Prepared | null;
  readonly frame: ReceivedFrame;
};

export function decisionFact(context: TurnContext, record: DecisionRecord): DecidedFact {
  const { situation, decided, prepared, frame } = record;
  const { demand, malformed, price, inventory, limits, status, now } = situation;
  return {
    kind: 'heard',
    eventId: context.newEventId(now.nowMs),
    atMs: now.nowMs,
    connectionId: frame.connectionId,
    frame: frame.text,
    demand,
    malformed,
    decision: decided.decision,
    limits,
    price: decidedPrice(price, now),
    inventory: inventory === null ? null : decidedInventory(inventory, context.pendingInbound(inventory.paid.asset)),
    strategyArmed: status.armed,
    decideUs: Math.round(context.clock.elapsedUs() - frame.receivedElapsedUs),
    attempt: prepared?.ok === true ? prepared.attempt : null,
    refusal: prepared?.ok === false ? prepared.refusal : null,
  };
}

export type SignedAnswer = {
  readonly attempt: Attempt;
  readonly demand: Demand;
  readonly decision: Decision;
  readonly receivedElapsedUs: number;
  readonly decidedUs: number;
};

/** Hands a signed answer that is on record to the relay. @returns microseconds since the request arrived; null: it did not leave */
export function sendAnswer(context: TurnContext, answer: SignedAnswer): number | null {
  const { relay, replies, clock } = context;
  const { attempt, demand, decision, receivedElapsedUs, decidedUs } = answer;
  const { quoteId } = attempt;
  const requestId = relay.nextId();
  const openSide = decision.requestKind === 'exact_out' ? 'in' : 'out';
  const left = relay.send(answerFrame({ requestId, attempt, openSide, recipient: context.verifier }));
  const sentUs = clock.elapsedUs();
  context.answerTimes.add(sentUs - decidedUs, sentUs);
  const sinceReceivedUs = Math.round(sentUs - receivedElapsedUs);
  if (!left) {
    moveAttempt(context, { quoteId, to: 'failed', code: 'relay_not_connected', sinceReceivedUs });
    return null;
  }
  const windowMs = demand.minWaitMs ?? demand.maxWaitMs ?? COLLECT_WINDOW_DEFAULT_MS;
  const evicted = replies.expect(requestId, { quoteId, sentUs, receivedUs: receivedElapsedUs, windowMs });
  moveAttempt(context, { quoteId, to: 'submitted', code: 'answer_sent', sinceReceivedUs });
  if (evicted !== null) moveAttempt(context, { quoteId: evicted.quoteId, to: 'uncertain', code: 'reply_timeout' });
  return sinceReceivedUs;
}

/** What the record of a decision keeps of a price. */
export function decidedPrice(price: PriceView, now: Moment): DecidedPrice {
  const { kraken, coingecko } = price;
  return {
    priceId: price.priceId,
    source: price.source,
    bidE8: price.bids[0]?.priceE8 ?? null,
    askE8: price.asks[0]?.priceE8 ?? null,
    divergencePctE4: price.divergencePctE4,
    basisKind: price.basisKind,
    eurPerEureE8: price.eurPerEureE8,
    maxAgeMs: price.maxAgeMs,
    kraken: kraken && { bidE8: kraken.bidE8, askE8: kraken.askE8, ageMs: ageMs(kraken.asOfUs, now) },
    coingecko: coingecko && { priceE8: coingecko.priceE8, ageMs: ageMs(coingecko.asOfUs, now) },
  };
}

/** What the record of a decision keeps of an inventory. */
export function decidedInventory(
  { inventoryId, blockHeight, received, paid }: InventoryView,
  pendingInboundUnits: Units | null,
): DecidedInventory {
  const { asset, creditedUnits, spendableUnits, reservedForOrdersUnits, reservedForPositionsUnits, realizedUnits } =
    paid;
  return {
    inventoryId,
    blockHeight,
    received: { asset: received.asset, creditedUnits: received.creditedUnits },
    paid: { asset, creditedUnits, spendableUnits, reservedForOrdersUnits, reservedForPositionsUnits, realizedUnits },
    pendingInboundUnits,
  };
}
