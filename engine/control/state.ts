// What /state and /<part>/state show: the parts asked at the moment of the request, rendered as text. No secret is in any of it.

import { BTC, EURE, PAIR } from '../../contracts/assets.ts';
import type { EngineState, JournalState, StallState } from '../../contracts/control/engine-state.ts';
import type { IngestState, InventoryPartState, ReferencePartState } from '../../contracts/control/part-state.ts';
import type { ExecutorState, StrategyState } from '../../contracts/control/trading-state.ts';
import { STOP_TEXT } from '../../contracts/reasons.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import type { Book } from '../inventory/book.ts';
import { ageMs, momentOf } from '../lib/moment.ts';
import { CLOCK_SKEW_HOLD_MS, CLOCK_SKEW_UNHEALTHY_MS } from '../safety/clock-skew.ts';
import { armView } from './arm-routes.ts';
import {
  executorHealth,
  healthReaders,
  ingestHealth,
  inventoryHealth,
  referenceHealth,
  strategyHealth,
} from './health.ts';
import { limitsView, thresholdView } from './limits-view.ts';
import { journalYoungForMs, type Parts } from './parts.ts';
import { tradingOf } from './trading.ts';

const head = (health: PartHealth, paused: boolean) => ({ ...health, paused });

export function ingestState(parts: Parts): IngestState {
  const { relay, observer, pairFilter, settings } = parts;
  const state = relay.state();
  const seen = observer.view.ingest();
  const { enabled, pairs } = pairFilter.setting();
  return {
    ...head(ingestHealth(parts), parts.switches.ingestPaused),
    connection: {
      state: state.subscribed ? 'live' : state.socket.state,
      host: new URL(settings.config.relayWsUrl).host,
      connection_id: state.socket.connectionId,
      since: isoTimeOrNull(state.socket.sinceMs),
      last_frame_at: isoTimeOrNull(state.lastFrameAtMs),
      reconnects: state.reconnects,
      last_close: state.lastError === null ? null : `${state.lastError.kind}: ${state.lastError.detail}`,
      next_retry_at: isoTimeOrNull(state.socket.nextRetryAtMs),
    },
    streams: { quote_age_ms: state.session.quoteAgeMs, quote_status_age_ms: state.session.quoteStatusAgeMs },
    frames: { ...seen.frames, received: state.framesReceived },
    last_quote_at: seen.last_quote_at,
    published: seen.published,
    pair_filter: { enabled, pairs: pairs.map(({ assetIn, assetOut }) => ({ asset_in: assetIn, asset_out: assetOut })) },
  };
}

export function referenceState(parts: Parts): ReferencePartState {
  const state = parts.reference.state(momentOf(parts.clock));
  return { ...state, ...head(referenceHealth(parts), state.paused), pair: PAIR };
}

/** Of the balance that decisions are made on, as they measure it; null before the first since the start. */
export function inventoryAgeMs({ book, clock }: Parts): number | null {
  const now = momentOf(clock);
  const readAtUs = book.readAtUs();
  return readAtUs === null ? null : ageMs(readAtUs, now);
}

export function inventoryState(parts: Parts): InventoryPartState {
  const { book, verifier, settings } = parts;
  const state = verifier.state();
  const balance = book.inventory('BTC->EURe');
  const snapshot = verifier.lastSnapshot();
  const breach = parts.breach();
  return {
    ...head(inventoryHealth(parts), state.paused),
    account_id: settings.config.account,
    last_sync_at: isoTimeOrNull(balance?.readAtMs ?? null),
    age_ms: inventoryAgeMs(parts),
    max_age_ms: parts.switches.limits.inventoryMaxAgeMs,
    block_height: balance?.blockHeight ?? null,
    assets: snapshot === null ? {} : assetsOf(book),
    reconciliation: {
      status: snapshot === null ? 'unknown' : breach === null ? 'ok' : 'breach',
      code: breach?.code ?? null,
      note: breach?.detail ?? null,
    },
    lanes: book.nonces().map((nonce) => ({
      asset: nonce.asset,
      lane: nonce.lane,
      nonce: nonce.nonce,
      nonce_deadline: isoTime(nonce.nonceDeadlineAtMs),
      ceiling: nonce.ceilingUnits.toString(),
      reserved: nonce.reservedUnits.toString(),
      live_quotes: nonce.liveQuotes,
      current: nonce.current,
      draining: nonce.draining,
      used: nonce.used,
    })),
    poll: state,
  };
}

/** Capital of both assets as it is shown and published. */
export function assetsOf(book: Pick<Book, 'capital'>): InventoryPartState['assets'] {
  return Object.fromEntries(
    [BTC, EURE].flatMap(({ id }) => {
      const capital = book.capital(id);
      if (capital === null) return [];
      const view = {
        credited: capital.creditedUnits.toString(),
        spendable: capital.spendableUnits.toString(),
        allocated: capital.allocatedUnits.toString(),
        reserved_for_orders: capital.reservedForOrdersUnits.toString(),
        reserved_for_positions: capital.reservedForPositionsUnits.toString(),
        realized_pnl: capital.realizedUnits.toString(),
        ceilings: capital.ceilingsUnits.toString(),
        // Nobody observes deposits and withdrawals in this version.
        pending_inbound: null,
        pending_outbound: null,
      };
      return [[id, view]];
    }),
  );
}

export function strategyState(parts: Parts): StrategyState {
  const { switches, strategyArming, observer } = parts;
  const { limits } = switches;
  return {
    ...head(strategyHealth(parts), switches.strategyPaused),
    arm: armView(strategyArming),
    threshold: thresholdView(limits),
    limits: limitsView(limits),
    ...observer.view.strategy(),
  };
}

export function executorState(parts: Parts): ExecutorState {
  const { switches, executorArming, observer, settings, verifier, replies, book, clock, recovered, signedIds } = parts;
  const snapshot = verifier.lastSnapshot();
  const ids = signedIds.state();
  const accepted = switches.recoveryAccepted;
  const youngForMs = journalYoungForMs(parts);
  return {
    ...head(executorHealth(parts), switches.executorPaused),
    arm: armView(executorArming),
    stopped: stopView(parts),
    fresh_account_required_until: youngForMs > 0 ? isoTime(clock.nowMs() + youngForMs) : null,
    recovery_findings: recovered.complaints,
    recovery_findings_accepted: accepted === null ? null : { by: accepted.by, at: isoTime(accepted.atMs) },
    signed_ids: {
      ids: ids.ids,
      tables: ids.tables,
      bytes: ids.bytes,
      bytes_max: ids.bytesMax,
      unsaved: ids.unsaved,
      problem: ids.problem,
    },
    draining: switches.draining,
    public_key: settings.signer.publicKey,
    key_registered: snapshot?.keyRegistered ?? null,
    account_locked: snapshot?.accountLocked ?? null,
    in_flight: replies.count(),
    open: book.counts().open,
    ...observer.view.executor(),
  };
}

/** Why the executor disarmed itself, until it is armed again. */
function stopView({ stops }: Parts): ExecutorState['stopped'] {
  const stop = stops.first();
  if (stop === null) return null;
  return { code: stop.code, why: STOP_TEXT[stop.code], detail: stop.detail, at: isoTime(stop.atMs) };
}

function journalState({ journal, recovered, clock }: Parts): JournalState {
  return {
    journal_id: recovered.journalId,
    born_at: isoTime(recovered.bornAtMs),
    last_seq: journal.lastSeq,
    synced_seq: journal.durableSeq,
    sync_lag_ms: Math.ceil(journal.syncLagMs(clock.elapsedUs())),
    segments: journal.segmentCount,
    bytes: journal.bytes,
    checkpointing: journal.isCheckpointing,
    checkpoint_problem: journal.checkpointProblem,
    removal_problem: journal.removalProblem,
    failed: journal.failure?.message ?? null,
  };
}

function clockState({ clockVerdict }: Parts): EngineState['clock'] {
  const verdict = clockVerdict();
  if (verdict === null) return null;
  return {
    skew_ms: verdict.skewMs,
    from_ms: verdict.fromMs,
    to_ms: verdict.toMs,
    agreeing: verdict.agreeing,
    contradicting: verdict.contradicting,
    unhealthy_over_ms: CLOCK_SKEW_UNHEALTHY_MS,
    hold_over_ms: CLOCK_SKEW_HOLD_MS,
  };
}

function stallState({ stalls }: Parts): StallState {
  const last = stalls.last();
  return {
    count: stalls.count(),
    last: last === null ? null : { kind: last.kind, gap_ms: last.lengthMs, ended_at: isoTime(last.endedAtMs) },
  };
}

export function engineState(parts: Parts): EngineState {
  const trading = tradingOf(parts);
  const healths = Object.entries(healthReaders(parts)).map(([part, read]) => ({ part, health: read() }));
  const named = (pick: (health: PartHealth) => readonly string[]): string[] =>
    healths.flatMap(({ part, health }) => pick(health).map((code) => `${part}.${code}`));
  return {
    service: 'engine',
    version: parts.version,
    instance_id: parts.instanceId,
    account_id: parts.settings.config.account,
    started_at: isoTime(parts.startedAtMs),
    trading: trading.trading,
    not_trading: trading.notTrading,
    not_trading_by_direction: trading.directions,
    healthy: healths.every(({ health }) => health.healthy),
    reasons: named(({ reasons }) => reasons),
    notes: named(({ notes }) => notes),
    ingest: ingestState(parts),
    reference: referenceState(parts),
    inventory: inventoryState(parts),
    strategy: strategyState(parts),
    executor: executorState(parts),
    journal: journalState(parts),
    bus: parts.bus.state(),
    history: parts.bus.historyState(),
    clock: clockState(parts),
    stalls: stallState(parts),
  };
}
