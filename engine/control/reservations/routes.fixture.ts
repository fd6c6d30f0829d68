// For tests: the routes of reservations in a control API, over a book without the rest of an engine.

import { EngineStateAnswer } from '../../../contracts/control/engine-state.ts';
import { createControlApp } from '../../../contracts/runtime/control/app.ts';
import { controlCaller } from '../../../contracts/runtime/control/control.fixture.ts';
import { shown } from '../../../contracts/runtime/control/route.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { startLoopDelay } from '../../../contracts/runtime/process/health/event-loop-lag.ts';
import { createHealth } from '../../../contracts/runtime/process/health/health.ts';
import { createMetrics } from '../../../contracts/runtime/process/metrics.ts';
import type { OpsControlAction } from '../../../contracts/topics/ops-control-action.ts';
import { DeskWorld } from '../../inventory/reservations/desk.fixture.ts';
import { reservationsView } from '../../inventory/reservations/view.ts';
import { type FakeControlOptions, fakeControl } from '../control.fixture.ts';
import { engineRoutes } from '../routes.ts';

export const RESERVATIONS_PATH = '/inventory/reservations';

export function reservationApi(over: FakeControlOptions = {}) {
  const world = new DeskWorld();
  const fake = fakeControl(over);
  const { timers } = fake;
  const { inventory } = fake.control;
  const control = {
    ...fake.control,
    inventory: {
      ...inventory,
      // A start after a crash makes another one.
      get desk() {
        return world.desk;
      },
      reservations: () => reservationsView(world.book),
    },
  };
  const audited: OpsControlAction[] = [];
  const names = { service: 'engine', version: '1' } as const;
  const loopDelay = startLoopDelay(timers);
  const app = createControlApp({
    ...names,
    host: '127.0.0.1',
    health: createHealth({ ...names, instanceId: 'i', timers, parts: {} }),
    loopDelay,
    metrics: createMetrics({ ...names, startedAtMs: fake.startedAtMs, loopDelay }),
    state: shown(EngineStateAnswer, control.state),
    routes: engineRoutes(control),
    audit: (action) => void audited.push(action),
    newId: () => 'id',
    log: keptLog().log,
    timers,
  });
  const send = controlCaller(app, timers, { invented: [] });
  const call = async (method: string, body?: unknown) => {
    const response = await send(method, RESERVATIONS_PATH, body === undefined ? {} : { body: JSON.stringify(body) });
    const answer: Record<string, unknown> = JSON.parse(await response.text());
    return { status: response.status, answer };
  };
  return { ...fake, world, call, send, audited };
}
