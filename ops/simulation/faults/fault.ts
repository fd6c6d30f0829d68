// What a fault is: one row of the table, put in by the seed, counted when it has an effect.

import type { Market } from '../around/market.ts';
import type { Traffic } from '../around/traffic.ts';
import type { Life } from '../life.ts';
import type { Random } from '../machine/random.ts';
import type { Sim } from '../sim.ts';

/** What faults change; two of one target are not put in at a time. */
export type Target =
  | 'relay'
  | 'node'
  | 'kraken'
  | 'coingecko'
  | 'market'
  | 'chain'
  | 'clock'
  | 'disk'
  | 'kafka'
  | 'process';

export type FaultContext = {
  readonly sim: Sim;
  readonly life: Life;
  readonly market: Market;
  readonly traffic: Traffic;
  readonly random: Random;
  /** It had an effect. */
  fired(): void;
};

export type Fault = {
  readonly name: string;
  readonly target: Target;
  /** How it is put in. */
  readonly how: string;
  /** How long it stays, from and to; null: it is a moment. */
  readonly lastsMs: readonly [number, number] | null;
  /** Whether it can have an effect in this run; absent: it can. */
  readonly isPossible?: (sim: Sim) => boolean;
  /** @returns what ends it */
  begin(context: FaultContext): (() => void) | undefined;
};

/** A fault that happens at once. */
export const moment = (row: Pick<Fault, 'name' | 'target' | 'how'>, act: (context: FaultContext) => void): Fault => ({
  ...row,
  lastsMs: null,
  begin(context) {
    act(context);
    context.fired();
    return undefined;
  },
});
