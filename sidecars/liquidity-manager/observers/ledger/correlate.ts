// Which report of a bridge is about which sighting. A report that names the transaction fits that transaction alone; one that names
// none fits by address and exact amount. Each report fits one sighting, or all outputs of a transaction to one address when their sum
// is what it counts. The bridge's own transaction goes into a field of its own: the transaction of the sighting never changes. Pure.

import type { BridgeCredit } from '../types.ts';
import { type Correlation, type FoldContext, type Folded, keyOf, type Ledger, type Sighting } from './sighting.ts';
import { judged } from './status.ts';

/** Reports that wait for a transfer to be seen; a bridge lists 100 a chain. */
const UNMATCHED_MAX = 200;

/** Takes the reports of a bridge, newest state of each. */
export function foldCredits(ledger: Ledger, credits: readonly BridgeCredit[], context: FoldContext): Folded {
  const unmatched = new Map(ledger.unmatched);
  for (const credit of credits) {
    unmatched.delete(credit.creditId);
    unmatched.set(credit.creditId, credit);
  }
  return correlate({ ...ledger, unmatched }, context);
}

export function correlate(ledger: Ledger, context: FoldContext): Folded {
  if (ledger.unmatched.size === 0) return { ledger, changes: [] };
  const sightings = new Map(ledger.sightings);
  const unmatched = new Map<string, BridgeCredit>();
  const changes: Sighting[] = [];
  const take = (sighting: Sighting, correlation: Correlation | null): void => {
    const after = judged(sighting, { ...sighting, correlation }, context);
    sightings.set(keyOf(sighting), after);
    if (after.seq !== sighting.seq) changes.push(after);
  };
  for (const credit of ledger.unmatched.values()) {
    for (const former of [...sightings.values()]) if (isOfReplaced(former, credit)) take(former, null);
    const fitting = sightingsOf(credit, [...sightings.values()]);
    if (fitting.length === 0) unmatched.set(credit.creditId, credit);
    for (const sighting of fitting) take(sighting, correlationOf(credit, sighting, fitting.length > 1));
  }
  for (const id of [...unmatched.keys()].slice(0, Math.max(0, unmatched.size - UNMATCHED_MAX))) unmatched.delete(id);
  return { ledger: { ...ledger, sightings, unmatched }, changes };
}

/**
 * The bridge has reported it without its transaction, and has credited it although another transaction spends its inputs: that one is
 * what it credits.
 */
const isOfReplaced = (
  { place, replacedBy, correlation }: Sighting,
  { creditId, txHash, outcome }: BridgeCredit,
): boolean =>
  txHash === null &&
  outcome === 'credited' &&
  correlation?.creditId === creditId &&
  correlation.outcome !== 'credited' &&
  place === null &&
  replacedBy !== null;

function sightingsOf(credit: BridgeCredit, all: readonly Sighting[]): readonly Sighting[] {
  const known = all.filter(({ correlation }) => correlation?.creditId === credit.creditId);
  if (known.length > 0) return known;
  const free = all.filter(({ correlation, address }) => correlation === null && address === credit.address);
  return credit.txHash === null ? byAmount(credit, free) : byTransaction(credit, free);
}

/** The one that is furthest on its way. A report that is older than the transfer is about an earlier one of the same amount. */
function byAmount({ amountUnits, atMs }: BridgeCredit, free: readonly Sighting[]): readonly Sighting[] {
  const possible = free.filter((sighting) => sighting.status !== 'replaced' && atMs >= earliestReport(sighting));
  const equal = possible.filter(({ units }) => units === amountUnits);
  const [best] = equal.toSorted((a, b) => b.confirmations - a.confirmations);
  if (best !== undefined) return [best];
  const shared = [...Map.groupBy(possible, ({ txHash }) => txHash).values()].find(
    (outputs) => outputs.length > 1 && sumOf(outputs) === amountUnits,
  );
  return shared ?? [];
}

const sumOf = (sightings: readonly Sighting[]): bigint => sightings.reduce((total, { units }) => total + units, 0n);

/** Miners may name a time that is two hours off; the clocks of bridge and machine differ, too. */
const TIME_SLACK_MS = 10_800_000;
const earliestReport = ({ place, firstSeenAtMs }: Sighting): number => (place?.timeMs ?? firstSeenAtMs) - TIME_SLACK_MS;

function byTransaction(
  { txHash, amountUnits, outputIndex }: BridgeCredit,
  free: readonly Sighting[],
): readonly Sighting[] {
  const isOutput = (sighting: Sighting): boolean => outputIndex === undefined || sighting.outputIndex === outputIndex;
  const own = free.filter((sighting) => sighting.txHash === txHash && isOutput(sighting));
  const equal = own.find(({ units }) => units === amountUnits);
  if (equal !== undefined) return [equal];
  // One output is meant whatever the bridge counts for it; of several, an amount that is no sum could be any.
  if (own.length === 1) return own;
  return own.length > 0 && sumOf(own) === amountUnits ? own : [];
}

function correlationOf(credit: BridgeCredit, sighting: Sighting, isShared: boolean): Correlation {
  const isCredited = credit.outcome === 'credited';
  return {
    creditId: credit.creditId,
    bridgeStatus: credit.bridgeStatus,
    outcome: credit.outcome,
    creditTxHash: credit.creditTxHash ?? credit.txHash,
    creditedUnits: isCredited ? (isShared ? sighting.units : credit.amountUnits) : null,
    creditedAtMs: isCredited ? (sighting.correlation?.creditedAtMs ?? credit.atMs) : null,
  };
}
