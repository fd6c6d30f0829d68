// What the parts of one run share.

import type { NearRpcSim } from '../sim/near-rpc/server.ts';
import type { World } from '../sim/world.ts';
import type { Host } from './host.ts';
import type { Machine } from './machine/machine.ts';
import type { Random } from './machine/random.ts';
import type { Model } from './model/model.ts';
import type { Setting } from './setting.ts';

export type Sim = {
  readonly seed: string;
  readonly machine: Machine;
  readonly world: World;
  /** The nodes that the engine asks, the world's own first. */
  readonly nodes: readonly NearRpcSim[];
  readonly setting: Setting;
  readonly model: Model;
  /** A stream of its own for each name. */
  random(name: string): Random;
  /** The engine that runs; null: none does. */
  host: Host | null;
  /** Of the engine's clock: what one reading of it costs. */
  readingUs: number;
  /** Runs as the world, so much later. */
  later(ms: number, run: () => void): void;
  /** A fault had an effect. */
  fired(fault: string): void;
  /** Until when something is wrong with each part of the world, true time; infinity: until it is put right. */
  readonly trouble: Map<string, number>;
  /** Nothing is put in any more: it comes to its end. */
  isCalm: boolean;
};

export const portOf = (url: string): number => Number(new URL(url).port);
