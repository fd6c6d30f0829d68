// What the control shows of a world: its tape, its counts and its state, under the names of its JSON.

import { formatScaled } from '../kraken/decimal.ts';
import type { DeckStatus } from '../tape/deck.ts';
import type { World } from '../world.ts';

export const tapeOf = (status: DeckStatus) => ({
  state: status.state,
  path: status.path,
  played: status.played,
  total: status.total,
  elapsed_ms: status.elapsedMs,
  tape_ms: status.tapeMs,
  duration_ms: status.durationMs,
  reason: status.reason,
  refused: status.refused,
  first_refusal: status.firstRefusal,
});

export function countsOf(world: World) {
  const { asked, sent, answers, accepted, refused, refusals, settled, failedSettlements } = world.relay.counts();
  const failures: Record<string, number> = {};
  for (const { ok, reason } of world.relay.settlements()) {
    if (!ok) failures[reason ?? 'unknown'] = (failures[reason ?? 'unknown'] ?? 0) + 1;
  }
  return {
    asked,
    sent,
    answers,
    accepted,
    refused,
    refusals,
    settled,
    failed_settlements: failedSettlements,
    failures,
  };
}

const clientsOf = ({ relay, kraken }: World) => ({
  relay: relay.clients(),
  relay_subscribers: relay.subscribers(),
  kraken: kraken.clients(),
  kraken_subscribers: kraken.subscribers(),
});

export function stateOf(world: World) {
  const { book, system } = world.kraken.market();
  const eur = (priceE1: bigint | undefined) => (priceE1 === undefined ? null : formatScaled(priceE1, 1));
  return {
    account_id: world.accountId,
    urls: world.urls,
    clients: clientsOf(world),
    kraken: { system, bid: eur(book.bids[0]?.priceE1), ask: eur(book.asks[0]?.priceE1) },
    counts: countsOf(world),
    tape: tapeOf(world.tape()),
  };
}
