// Topics on librdkafka's broker in memory. It refuses to be asked for them in the proper way, and makes each, with four
// partitions, as soon as a producer asks for it by name.

import { describeError, kafkaAddon, type NativeError } from '../../contracts/runtime/kafka/native.ts';

const ASK_LIMIT_MS = 10_000;

/** Makes those that are not there. */
export async function mentionTopics(brokers: string, topics: readonly string[]): Promise<void> {
  const addon = kafkaAddon();
  const client = new addon.Producer({ 'metadata.broker.list': brokers, 'client.id': 'unrip-harness' }, undefined);
  await settled((done) => client.connect(done));
  try {
    for (const topic of topics) await settled((done) => client.getMetadata({ topic, timeout: ASK_LIMIT_MS }, done));
  } finally {
    await settled((done) => client.disconnect(done));
  }
}

function settled(start: (done: (error: NativeError) => void) => void): Promise<void> {
  const outcome = Promise.withResolvers<void>();
  start((error) => {
    if (error === null || error === undefined) outcome.resolve();
    else outcome.reject(new Error(describeError(error).message));
  });
  return outcome.promise;
}
