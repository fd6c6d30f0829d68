// The two facts that every quote makes, without the names of their fields: as a list of values in a fixed order. Packed, it takes
// half the time and two thirds of the room of the fact itself; the fact that comes back is equal. The limits, which thousands of
// facts share, are packed once, and are one value of the list.
//
// A list begins with the number of its layout: a change of the order or of the values is a new layout, and the earlier ones stay
// readable. A value that is appended at the end is no change: where it lacks, the fact lacks it too. Facts of versions before this
// were packed as they are, and are still read as they are.

import { Packr } from 'msgpackr';
import type { EurE18, PctE4, PriceE8, Units } from '../../contracts/amounts.ts';
import type { DecidedFact, DecidedInventory, DecidedPrice, Fact, TransitionFact } from '../model/facts.ts';
import type { Attempt, Decision, Demand, Limits, RoomRefusal, ShadowPart, ShadowTerms } from '../model/values.ts';

/** What is packed in place of a fact. */
export type CompactFact = { readonly kind: Fact['kind']; readonly values: readonly unknown[] };

const LAYOUT = 1;
const limitsPackr = new Packr({ useRecords: false, useBigIntExtension: true, mapsAsObjects: true });

/** The fact as it is packed. */
export function compact(fact: Fact): Fact | CompactFact {
  switch (fact.kind) {
    case 'heard':
      return { kind: 'heard', values: heardValues(fact) };
    case 'transition':
      return { kind: 'transition', values: transitionValues(fact) };
    default:
      return fact;
  }
}

/** The fact that was packed; null when it is none. */
export function expand(packed: object): Fact | null {
  if (!('kind' in packed)) return null;
  if (!('values' in packed)) return packed as Fact;
  const values = packed.values;
  if (!Array.isArray(values) || values[0] !== LAYOUT) return null;
  const take = new Take(values, 1);
  switch (packed.kind) {
    case 'heard':
      return heardOf(take);
    case 'transition':
      return transitionOf(take);
    default:
      return null;
  }
}

/** The values of a list one after the other, each as the type that its place has: the checksum has said that they are those written. */
class Take {
  readonly #values: readonly unknown[];
  #at: number;

  constructor(values: readonly unknown[], at = 0) {
    this.#values = values;
    this.#at = at;
  }

  any<T>(): T {
    return this.#values[this.#at++] as T;
  }

  units<T extends bigint | null | undefined>(): T {
    const value = this.any<bigint | string | null | undefined>();
    return (typeof value === 'string' ? BigInt(value) : value) as T;
  }

  /** Its version knew of no more. */
  get isOver(): boolean {
    return this.#at >= this.#values.length;
  }

  /** A list within the list; null where there is none. */
  part(): Take | null {
    const part = this.any<readonly unknown[] | null | undefined>();
    return part == null ? null : new Take(part);
  }
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** msgpackr is quick with what fits into 64 bits, and slow with what does not: that is packed as text. */
const amount = (value: bigint | null): bigint | string | null =>
  value === null || (value <= INT64_MAX && value >= INT64_MIN) ? value : value.toString();

/** One literal: the list gets its size at once, and no code is run to let it grow. */
function heardValues(fact: DecidedFact): unknown[] {
  const { demand, decision, refusal } = fact;
  const { hold } = decision;
  return [
    LAYOUT,
    fact.eventId,
    fact.atMs,
    fact.connectionId,
    fact.frame,
    fact.malformed,
    fact.strategyArmed,
    fact.decideUs,
    packedLimits(fact.limits),
    demand.quoteId,
    demand.assetIn,
    demand.assetOut,
    demand.direction,
    amount(demand.amountInUnits),
    amount(demand.amountOutUnits),
    demand.minDeadlineMs,
    demand.minWaitMs,
    demand.maxWaitMs,
    demand.partnerId,
    demand.traceparent,
    demand.quotedAtMs,
    demand.receivedAtMs,
    decision.accepted,
    decision.reason,
    decision.requestKind,
    amount(decision.amountInUnits),
    amount(decision.amountOutUnits),
    amount(decision.impliedRateE8),
    amount(decision.referenceRateE8),
    amount(decision.grossEdgePctE4),
    amount(decision.notionalEurE18),
    decision.priceAgeMs,
    decision.inventoryAgeMs,
    hold === undefined || hold === null ? null : [hold.value, hold.limit],
    fact.price === null ? null : priceValues(fact.price),
    fact.inventory === null ? null : inventoryValues(fact.inventory),
    refusal === null ? null : [refusal.code, refusal.note],
    fact.attempt === null ? null : attemptValues(fact.attempt),
    decidedValues(fact),
    fact.mode === undefined ? null : shadowValues(fact.shadow ?? null),
  ];
}

/** Of a fact of shadow mode: empty where the executor would not have signed. */
const shadowValues = (terms: ShadowTerms | null): unknown[] => (terms === null ? [] : [terms.lane, terms.deadlineAtMs]);

function shadowOf(take: Take | null): ShadowPart {
  if (take === null) return {};
  const lane = take.any<number | undefined>();
  return { mode: 'shadow', shadow: lane === undefined ? null : { lane, deadlineAtMs: take.any<number>() } };
}

/** What decisions have since the circuit breaker. */
function decidedValues({ decision, price }: DecidedFact): unknown[] | null {
  const { paidEurE18, refused, pricedEdgePctE4, lane, feePips } = decision;
  if (paidEurE18 === undefined) return null;
  const kraken = price?.kraken ?? null;
  const coingecko = price?.coingecko ?? null;
  return [
    amount(paidEurE18),
    refused == null ? null : [refused.reason, amount(refused.roomEurE18), amount(refused.openEurE18)],
    amount(pricedEdgePctE4 ?? null),
    lane ?? null,
    feePips ?? null,
    kraken === null ? null : [amount(kraken.bidE8), amount(kraken.askE8), kraken.ageMs],
    coingecko === null ? null : [amount(coingecko.priceE8), coingecko.ageMs],
  ];
}

type Later = {
  readonly decision: Pick<Decision, 'paidEurE18' | 'refused' | 'pricedEdgePctE4' | 'lane' | 'feePips'>;
  readonly sources: Pick<DecidedPrice, 'kraken' | 'coingecko'>;
};

function laterOf(take: Take | null): Later {
  if (take === null) return { decision: {}, sources: {} };
  const paidEurE18 = take.units<EurE18 | null>();
  const refused = refusedOf(take.part());
  if (take.isOver) return { decision: { paidEurE18, refused }, sources: {} };
  const decision = {
    ...{ paidEurE18, refused, pricedEdgePctE4: take.units<PctE4 | null>() },
    lane: take.any<number | null>(),
    feePips: take.any<number | null>(),
  };
  const kraken = take.part();
  const coingecko = take.part();
  return {
    decision,
    sources: {
      kraken: kraken && { bidE8: kraken.units(), askE8: kraken.units(), ageMs: kraken.any() },
      coingecko: coingecko && { priceE8: coingecko.units(), ageMs: coingecko.any() },
    },
  };
}

const refusedOf = (take: Take | null): RoomRefusal | null =>
  take && { reason: take.any(), roomEurE18: take.units(), openEurE18: take.units() };

function heardOf(take: Take): DecidedFact {
  const [eventId, atMs, connectionId, frame] = [
    take.any<string>(),
    take.any<number>(),
    take.any<string>(),
    take.any<string>(),
  ];
  const [malformed, strategyArmed] = [take.any<string | null>(), take.any<boolean>()];
  const decideUs = take.any<number>();
  const limits = unpackedLimits(take.any<string>());
  const demand = demandOf(take);
  const decided = decisionOf(take);
  const price = priceOf(take.part());
  const inventory = inventoryOf(take.part());
  const refused = take.any<readonly [code: NonNullable<DecidedFact['refusal']>['code'], note: string] | null>();
  const refusal = refused === null ? null : { code: refused[0], note: refused[1] };
  const attempt = attemptOf(take.part());
  const later = laterOf(take.part());
  const shadow = shadowOf(take.part());
  const decision = { ...decided, ...later.decision };
  return {
    ...{ kind: 'heard', eventId, atMs, connectionId, frame, demand, malformed, decision, limits, inventory },
    price: price && { ...price, ...later.sources },
    ...{ strategyArmed, decideUs, attempt, refusal },
    ...shadow,
  };
}

function transitionValues(fact: TransitionFact): unknown[] {
  return [
    LAYOUT,
    fact.eventId,
    fact.atMs,
    fact.seq,
    fact.from,
    fact.to,
    fact.code,
    fact.note,
    fact.recovered,
    fact.sinceReceivedUs,
    fact.replyAfterMs,
    fact.venueReply,
    fact.settlement,
    attemptValues(fact.attempt),
  ];
}

function transitionOf(take: Take): TransitionFact | null {
  const fact: Omit<TransitionFact, 'attempt'> = {
    kind: 'transition',
    eventId: take.any(),
    atMs: take.any(),
    seq: take.any(),
    from: take.any(),
    to: take.any(),
    code: take.any(),
    note: take.any(),
    recovered: take.any(),
    sinceReceivedUs: take.any(),
    replyAfterMs: take.any(),
    venueReply: take.any(),
    settlement: take.any(),
  };
  const attempt = attemptOf(take.part());
  return attempt === null ? null : { ...fact, attempt };
}

const demandOf = (take: Take): Demand => ({
  quoteId: take.any(),
  assetIn: take.any(),
  assetOut: take.any(),
  direction: take.any(),
  amountInUnits: take.units(),
  amountOutUnits: take.units(),
  minDeadlineMs: take.any(),
  minWaitMs: take.any(),
  maxWaitMs: take.any(),
  partnerId: take.any(),
  traceparent: take.any(),
  quotedAtMs: take.any(),
  receivedAtMs: take.any(),
});

function decisionOf(take: Take): Decision {
  const decision: Omit<Decision, 'hold'> = {
    accepted: take.any(),
    reason: take.any(),
    requestKind: take.any(),
    amountInUnits: take.units(),
    amountOutUnits: take.units(),
    impliedRateE8: take.units(),
    referenceRateE8: take.units(),
    grossEdgePctE4: take.units(),
    notionalEurE18: take.units(),
    priceAgeMs: take.any(),
    inventoryAgeMs: take.any(),
  };
  const held = take.any<readonly [value: number, limit: number] | null>();
  return { ...decision, hold: held === null ? null : { value: held[0], limit: held[1] } };
}

const priceValues = (price: DecidedPrice): unknown[] => [
  price.priceId,
  price.source,
  amount(price.bidE8),
  amount(price.askE8),
  amount(price.divergencePctE4),
  price.basisKind,
  amount(price.eurPerEureE8),
  price.maxAgeMs,
];

function priceOf(take: Take | null): DecidedPrice | null {
  if (take === null) return null;
  return {
    priceId: take.any(),
    source: take.any(),
    bidE8: take.units(),
    askE8: take.units(),
    divergencePctE4: take.units(),
    basisKind: take.any(),
    eurPerEureE8: take.units(),
    maxAgeMs: take.any(),
  };
}

const inventoryValues = ({
  inventoryId,
  blockHeight,
  received,
  paid,
  pendingInboundUnits,
}: DecidedInventory): unknown[] => [
  inventoryId,
  blockHeight,
  received.asset,
  amount(received.creditedUnits),
  paid.asset,
  amount(paid.creditedUnits),
  amount(paid.spendableUnits),
  amount(paid.reservedForOrdersUnits),
  amount(paid.reservedForPositionsUnits),
  amount(paid.realizedUnits),
  pendingInboundUnits === undefined ? undefined : amount(pendingInboundUnits),
];

function inventoryOf(take: Take | null): DecidedInventory | null {
  if (take === null) return null;
  const inventory: DecidedInventory = {
    inventoryId: take.any(),
    blockHeight: take.any(),
    received: { asset: take.any(), creditedUnits: take.units() },
    paid: {
      asset: take.any(),
      creditedUnits: take.units(),
      spendableUnits: take.units(),
      reservedForOrdersUnits: take.units(),
      reservedForPositionsUnits: take.units(),
      realizedUnits: take.units(),
    },
  };
  const pendingInboundUnits = take.units<Units | null | undefined>();
  return pendingInboundUnits === undefined ? inventory : { ...inventory, pendingInboundUnits };
}

const attemptValues = (attempt: Attempt): unknown[] => [
  attempt.quoteId,
  attempt.direction,
  attempt.assetIn,
  attempt.assetOut,
  amount(attempt.amountInUnits),
  amount(attempt.amountOutUnits),
  attempt.lane,
  attempt.nonce,
  attempt.deadlineAtMs,
  attempt.quoteHash,
  attempt.message,
  attempt.publicKey,
  attempt.signature,
  attempt.receivedAtMs,
  attempt.signedAtMs,
  attempt.paidEurE18 === undefined ? null : amount(attempt.paidEurE18),
  amount(attempt.referenceRateE8 ?? null),
];

function attemptOf(take: Take | null): Attempt | null {
  if (take === null) return null;
  const attempt: Attempt = {
    quoteId: take.any(),
    direction: take.any(),
    assetIn: take.any(),
    assetOut: take.any(),
    amountInUnits: take.units(),
    amountOutUnits: take.units(),
    lane: take.any(),
    nonce: take.any(),
    deadlineAtMs: take.any(),
    quoteHash: take.any(),
    message: take.any(),
    publicKey: take.any(),
    signature: take.any(),
    receivedAtMs: take.any(),
    signedAtMs: take.any(),
  };
  const paidEurE18 = take.units<EurE18 | null>();
  const referenceRateE8 = take.units<PriceE8 | null>();
  return {
    ...attempt,
    ...(paidEurE18 == null ? {} : { paidEurE18 }),
    ...(referenceRateE8 == null ? {} : { referenceRateE8 }),
  };
}

type TextOfLimits = { readonly limits: Limits; readonly text: string };

let packed: TextOfLimits | null = null;
let unpacked: TextOfLimits | null = null;

/** In base64, since a text is packed far quicker than bytes. The last limits are kept with it: they change by a call of an operator. */
function packedLimits(limits: Limits): string {
  if (packed?.limits !== limits) packed = { limits, text: limitsPackr.pack(limits).toString('base64') };
  return packed.text;
}

function unpackedLimits(text: string): Limits {
  if (unpacked?.text !== text) unpacked = { limits: limitsPackr.unpack(Buffer.from(text, 'base64')), text };
  return unpacked.limits;
}
