// The engine as a program of the common process runtime (contracts/runtime/process/run-process.ts): its parts, routes and
// metrics, its own journal for control actions and health records, and its drain.

import { KNOWN_ASSETS } from '../../contracts/assets.ts';
import { EngineStateAnswer } from '../../contracts/control/engine-state.ts';
import { shown } from '../../contracts/runtime/control/route.ts';
import type { ProcessBase, Program } from '../../contracts/runtime/process/program.ts';
import { ConfigRefused } from '../../contracts/runtime/process/refusal.ts';
import { unreadableLog } from '../../contracts/runtime/process/state/sections.ts';
import { createEngineControl } from '../control/controls.ts';
import { createGates } from '../control/gates.ts';
import { gaugesOf } from '../control/gauges.ts';
import { healthReaders, startingReasons } from '../control/health.ts';
import { internalFields } from '../control/internal/health.ts';
import { engineRoutes } from '../control/routes.ts';
import type { Engine } from '../engine.ts';
import { lineIds } from '../inventory/inventory-record.ts';
import { drainEnded } from '../observe/log-lines.ts';
import { registerEngineMetrics } from '../observe/metrics/register.ts';
import { formerAsset } from './former-asset.ts';

/** @param beforeStart runs when the control API listens */
export function engineProgram(engine: Engine, base: ProcessBase, beforeStart: () => void): Program {
  const { parts } = engine;
  const { events } = parts.observer;
  const { log, timers } = base;
  const gates = createGates(parts, (failure) => log.error('gates_failed', { failure }));
  const control = createEngineControl(parts, gates, (by) => base.requestEnd(`drain by ${by}`), unreadableLog(log));
  registerEngineMetrics(base.metrics, parts.observer.counts, () => gaugesOf(parts, control, () => base.health().now()));
  return {
    instanceId: parts.instanceId,
    parts: healthReaders(control),
    startingReasons: startingReasons(control),
    idsOf: (part) => lineIds(part, parts.book),
    trading: gates.trading,
    asOne: gates.asOne,
    internal: () => gates.asOne(() => internalFields({ control, parts })),
    state: shown(EngineStateAnswer, () => control.state()),
    routes: engineRoutes(control),
    events,
    newId: () => engine.newEventId(timers.nowMs()),
    audit(action) {
      const atMs = timers.nowMs();
      engine.record({ kind: 'control', eventId: engine.newEventId(atMs), atMs, payload: action });
      if (events.isWanted) events.push({ kind: 'action', payload: action });
    },
    noteHealth(payload) {
      const atMs = timers.nowMs();
      engine.note({ kind: 'health', eventId: engine.newEventId(atMs), atMs, payload });
      if (events.isWanted) events.push({ kind: 'health', payload });
    },
    async start() {
      beforeStart();
      await engine.start();
    },
    onFault: () => parts.stops.stop('process_faulted'),
    async drain({ limitMs, stopHealth }) {
      // The journal is closed within the drain.
      stopHealth();
      drainEnded(log, await engine.drain(limitMs));
    },
    async release(started) {
      if (!started) await parts.journal.abandon();
    },
  };
}

/**
 * Throws ConfigRefused when something that was signed under an asset id that is no longer configured can still settle: how it
 * ends shows in balances that would not be read any more. The journal is then released.
 */
export async function refuseOtherAssets({ parts }: Engine): Promise<void> {
  const { book, journal, settings, recovered } = parts;
  const former = formerAsset(book, settings.pair, recovered.clean);
  if (former === null) return;
  await journal.abandon();
  throw new ConfigRefused({
    variable: KNOWN_ASSETS.find(({ id }) => id === former)?.symbol === 'EURe' ? 'EURE_ASSET_ID' : 'BTC_ASSET_ID',
    problem: `was ${former} until now, and quotes under that id may not be over`,
    shape: null,
    fix: `start with ${former}, leave the engine disarmed until executor.open and every inventory.lanes[].reserved of /state are 0, end it with SIGTERM, then change it.`,
  });
}

/** Throws ConfigRefused when the state directory has the journal of another account, which is then released. */
export async function refuseOtherAccount({ parts }: Engine): Promise<void> {
  const { accountId } = parts.recovered;
  const { account } = parts.settings.config;
  if (accountId === account) return;
  await parts.journal.abandon();
  throw new ConfigRefused({
    variable: 'STATE_DIR',
    problem: `holds the journal of ${accountId}, not of ${account}`,
    shape: null,
    fix: 'use a separate state directory for each account.',
  });
}
