// Loads a freshly built Kafka addon in the Bun that will use it, and says what was left out for want of a library.
// Its argument is the addon's file; exits 1 with the loader's message when it does not load.

import { leftOut } from './features.ts';

const file = process.argv[2] ?? '';
try {
  const addon = require(file) as { features(): string; librdkafkaVersion: string };
  const lacking = leftOut(addon.features());
  const without = lacking.length === 0 ? 'with everything' : `without ${lacking.join(', ')}`;
  console.log(`unrip: the Kafka addon is built (librdkafka ${addon.librdkafkaVersion}), ${without}`);
} catch (error) {
  console.log(`unrip: the Kafka addon was built but does not load: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
