// Reads the two facts that every quote makes, which are kept as lists of values: pack/write-fact.ts has their layout. Facts of versions
// before that were packed as they are, and are still read as they are.

import { Packr } from 'msgpackr';
import type { EurE18, PctE4, PriceE8, Units } from '../../contracts/amounts.ts';
import type { DecidedFact, DecidedInventory, DecidedPrice, Fact, TransitionFact } from '../model/facts.ts';
import type { Attempt, Decision, Demand, Limits, RoomRefusal, ShadowPart } from '../model/values.ts';
import { LAYOUT } from './pack/write-fact.ts';

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

function shadowOf(take: Take | null): ShadowPart {
  if (take === null) return {};
  const lane = take.any<number | undefined>();
  return { mode: 'shadow', shadow: lane === undefined ? null : { lane, deadlineAtMs: take.any<number>() } };
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

const limitsPackr = new Packr({ useRecords: false, useBigIntExtension: true, mapsAsObjects: true });
let unpacked: TextOfLimits | null = null;

/** The last limits are kept with their text: they change by a call of an operator. */
function unpackedLimits(text: string): Limits {
  if (unpacked?.text !== text) unpacked = { limits: limitsPackr.unpack(Buffer.from(text, 'base64')), text };
  return unpacked.limits;
}
