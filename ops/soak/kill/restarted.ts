// What a started engine says of its capital, before it signs anything: the same as its journal, and no less than what the venue
// could still settle.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Service } from '../../harness/service.ts';
import type { VenueEvent } from './exposure.ts';
import { foldedBook } from './facts.ts';
import { ledgerOf, type ShownInventory, shownLedger } from './ledger.ts';

/** Generous: it only decides how long a failing run takes. */
const LIKE_LIMIT_MS = 30_000;

/** What does not hold. @param venue read after the engine, which may have seen that a pull used a nonce a moment before */
export async function heldAgainst(
  engine: Service,
  venue: { readonly events: readonly VenueEvent[] },
): Promise<readonly string[]> {
  const shown = await inventoryOf(engine);
  const missing = tooLittle(shown, venue.events, Date.now());
  return [...(await unlikeJournal(engine)), ...missing];
}

const inventoryOf = async (engine: Service): Promise<ShownInventory> =>
  (await engine.control.get('/inventory/state')) as ShownInventory;

/** A fact that falls between the two readings makes them differ once, and not the next time. */
async function unlikeJournal(engine: Service): Promise<readonly string[]> {
  const endsAtMs = performance.now() + LIKE_LIMIT_MS;
  for (;;) {
    const before = shownLedger(await inventoryOf(engine));
    const folded = ledgerOf(foldedBook(engine.stateDir), [BTC.id, EURE.id]);
    const after = shownLedger(await inventoryOf(engine));
    const keys = Object.keys({ ...before, ...after, ...folded });
    const unlike = keys.filter((key) => folded[key] !== before[key] || before[key] !== after[key]);
    if (unlike.length === 0) return [];
    if (performance.now() < endsAtMs) continue;
    return unlike.map((key) => `the engine's ledger is not that of its journal: ${key}: ${after[key]}, ${folded[key]}`);
  }
}

/** Of each nonce the venue could still settle the maximum of its answers; the engine keeps at least that. */
export function tooLittle({ lanes }: ShownInventory, events: readonly VenueEvent[], nowMs: number): readonly string[] {
  const used = new Set(events.flatMap((event) => (event.kind === 'settled' ? [event.nonceHex] : [])));
  const open = new Map<string, bigint>();
  for (const event of events) {
    if (event.kind === 'settled' || used.has(event.nonceHex) || event.deadlineMs < nowMs) continue;
    if (event.amountOutUnits > (open.get(event.nonceHex) ?? 0n)) {
      open.set(event.nonceHex, event.amountOutUnits);
    }
  }
  const reserved = new Map(
    lanes.map((lane) => [Buffer.from(lane.nonce, 'base64').toString('hex'), lane.used ? 0n : BigInt(lane.reserved)]),
  );
  return [...open]
    .filter(([nonce, units]) => (reserved.get(nonce) ?? 0n) < units)
    .map(([nonce, units]) => `${units} can settle under ${nonce}, and ${reserved.get(nonce) ?? 'nothing'} is reserved`);
}
