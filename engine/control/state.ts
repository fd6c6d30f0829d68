// What /state shows: every part asked at the moment of the request, and what the parts share. No secret is in any of it.

import {
  type EngineState,
  type JournalState,
  PART_NAMES,
  type PartName,
  type StallState,
} from '../../contracts/control/engine-state.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';
import { isoTime } from '../../contracts/time.ts';
import { CLOCK_SKEW_HOLD_MS, CLOCK_SKEW_UNHEALTHY_MS } from '../safety/clock-skew.ts';
import type { Controls } from './part.ts';
import type { Parts } from './parts.ts';
import type { Trading } from './trading.ts';

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

export function engineState(parts: Parts, controls: Controls, trading: Trading): EngineState {
  const healths = PART_NAMES.map((part) => ({ part, health: controls[part].health() }));
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
    ...partStates(controls),
    journal: journalState(parts),
    background: parts.background.state(),
    clock: clockState(parts),
    stalls: stallState(parts),
  };
}

const partStates = (controls: Controls) =>
  Object.fromEntries(PART_NAMES.map((part) => [part, controls[part].state()])) as Pick<EngineState, PartName>;
