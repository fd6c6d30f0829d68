// The parts as numbers, read at each scrape.

import { otherAssets } from '../../contracts/assets.ts';
import { PART_NAMES, type PartName } from '../../contracts/control/engine-state.ts';
import type { ServiceHealth } from '../../contracts/runtime/process/health/health.ts';
import type { RepublishRun } from '../bus/republish/republish.ts';
import { inventoryAgeMs } from '../inventory/control.ts';
import { unitsOf } from '../inventory/reservations/plan.ts';
import { isTaken } from '../inventory/reservations/reservation.ts';
import { divCeil } from '../lib/int.ts';
import { ageMs, momentOf } from '../lib/moment.ts';
import type { Moment } from '../model/values.ts';
import type { EngineGauges } from '../observe/metrics/engine-gauges.ts';
import type { ReferencePartState } from '../reference/reference.ts';
import { type Controls, isPausable, type PartControl } from './part.ts';
import type { Parts } from './parts.ts';

/** A value is read when a metric asks for it, once: one that cannot be read costs its own metrics alone. */
type GaugeReaders = { readonly [Name in keyof EngineGauges]: () => EngineGauges[Name] };

export function gaugesOf(parts: Parts, controls: Controls, readHealth: () => ServiceHealth): EngineGauges {
  const now = momentOf(parts.clock);
  const read: States = {
    now,
    health: once(readHealth),
    reference: once(() => parts.reference.state(now)),
    polled: once(() => parts.verifier.state()),
    outbox: once(() => parts.bus.publisherState()),
    socket: once(() => parts.relay.state()),
  };
  return lazy({
    ...inputReaders(parts, read),
    ...recordReaders(parts, read),
    ...tradingReaders(parts, read, controls),
  });
}

/** States that several values are taken from. */
type States = {
  readonly now: Moment;
  readonly health: () => ServiceHealth;
  readonly reference: () => ReferencePartState;
  readonly polled: () => ReturnType<Parts['verifier']['state']>;
  readonly outbox: () => ReturnType<Parts['bus']['publisherState']>;
  readonly socket: () => ReturnType<Parts['relay']['state']>;
};

function once<Value>(read: () => Value): () => Value {
  let kept: { readonly value: Value } | null = null;
  return () => {
    kept ??= { value: read() };
    return kept.value;
  };
}

function lazy(readers: GaugeReaders): EngineGauges {
  const gauges = {};
  for (const [name, read] of Object.entries(readers))
    Object.defineProperty(gauges, name, { get: once<unknown>(read), enumerable: true });
  // Each name has the reader of its type.
  return gauges as EngineGauges;
}

const inputReaders = (parts: Parts, { now, reference, polled, socket }: States) =>
  ({
    framesReceived: () => socket().framesReceived,
    framesShed: () => socket().backlog.shed,
    reconnectStorms: () => socket().socket.storms,
    relayAgesMs: () => ({
      data: socket().dataAgeMs,
      heartbeat: socket().heartbeatAgeMs,
      quote: socket().session.quoteAgeMs,
      quote_status: socket().session.quoteStatusAgeMs,
      pair: parts.observer.pairAgeMs(),
    }),
    otherIds: () => Object.fromEntries(parts.otherIds.seen().map(({ asset, requests }) => [asset.id, requests])),
    stranded: () => strandedUse(parts),
    priceAgeMs() {
      const price = parts.reference.current(now);
      return price.source === 'none' ? null : ageMs(price.asOfUs, now);
    },
    referenceTroubles: () => referenceTroubles(reference()),
    fallbackUsed: () => reference().fallback_used,
    inventoryAgeMs: () => inventoryAgeMs(parts),
    inventoryFailures: () => polled().failures,
    inventoryRefusals: () => polled().refused_by_ledger,
    inventoryUnconfirmed: () => polled().unconfirmed,
    rpcUnconfirmedMs: () =>
      Object.fromEntries(polled().unconfirmed_by.map(({ host }) => [host, polled().unconfirmed_for_ms ?? 0])),
    rpcEndpoints: () =>
      polled().rpc.endpoints.map(({ host, requests, failures, trouble }) => ({
        host,
        requests,
        failures,
        usable: trouble === null,
      })),
    clockSkewMs: () => parts.clockVerdict()?.skewMs ?? null,
    reconnects: () => ({ relay: socket().reconnects, kafka: parts.bus.linkState().replaced }),
    connected: () => ({
      relay: socket().connected,
      kafka: parts.bus.linkState().status === 'up',
      kraken: reference().kraken.connected,
    }),
  }) satisfies Partial<GaugeReaders>;

const recordReaders = (parts: Parts, { outbox, socket }: States) =>
  ({
    journalLagRecords: () => parts.journal.lastSeq - parts.journal.durableSeq,
    journalLagMs: () => parts.journal.syncLagMs(parts.clock.elapsedUs()),
    journalBytes: () => parts.journal.bytes,
    diskFreeBytes: () => parts.freeSpace.state().bytes,
    journalTrouble: () => ({
      checkpoint: parts.journal.checkpointProblem !== null,
      removal: parts.journal.removalProblem !== null,
      signed_ids: parts.signedIds.state().problem !== null,
    }),
    keptEntries: () => keptEntries(parts, socket().backlog.waiting, outbox().inFlight),
    signedIds: () => parts.signedIds.state().ids,
    signedIdsBytes: () => parts.signedIds.state().bytes,
    outboxLagRecords: () => outbox().lagRecords,
    outboxLagMs: () => outbox().lagMs,
    deadLettered: () => outbox().deadLettered,
    blockedTopicsMs: () => Object.fromEntries(outbox().blocked.map(({ topic, forMs }) => [topic, forMs])),
    opsRecords: () => parts.background.counts(),
    kafkaLosses: () => outbox().lost.losses,
    republishFrom: () => outbox().lost.republishFrom,
    republishLeft: () => republishLeft(outbox().republish.running),
    republished: () => outbox().republish.messages,
  }) satisfies Partial<GaugeReaders>;

const tradingReaders = (parts: Parts, { now, health }: States, controls: Controls) =>
  ({
    armed: () => ({ strategy: parts.strategyArming.state().armed, executor: parts.executorArming.state().armed }),
    paused: () => Object.fromEntries(PART_NAMES.flatMap((part) => pausedOf(part, controls[part]))),
    healthy: () => Object.fromEntries(Object.entries(health().parts).map(([name, part]) => [name, part.healthy])),
    shadowMode: () => parts.switches.mode === 'shadow',
    shadowQuotes: () => parts.shadow.count(),
    trading: () => health().trading?.trading === true,
    holds: () => Object.fromEntries(Object.entries(parts.holds(now)).map(([reason, hold]) => [reason, hold !== null])),
    inFlight: () => parts.replies.count(),
    repliesEvicted: () => parts.replies.evicted(),
    stalls: () => parts.stalls.count(),
    stops: () => parts.stops.counts(),
    breaches: () => parts.stops.breachCounts(),
    breakerTrips: () => parts.breaker.trips(),
    breakerFailuresInRow: () => parts.breaker.failures.inRow,
    breakerUse: () => breakerUse(parts.breaker, now.nowMs),
    openQuotes: () => parts.book.counts().open,
    pulls: () => pullGauges(parts.pulls),
    capital: () => capitalUse(parts),
    rebuilt: () => parts.rebuilt,
    lanes: () =>
      parts.book
        .nonces()
        .filter(({ current }) => current)
        .map(({ asset, lane, ceilingUnits, reservedUnits, liveQuotes }) => ({
          asset,
          lane,
          ceilingUnits,
          reservedUnits,
          liveQuotes,
        })),
  }) satisfies Partial<GaugeReaders>;

type StrandedSources = {
  readonly verifier: { lastSnapshot(): { readonly stranded: Readonly<Record<string, bigint>> } | null };
  readonly settings: Pick<Parts['settings'], 'pair'>;
};

/** Nothing before the first snapshot: what is not known is not none. */
export function strandedUse({ verifier, settings }: StrandedSources): EngineGauges['stranded'] {
  const snapshot = verifier.lastSnapshot();
  if (snapshot === null) return {};
  return Object.fromEntries(otherAssets(settings.pair).map(({ id }) => [id, (snapshot.stranded[id] ?? 0n) > 0n]));
}

function keptEntries(
  { decided, book, replies }: Pick<Parts, 'decided' | 'book' | 'replies'>,
  waitingRequests: number,
  recordsWithKafka: number,
): EngineGauges['keptEntries'] {
  const { rejected, malformed } = decided.counts();
  const { nonces, recent } = book.counts();
  return {
    rejected_ids: rejected,
    malformed_ids: malformed,
    nonces,
    ended_quotes: recent,
    late_replies: replies.late(),
    waiting_requests: waitingRequests,
    records_with_kafka: recordsWithKafka,
  };
}

type CapitalSources = {
  readonly book: Pick<Parts['book'], 'block' | 'capital' | 'reservations'>;
  readonly settings: Pick<Parts['settings'], 'pair'>;
};

/** Nothing before the first balance, which is not zero. */
export function capitalUse({ book, settings }: CapitalSources): EngineGauges['capital'] {
  const taken = book.reservations().filter(isTaken);
  return [settings.pair.btc, settings.pair.eure].flatMap(({ id, symbol, decimals }) => {
    const capital = book.capital(id);
    if (capital === null || book.block() === null) return [];
    const units = {
      credited: capital.creditedUnits,
      allocated: capital.allocatedUnits,
      reserved_for_orders: capital.reservedForOrdersUnits,
      reserved_for_positions: capital.reservedForPositionsUnits,
      reserved_for_withdrawals: unitsOf(taken.filter(({ asset }) => asset === id)),
      realized_pnl: capital.realizedUnits,
      spendable: capital.spendableUnits,
      ceilings: capital.ceilingsUnits,
    };
    return [{ asset: symbol, decimals, units }];
  });
}

function breakerUse({ exposure, limits }: Parts['breaker'], nowMs: number): EngineGauges['breakerUse'] {
  const { openE18, uncertainE18 } = exposure;
  const of = (window: string, filledE18: bigint, limitE18: bigint) => ({
    window,
    filled: ratioUp(filledE18 + uncertainE18, limitE18),
    committed: ratioUp(filledE18 + openE18, limitE18),
  });
  return [
    of('minute', exposure.minute.sum(nowMs), limits.minuteE18),
    of('day', exposure.day.sum(nowMs), limits.dayE18),
  ];
}

/** Rounded up to a millionth; of a limit of 0, all is used. */
const ratioUp = (part: bigint, whole: bigint): number =>
  whole === 0n ? 1 : Number(divCeil(part * 1_000_000n, whole)) / 1_000_000;

function pullGauges(pulls: Parts['pulls']): EngineGauges['pulls'] {
  const { begun, sends, ended } = pulls.counts();
  const underWay = pulls.underWay();
  const failing = underWay.filter(({ isFailing }) => isFailing).length;
  return { begun, sends, ended, underWay: underWay.length, failing };
}

/** Nothing for a part that cannot be paused. */
const pausedOf = (name: PartName, part: PartControl<unknown>) =>
  isPausable(part) ? [[name, part.isPaused()] as const] : [];

/** Records of the republish that is under way; 0 without one. */
const republishLeft = (run: RepublishRun | null): number => (run === null ? 0 : run.to - run.acknowledged);

/** What went wrong with the price sources, by kind, since the start. */
const referenceTroubles = ({ kraken_feed: kraken, coingecko_poll: coingecko }: ReferencePartState) => ({
  kraken_checksum_mismatch: kraken.checksum_mismatches,
  kraken_frame_malformed: kraken.malformed_frames,
  kraken_frame_ahead: kraken.frames_ahead,
  kraken_resubscribed: kraken.resubscribed,
  coingecko_failed: coingecko.failures,
});
