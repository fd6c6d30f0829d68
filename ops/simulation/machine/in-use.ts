// The machine on which the code of the engine runs now: what takes the place of modules of the platform finds it here.

import type { Disk } from './disk.ts';
import type { Kafka } from './kafka.ts';
import type { Network } from './network.ts';

type Machine = { readonly network: Network; readonly disk: Disk; readonly kafka: Kafka };

let inUse: Machine | null = null;

export function use(machine: Machine): void {
  inUse = machine;
}

function machine(): Machine {
  if (inUse === null) throw new Error('no simulation runs');
  return inUse;
}

export const networkInUse = (): Network => machine().network;
export const diskInUse = (): Disk => machine().disk;
export const kafkaInUse = (): Kafka => machine().kafka;
