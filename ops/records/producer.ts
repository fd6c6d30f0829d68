// A producer without our guards: keys of any bytes, headers, times that the caller makes up. What the broker refuses is
// counted, for it is no record then.

import { KafkaClient } from '../../contracts/runtime/kafka/client.ts';
import { kafkaAddon } from '../../contracts/runtime/kafka/native.ts';
import { unpackReports } from '../../contracts/runtime/kafka/reports.ts';
import { waitFor } from '../testing/wait.ts';
import type { HostileRecord } from './generate.ts';

export type RawProducer = {
  /** Resolves when the broker has taken or refused each of these; gives how many it refused. */
  produce(records: readonly HostileRecord[], topicPrefix: string): Promise<number>;
  close(): Promise<void>;
};

const LIMIT_MS = 60_000;
const OK = 0;
const QUEUE_FULL = -184;
/** What a broker takes by default; librdkafka's own limit is below it. */
const MESSAGE_BYTES_MAX = '1048588';

/** @param alone each record is a batch of its own, so that a refused one takes no other with it */
export async function openRawProducer(brokers: string, alone: boolean): Promise<RawProducer> {
  let reported = 0;
  let refused = 0;
  const native = new (kafkaAddon().Producer)(
    {
      'metadata.broker.list': brokers,
      'client.id': 'hostile-records',
      acks: 'all',
      'message.max.bytes': MESSAGE_BYTES_MAX,
      'compression.type': 'lz4',
      ...(alone ? { 'batch.num.messages': '1' } : {}),
    },
    undefined,
  );
  const onReports = (packed: Buffer): void => {
    for (const { code } of unpackReports(packed)) {
      reported++;
      if (code !== OK) refused++;
    }
  };
  const callbacks = { global: {}, topic: {}, event: { delivery_cb: onReports } };
  const client = new KafkaClient(native, callbacks, { onTrouble: () => undefined });
  await client.waitUntilUp(LIMIT_MS, brokers);
  native.setPollInBackground(true);
  return {
    async produce(records, topicPrefix) {
      const [reportedBefore, refusedBefore] = [reported, refused];
      let queued = 0;
      let notTaken = 0;
      for (const { topic, partition, key, value, timestampMs, headers } of records) {
        const name = topicPrefix + topic;
        const bytes = value === null ? null : Buffer.from(value);
        const keyBytes = key === null ? null : Buffer.from(key);
        let code = OK;
        do {
          if (code === QUEUE_FULL) await Bun.sleep(5);
          code = native.produce(name, partition, bytes, keyBytes, timestampMs, undefined, headers);
        } while (code === QUEUE_FULL);
        if (code === OK) queued++;
        else notTaken++;
      }
      await waitFor(() => reported - reportedBefore >= queued, { what: 'the delivery reports', limitMs: LIMIT_MS });
      return notTaken + refused - refusedBefore;
    },
    close: () => client.close(),
  };
}
