// The health of the parts, asked again at every request. Disarmed, paused and a silent pair are healthy and said in the notes; a
// dead connection, stale sources, unknown inventory and impaired history are not.

import { PART_NAMES } from '../../contracts/control/engine-state.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';
import type { Controls } from './part.ts';

/** Reads the health of each part, in the order in which a quote goes through them. */
export const healthReaders = (controls: Controls): Readonly<Record<string, () => PartHealth>> =>
  Object.fromEntries(PART_NAMES.map((part) => [part, () => controls[part].health()]));

/** What each clean start passes through. */
export const startingReasons = (controls: Controls): ReadonlySet<string> =>
  new Set(PART_NAMES.flatMap((part) => controls[part].startingReasons));
