// The parts of one engine as operators see them: a line for each.

import { executorControl } from '../executor/control.ts';
import { ingestControl } from '../ingest/control.ts';
import { inventoryControl } from '../inventory/control.ts';
import { referenceControl } from '../reference/control.ts';
import { isClockUnhealthy } from '../safety/clock-skew.ts';
import { strategyControl } from '../strategy/control.ts';
import { gatesOf } from './gates.ts';
import type { Controls } from './part.ts';
import type { Parts } from './parts.ts';

export const createControls = (parts: Parts) =>
  ({
    ingest: ingestControl(parts),
    reference: referenceControl({ ...parts, gates: gatesOf(parts, 'reference') }),
    inventory: inventoryControl({ ...parts, gates: gatesOf(parts, 'inventory') }),
    strategy: strategyControl(parts),
    executor: executorControl({
      ...parts,
      gates: gatesOf(parts, 'executor'),
      isClockUnhealthy: () => isClockUnhealthy(parts.clockVerdict()),
    }),
    bus: parts.bus.control,
    history: parts.bus.history,
  }) satisfies Controls;
