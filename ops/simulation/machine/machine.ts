// One simulated machine: its time, network, disk and broker, all from one seed.

import { Disk } from './disk.ts';
import { useMachine } from './globals.ts';
import { use } from './in-use.ts';
import { Kafka } from './kafka.ts';
import { Network } from './network.ts';
import { randomOf } from './random.ts';
import { type Owner, Schedule } from './schedule.ts';

export type Machine = {
  readonly schedule: Schedule;
  readonly network: Network;
  readonly disk: Disk;
  readonly kafka: Kafka;
  /** The process is gone at once, without a word. */
  kill(owner: Owner): void;
};

/** @param partitions of the topics of Kafka */
export function startMachine(seed: string, partitions: Readonly<Record<string, number>>): Machine {
  const schedule = new Schedule();
  const network = new Network(schedule, randomOf(`${seed} network`));
  const disk = new Disk(schedule, randomOf(`${seed} disk`));
  const kafka = new Kafka(schedule, randomOf(`${seed} kafka`), partitions);
  useMachine(schedule, randomOf(`${seed} globals`));
  use({ network, disk, kafka });
  return {
    schedule,
    network,
    disk,
    kafka,
    kill(owner) {
      owner.alive = false;
      network.processEnded(owner);
      disk.processEnded(owner);
      kafka.processEnded(owner);
    },
  };
}
