// What the pieces of the engine work on in the micro bench: quotes as the loop bench sends them, with everything that becomes of each
// in the engine. Pure but for a key of its own.

import { eurE18, pctE4, priceE8, units } from '../../../contracts/amounts.ts';
import { assetPaid, assetReceived, DEFAULT_PAIR, type Direction } from '../../../contracts/assets.ts';
import { type AccountId, nonceText } from '../../../contracts/ids.ts';
import { createExecutor } from '../../../engine/executor/executor.ts';
import { EXECUTOR_READY } from '../../../engine/executor/gate.ts';
import { createThrowAwaySigner } from '../../../engine/executor/sign.ts';
import { parseFrame } from '../../../engine/ingest/frame.ts';
import type { Fact } from '../../../engine/model/facts.ts';
import {
  type Admission,
  type AssetCapital,
  type Demand,
  type InventoryView,
  type Limits,
  NO_HOLDS,
  type PriceView,
} from '../../../engine/model/values.ts';
import { decide, type Situation } from '../../../engine/strategy/decide.ts';
import { decidedInventory, decidedPrice } from '../../../engine/turn/quote.ts';
import { benchQuote } from '../loop/generator/quotes.ts';

export const ACCOUNT = 'bench.near' as AccountId;
const VERIFIER = 'intents.near';
const EUR_PER_BTC = 40_000;
const NOW_MS = 1_767_225_600_000;
const NOW_US = 7_200_000_000;
const EVENT_ID = '019bc186-de64-727d-a17a-0000000000a0';

const level = { priceE8: priceE8(BigInt(EUR_PER_BTC) * 10n ** 8n), quantityE8: 10n ** 10n };

const PRICE: PriceView = {
  priceId: 'price-019bc186-de64-727d-a17a-fe19cdb52120',
  source: 'kraken',
  bids: [level],
  asks: [level],
  hasDepth: true,
  asOfMs: NOW_MS - 100,
  asOfUs: NOW_US - 100_000,
  heardAtUs: NOW_US - 100_000,
  maxAgeMs: 3000,
  paused: false,
  tradable: true,
  divergencePctE4: pctE4(500n),
  basisKind: 'par',
  eurPerEureE8: 100_000_000n,
  kraken: { bidE8: level.priceE8, askE8: level.priceE8, asOfUs: NOW_US - 100_000 },
  coingecko: { priceE8: level.priceE8, asOfUs: NOW_US - 30_000_000 },
};

export const LIMITS: Limits = {
  minEdgePctE4: pctE4(20_000n),
  targetEdgePctE4: pctE4(20_000n),
  skewPctE4: pctE4(0n),
  maxNotionalEurE18: eurE18(5n * 10n ** 18n),
  maxDivergencePctE4: pctE4(10_000n),
  maxBasisDeviationPctE4: pctE4(20_000n),
  journalMaxSyncLagMs: 250,
  quotesLiveMax: 200_000,
  maxFilledMinuteEurE18: eurE18(15n * 10n ** 18n),
  maxFilledDayEurE18: eurE18(50n * 10n ** 18n),
  maxConsecutiveFailures: 5,
  inventoryMaxAgeMs: 15_000,
  quoteLifetimeMaxMs: 75_000,
  partners: [],
};

const LANE: Extract<Admission, { readonly ok: true }> = {
  ok: true,
  lane: 0,
  nonce: nonceText('Vij2xgAlKBKzgNKSaALpihgDFCU2R1hpeoucrb7P4PE='),
  nonceBytes: new Uint8Array(32).fill(7),
};

export type Sample = {
  readonly text: string;
  readonly situation: Situation;
  readonly fact: Extract<Fact, { readonly kind: 'heard' }>;
  /** Signs what was decided, once more. */
  readonly prepare: () => unknown;
};

/** So many quotes, all of them answered. */
export function makeSamples(count: number): readonly Sample[] {
  const executor = createExecutor(ACCOUNT, VERIFIER, createThrowAwaySigner());
  const maker = { prefix: 'micro', eurPerBtc: EUR_PER_BTC, firstAtMs: NOW_MS, ratePerS: 1000, minDeadlineMs: 60_000 };
  return Array.from({ length: count }, (_, index): Sample => {
    const text = benchQuote(maker, index).frame('b0e5c1f2-6a3d-4e7b-9c81-2d4f6a8b0c1e');
    const frame = parseFrame(text, NOW_MS, DEFAULT_PAIR);
    if (frame.kind !== 'quote' || frame.demand.direction === null)
      throw new Error(`sample ${index} is no quote: ${text}`);
    const { demand } = frame;
    const inventory = inventoryFor(frame.demand.direction);
    const situation = situationOf(demand, inventory);
    const { decision, deadlineAtMs } = decide(situation);
    if (!decision.accepted) throw new Error(`sample ${index} is not accepted: ${decision.reason}`);
    const command = {
      ...{
        demand,
        decision,
        paid: inventory.paid,
        admission: LANE,
        deadlineAtMs,
        status: EXECUTOR_READY,
        nowMs: NOW_MS,
      },
      fairE8: null,
      freeDeadline: (_in: bigint, _out: bigint, latestAtMs: number) => latestAtMs,
    };
    const prepared = executor.prepare(command);
    if (!prepared.ok) throw new Error(`sample ${index} is not signed: ${prepared.refusal.code}`);
    const fact: Sample['fact'] = {
      kind: 'heard',
      eventId: EVENT_ID,
      atMs: NOW_MS,
      connectionId: '0194698a-0001-7000-8000-0000000000a0',
      frame: text,
      demand,
      malformed: null,
      decision,
      limits: LIMITS,
      price: decidedPrice(PRICE, { nowMs: NOW_MS, nowUs: NOW_US }),
      inventory: decidedInventory(inventory, null),
      strategyArmed: true,
      decideUs: 60,
      attempt: prepared.attempt,
      refusal: null,
    };
    return { text, situation, fact, prepare: () => executor.prepare(command) };
  });
}

function situationOf(demand: Demand, inventory: InventoryView): Situation {
  return {
    demand,
    malformed: null,
    arrivedUs: NOW_US,
    answerP99Us: 200,
    feePips: 1,
    price: PRICE,
    inventory,
    inventoryReadAtUs: NOW_US - 500_000,
    limits: LIMITS,
    status: { armed: true, paused: false, historyBlocks: false },
    holds: NO_HOLDS,
    admit: () => LANE,
    now: { nowMs: NOW_MS, nowUs: NOW_US },
  };
}

function inventoryFor(direction: Direction): InventoryView {
  const capital = (asset: AssetCapital['asset']): AssetCapital => ({
    asset,
    creditedUnits: units(10n ** 24n),
    spendableUnits: units(10n ** 24n),
    allocatedUnits: units(10n ** 24n),
    reservedForOrdersUnits: units(0n),
    reservedForPositionsUnits: units(0n),
    realizedUnits: 0n,
    ceilingsUnits: units(0n),
  });
  return {
    inventoryId: 'inv-019bc186-de64-727e-8667-cd3cebfde600',
    blockHeight: 178_412_334,
    readAtMs: NOW_MS - 500,
    received: capital(assetReceived(DEFAULT_PAIR, direction).id),
    paid: capital(assetPaid(DEFAULT_PAIR, direction).id),
  };
}
