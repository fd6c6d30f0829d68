// What the rules about prices and balances find.

import { BREACH_CODES } from '../../../contracts/reasons.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import type { RefMarketPrice } from '../../../contracts/topics/ref-market-price.ts';
import type { StateIntentInventory } from '../../../contracts/topics/state-intent-inventory.ts';
import type { Known } from '../known/known.ts';
import type { Heard } from '../known/record.ts';
import { type Moment, msSince } from '../moment.ts';
import { codeOf, stoppedBy } from './codes.ts';
import { condition, type Found, found, type RuleMoment, UNKNOWN } from './rule.ts';

/** A price is written every ten seconds at least, a balance every two: an older record says nothing of now. */
const FRESH_MS = 25_000;

const REFERENCE = 'engine.reference';
const INVENTORY = 'engine.inventory';

/** The problem of a record begins with its code. */
const problemOf = ({ problem }: RefMarketPrice): string => /^([a-z_]{1,64}):/.exec(problem ?? '')?.[1] ?? 'other';

function freshPrice(known: Known, now: Moment): Heard<RefMarketPrice> | null {
  const price = known.price(now);
  return price !== null && msSince(price.asOfUs, now) <= FRESH_MS ? price : null;
}

export function findUntradable(known: Known, { now }: RuleMoment): Found {
  const price = freshPrice(known, now);
  if (price === null) {
    const newest = known.price(now);
    const record_age_ms = newest === null ? null : msSince(newest.asOfUs, now);
    const pair = newest?.payload.pair ?? null;
    return found([
      condition({ cause: 'no_data', scope: REFERENCE, pair, details: { topic: 'ref.market_price', record_age_ms } }),
    ]);
  }
  const { tradable, pair, price_id, source, freshness_ms, problem } = price.payload;
  const code = problemOf(price.payload);
  if (tradable || code === 'price_diverged') return found([]);
  return found([
    condition({
      ...{ variant: code, scope: REFERENCE, pair, correlation: { price_id } },
      details: { code, source, freshness_ms, problem: problem?.slice(0, 500) ?? null },
    }),
  ]);
}

export function findDiverged(known: Known, { now }: RuleMoment): Found {
  const price = freshPrice(known, now);
  if (price === null) return UNKNOWN;
  const { pair, price_id, divergence_pct, kraken, coingecko } = price.payload;
  if (problemOf(price.payload) !== 'price_diverged') return found([]);
  const details = { divergence_pct, kraken_bid: kraken.bid, kraken_ask: kraken.ask, coingecko_price: coingecko.price };
  return found([condition({ scope: REFERENCE, pair, correlation: { price_id }, details })]);
}

export function findFallback(known: Known, { now }: RuleMoment): Found {
  const price = freshPrice(known, now);
  if (price === null) return UNKNOWN;
  const { pair, price_id, tradable, source, freshness_ms, kraken } = price.payload;
  if (!tradable || source !== 'coingecko') return found([]);
  const details = { source, freshness_ms, kraken_age_ms: kraken.age_ms, kraken_connected: kraken.connected };
  return found([condition({ scope: REFERENCE, pair, correlation: { price_id }, details })]);
}

/** Since the newest balance was read from the verifier. */
function balanceAgeMs({ payload, atMs, asOfUs }: Heard<StateIntentInventory>, now: Moment): number {
  const readAtMs = Math.min(parseIsoTime(payload.last_sync_at) ?? atMs, atMs);
  return msSince(asOfUs, now) + (atMs - readAtMs);
}

export function findStaleInventory(known: Known, { now, windows }: RuleMoment): Found {
  const inventory = known.inventory(now);
  if (inventory === null) {
    const details = { topic: 'state.intent_inventory', record_age_ms: null };
    return found([condition({ cause: 'no_data', scope: INVENTORY, details })]);
  }
  const age_ms = balanceAgeMs(inventory, now);
  const window_ms = windows.inventoryStaleMs;
  if (age_ms <= window_ms) return found([]);
  const { inventory_id, block_height } = inventory.payload;
  const details = { age_ms, window_ms, block_height };
  return found([condition({ scope: INVENTORY, correlation: { inventory_id }, details })]);
}

/** By the newest balance, or by what the engine says: it keeps what it found until somebody arms again. */
export function findBreach(known: Known, { now }: RuleMoment): Found {
  const inventory = known.inventory(now);
  const isFresh = inventory !== null && msSince(inventory.asOfUs, now) <= FRESH_MS;
  const engines = known.processes.running('engine', now);
  if (isFresh && inventory.payload.reconciliation_status === 'breach') {
    const { inventory_id, block_height, reconciliation_note } = inventory.payload;
    const details = { note: reconciliation_note?.slice(0, 500) ?? null, block_height };
    return found([condition({ variant: 'breach', scope: INVENTORY, correlation: { inventory_id }, details })]);
  }
  for (const { payload } of engines) {
    const code = [...payload.reasons.map(codeOf), stoppedBy(payload.notes) ?? ''].find((each) =>
      BREACH_CODES.some((breach) => breach === each),
    );
    if (code === undefined) continue;
    return found([condition({ variant: code, scope: INVENTORY, details: { note: code, block_height: null } })]);
  }
  return isFresh && engines.length > 0 ? found([]) : UNKNOWN;
}
