// A process that is a Kafka broker in memory: librdkafka's own stand-in, for a demo on a machine where no real Kafka can
// be had. Its argument is PORT_FILE: the file appears, with the port, when it answers.
// Limits: it forgets all at its end, keeps at most 5 MB a partition, makes topics on first mention (4 partitions) and
// cannot be asked to make them.

import { renameSync, writeFileSync } from 'node:fs';
import {
  describeError,
  kafkaAddon,
  type NativeError,
  type NativeMetadata,
} from '../../../contracts/runtime/kafka/native.ts';

const METADATA_LIMIT_MS = 10_000;

async function serve(portFile: string): Promise<void> {
  const addon = kafkaAddon();
  const client = new addon.Producer({ 'test.mock.num.brokers': '1', 'client.id': 'unrip-memory-broker' }, undefined);
  await settled<unknown>((done) => client.connect(done));
  const metadata = await settled<NativeMetadata>((done) =>
    client.getMetadata({ timeout: METADATA_LIMIT_MS, allTopics: true }, done),
  );
  const port = metadata.brokers[0]?.port;
  if (port === undefined) throw new Error('the in-memory broker did not say its port');
  writeFileSync(`${portFile}.new`, `${port}\n`, { mode: 0o600 });
  renameSync(`${portFile}.new`, portFile);
  // The broker is threads of this process: stay until a signal ends it, and it with its memory.
  setInterval(() => {}, 60_000);
}

function settled<T>(start: (done: (error: NativeError, result: T) => void) => void): Promise<T> {
  const outcome = Promise.withResolvers<T>();
  start((error, result) => {
    if (error === null || error === undefined) outcome.resolve(result);
    else outcome.reject(new Error(describeError(error).message));
  });
  return outcome.promise;
}

const [portFile] = process.argv.slice(2);
if (portFile === undefined) {
  process.stderr.write('memory-broker.ts is started by ./unrip stack; its argument is PORT_FILE\n');
  process.exit(2);
}
await serve(portFile);
