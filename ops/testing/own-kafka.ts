// A Kafka of a test's own, for tests that take topics, or the whole cluster, away.

import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureKafka, kafkaStatus, stopKafka } from '../stack/kafka/kafka.ts';
import { existingPlace, removePlace } from '../stack/server-place.ts';
import { tempDir } from './temp-dir.ts';
import { waitFor } from './wait.ts';

export type OwnKafka = {
  /** `host:port`, the same over restarts. */
  readonly brokers: string;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again with what it had. */
  start(): Promise<void>;
  /** Everything in it is gone, and the next start makes another cluster. Only while it is stopped. */
  forget(): void;
  /** Stops it and removes it. */
  remove(): Promise<void>;
};

/** Brings one up in some seconds; `remove` it at the end. */
export async function startOwnKafka(): Promise<OwnKafka> {
  const parent = tempDir('kafka');
  // As root the broker runs as another user, who has to get to its directory.
  chmodSync(parent.path, 0o711);
  const dir = join(parent.path, 'kafka');
  const progress = (): void => {};
  const { brokers } = await ensureKafka(dir, { progress });
  return {
    brokers,
    async stop() {
      await stopKafka(dir);
    },
    async kill() {
      const { pid } = kafkaStatus(dir);
      if (pid !== null) process.kill(pid, 'SIGKILL');
      await waitFor(() => !kafkaStatus(dir).up, { what: 'the end of Kafka' });
    },
    async start() {
      await ensureKafka(dir, { progress, port: Number(brokers.split(':')[1]) });
    },
    forget: () => rmSync(existingPlace(dir).dataDir, { recursive: true }),
    async remove() {
      await stopKafka(dir);
      removePlace(dir);
      parent.remove();
    },
  };
}
