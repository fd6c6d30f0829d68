// For tests of commands that call an engine: its control API on a port, without an engine.

import { afterEach } from 'bun:test';
import { closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineStateAnswer } from '../../contracts/control/engine-state.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { createControlApp } from '../../contracts/runtime/control/app.ts';
import { controlToken } from '../../contracts/runtime/control/auth.ts';
import { startControl } from '../../contracts/runtime/control/bridge.ts';
import { shown } from '../../contracts/runtime/control/route.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { startLoopDelay } from '../../contracts/runtime/process/health/event-loop-lag.ts';
import { createHealth, HEALTHY } from '../../contracts/runtime/process/health/health.ts';
import { createMetrics } from '../../contracts/runtime/process/metrics.ts';
import { type FakeControlOptions, fakeControl } from '../../engine/control/control.fixture.ts';
import { engineRoutes } from '../../engine/control/routes.ts';
import { lockDirectory } from '../../engine/journal/flock.ts';
import { tempDir } from '../testing/temp-dir.ts';

export const TOKEN = 'token-of-the-operator-for-the-test';
/** Run after each test. */
export const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type Trading = { readonly trading: boolean; readonly notTrading: string[] };

/** An engine's control API on a port, its state directory, and a shell that keeps what is written. */
export async function serve({ trading, ...over }: FakeControlOptions & { readonly trading?: Trading } = {}) {
  const fake = fakeControl(over);
  const { control } = fake;
  const loopDelay = startLoopDelay(machineClock);
  const kept = keptLog();
  const health = createHealth({
    service: 'engine',
    instanceId: 'i',
    version: '1',
    timers: machineClock,
    parts: { part: () => HEALTHY },
    trading: () => {
      if (trading !== undefined) return trading;
      const armed = control.strategy.arming.state().armed && control.executor.arming.state().armed;
      return { trading: armed, notTrading: armed ? [] : ['strategy_disarmed'] };
    },
  });
  const app = createControlApp({
    service: 'engine',
    version: '1',
    host: '127.0.0.1',
    health,
    loopDelay,
    metrics: createMetrics({ service: 'engine', version: '1', startedAtMs: 0, loopDelay }),
    state: shown(EngineStateAnswer, control.state),
    routes: engineRoutes(control),
    audit: () => {},
    newId: () => 'id',
    log: kept.log,
    timers: machineClock,
  });
  const tokens = [controlToken('operator', TOKEN)];
  const listening = await startControl({
    app,
    tokens,
    host: '127.0.0.1',
    port: 0,
    log: kept.log,
    timers: machineClock,
  });
  if (!listening.ok) throw new Error(listening.problem.problem);
  stops.push(listening.stop, async () => loopDelay.stop());
  return { ...makeShell({ pid: process.pid, url: listening.url }), ...fake };
}

type ShellOptions = {
  readonly token?: string | null;
  readonly env?: Record<string, string>;
  /** Whether an engine holds the lock of the directory: as where there is an address, unless said otherwise. */
  readonly locked?: boolean;
};

/** A state directory, and a shell that keeps what is written. */
export function makeShell(controlFile: unknown, over: ShellOptions = {}) {
  const dir = tempDir('arm');
  const lock = (over.locked ?? controlFile !== null) ? lockDirectory(dir.path) : null;
  stops.push(async () => {
    if (lock !== null) closeSync(lock);
    dir.remove();
  });
  if (controlFile !== null) writeFileSync(join(dir.path, 'control.json'), JSON.stringify(controlFile), { mode: 0o600 });
  const token = over.token === undefined ? TOKEN : over.token;
  if (token !== null) writeFileSync(join(dir.path, 'control-token'), `${token}\n`, { mode: 0o600 });
  let out = '';
  let err = '';
  const shell = {
    env: { STATE_DIR: dir.path, ...over.env },
    directory: dir.path,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  };
  return { shell, dir: dir.path, out: () => out, err: () => err };
}
