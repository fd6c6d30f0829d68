// What `node:module` gives to the file that loads the Kafka addon: a way to load this one instead.

import { kafkaInUse } from './in-use.ts';
import { VirtualConsumer, VirtualProducer } from './kafka.ts';

const ADDON = {
  Producer: class extends VirtualProducer {
    constructor() {
      super(kafkaInUse());
    }
  },
  KafkaConsumer: class extends VirtualConsumer {
    constructor() {
      super(kafkaInUse());
    }
  },
  features: () => 'gzip',
  librdkafkaVersion: 'simulated',
  err2str: (code: number) => `code ${code}`,
};

export const createRequire = () => () => ADDON;
