// What tests do to topics besides making them: give them partitions, delete them or their records.

import { describeError, kafkaAddon, type NativeAdmin, type NativeError, type NativePartition } from '../native.ts';

type Done = (error: NativeError) => void;
type TestAdmin = NativeAdmin & {
  createPartitions(topic: string, total: number, timeoutMs: number, done: Done): void;
  deleteTopic(topic: string, timeoutMs: number, done: Done): void;
  deleteRecords(before: readonly NativePartition[], options: { timeout: number }, done: Done): void;
};

const LIMIT_MS = 15_000;

async function withAdmin(brokers: string, run: (admin: TestAdmin, done: Done) => void): Promise<void> {
  const admin = new (kafkaAddon().AdminClient)({ 'metadata.broker.list': brokers }, undefined) as TestAdmin;
  admin.connect();
  try {
    await new Promise<void>((resolve, reject) => {
      run(admin, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(new Error(describeError(error).message));
      });
    });
  } finally {
    admin.disconnect();
  }
}

export const setPartitions = (brokers: string, topic: string, total: number): Promise<void> =>
  withAdmin(brokers, (admin, done) => admin.createPartitions(topic, total, LIMIT_MS, done));

export const deleteTopic = (brokers: string, topic: string): Promise<void> =>
  withAdmin(brokers, (admin, done) => admin.deleteTopic(topic, LIMIT_MS, done));

/** Of one partition, as if they had expired. */
export const deleteRecordsBefore = (brokers: string, topic: string, offset: number, partition = 0): Promise<void> =>
  withAdmin(brokers, (admin, done) => admin.deleteRecords([{ topic, partition, offset }], { timeout: LIMIT_MS }, done));
