// What /state shows: every part asked at the moment of the request, and what the parts share. No secret is in any of it.

import {
  type EngineState,
  type EngineStateAnswer,
  type JournalState,
  PART_NAMES,
  type PartName,
  type StallState,
} from '../../contracts/control/engine-state.ts';
import { CHECK_FAILED, type PartHealth } from '../../contracts/runtime/process/health/health.ts';
import { createSections, type ReadSection, type Unreadable } from '../../contracts/runtime/process/state/sections.ts';
import { isoTime } from '../../contracts/time.ts';
import { CLOCK_SKEW_HOLD_MS, CLOCK_SKEW_UNHEALTHY_MS } from '../safety/clock-skew.ts';
import type { Controls } from './part.ts';
import type { Parts } from './parts.ts';
import type { Trading } from './trading.ts';

function journalState({ journal, freeSpace, recovered, clock }: Parts): JournalState {
  const space = freeSpace.state();
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
    disk_free_bytes: space.bytes,
    disk_low: space.isLow,
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

export type StateView = (trading: Trading) => EngineStateAnswer;

/** @param onUnreadable other sections than the last time; none: all can be read again */
export function createStateView(
  parts: Parts,
  controls: Controls,
  onUnreadable: (unreadable: Unreadable) => void,
): StateView {
  const make = createSections(onUnreadable);
  return (trading) => make((section) => readState({ parts, controls, trading }, section));
}

type StateSources = { readonly parts: Parts; readonly controls: Controls; readonly trading: Trading };

function readState(
  { parts, controls, trading }: StateSources,
  section: ReadSection,
): Omit<EngineStateAnswer, 'unreadable'> {
  const healths = PART_NAMES.map((part) => ({ part, health: healthOf(controls[part]) }));
  const named = (pick: (health: PartHealth) => readonly string[]): string[] =>
    healths.flatMap(({ part, health }) => pick(health).map((code) => `${part}.${code}`));
  const ofParts = Object.fromEntries(PART_NAMES.map((part) => [part, section(part, () => controls[part].state())]));
  const shared = {
    journal: section('journal', () => journalState(parts)),
    background: section('background', () => parts.background.state()),
    clock: section('clock', () => clockState(parts)),
    stalls: section('stalls', () => stallState(parts)),
  };
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
    // Each name has the state of its part.
    ...(ofParts as Pick<EngineStateAnswer, PartName>),
    ...shared,
  };
}

/** As /healthz has it, which reports the error. */
function healthOf(control: { health(): PartHealth }): PartHealth {
  try {
    return control.health();
  } catch {
    return CHECK_FAILED;
  }
}
