// All routes of the engine's control API in addition to the base that every process has.

import { drainRoute } from '../../contracts/runtime/control/common-actions.ts';
import type { ControlRoute } from '../../contracts/runtime/control/route.ts';
import { armRoutes } from './arm-routes.ts';
import type { EngineControl } from './engine-control.ts';
import { commonRoutes, inventoryRefreshRoute, refreshRoute } from './part-routes.ts';
import { republishRoutes } from './republish-routes.ts';
import { reservationRoutes } from './reservations/routes.ts';
import { settingRoutes } from './setting-routes.ts';

export function engineRoutes(control: EngineControl): readonly ControlRoute[] {
  return [
    ...commonRoutes(control),
    refreshRoute('reference', control.reference),
    inventoryRefreshRoute(control.inventory),
    ...armRoutes(control),
    ...settingRoutes(control),
    ...republishRoutes(control),
    drainRoute({
      part: 'executor',
      path: '/executor/drain',
      summary: 'Stops answering, waits for outstanding replies, flushes, and ends the process',
      isDraining: () => control.executor.isDraining(),
      drain: (by) => control.drain(by),
    }),
    ...reservationRoutes(control),
  ];
}
