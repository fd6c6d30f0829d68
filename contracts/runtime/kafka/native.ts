// Loads the native part of @confluentinc/kafka-javascript: the only file of the project that touches that package.
// Method: the package's native module is used directly, without its JavaScript classes, since those make closures for
// every call and Bun never frees what such a closure captured (ops/toolchain/kafka-addon). The types below are what we
// call of it, no more. Rules that every user of this file keeps: functions handed over live as long as the client, no
// `opaque` with a record, headers left out or an array, main thread only.
// Use producer.ts, consumer/consumer.ts and admin/cluster.ts instead of this.

import { createRequire } from 'node:module';
import { staleAddon } from './addon-sources.ts';
import { KafkaSettingsRefused } from './settings.ts';

/** An error as the native module reports it: a bare code, or an object with a code and a text. */
export type NativeError = number | { readonly code?: number; readonly message?: string } | null | undefined;

export type NativePartition = { readonly topic: string; readonly partition: number; readonly offset?: number };

export type NativeCallbacks = {
  global: Record<string, (error: NativeError, partitions: readonly NativePartition[]) => void>;
  topic: Record<string, never>;
  event: {
    event_cb?: (type: string, data: unknown) => void;
    /** `packed`: read by unpackReports. */
    delivery_cb?: (packed: Buffer) => void;
  };
};

export type NativeMetadata = {
  readonly orig_broker_id: number;
  readonly orig_broker_name: string;
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly id: number; readonly leader: number; readonly replicas: number[] }[];
  }[];
};

/** The end of a partition was reached: no record lies below `offset`, the `messageIndex` is that of the record before it, or -1. */
export type NativeEnd = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly messageIndex: number;
};

type Done<T> = (error: NativeError, result: T) => void;
/** `packed`: read by unpackRecords. */
type Consumed = (error: NativeError, packed: Buffer, ends: readonly NativeEnd[]) => void;

export type NativeClient = {
  configureCallbacks(add: boolean, callbacks: NativeCallbacks): void;
  connect(done: Done<unknown>): void;
  disconnect(done: Done<unknown>): void;
  getMetadata(options: { timeout: number; topic?: string; allTopics?: boolean }, done: Done<NativeMetadata>): void;
};

export type NativeProducer = NativeClient & {
  setPollInBackground(on: boolean): void;
  /** Returns librdkafka's code: 0 when queued. */
  produce(
    topic: string,
    partition: number,
    value: Uint8Array | null,
    key: Uint8Array | null,
    timestampMs: number | null,
    opaque?: undefined,
    headers?: readonly Readonly<Record<string, Uint8Array>>[],
  ): number;
  /**
   * Hands over the records in `memory[0, bytes)`, packed by batch.ts, in order, but for the first `passed`; writes librdkafka's code
   * into each. @returns how many are done with, those passed over included: fewer than there are when one has to be offered again
   */
  produceMany(memory: Uint8Array, bytes: number, passed: number): number;
};

export type NativeConsumer = NativeClient & {
  subscribe(topics: readonly string[]): number;
  assign(partitions: readonly NativePartition[]): void;
  unassign(): void;
  incrementalAssign(partitions: readonly NativePartition[]): void;
  incrementalUnassign(partitions: readonly NativePartition[]): void;
  rebalanceProtocol(): string;
  consume(timeoutMs: number, recordsMax: number, waitForFirstOnly: boolean, done: Consumed): void;
  commit(offsets: readonly NativePartition[]): number;
  commitSync(offsets: readonly NativePartition[]): number;
  getWatermarkOffsets(topic: string, partition: number): number | { lowOffset: number; highOffset: number };
};

/** `base64` of all zeros: the broker is older than ids, or there is no such topic. */
export type NativeTopic = {
  readonly name: string;
  readonly topicId: { readonly base64: string };
  /** Set when nothing else is known of it. */
  readonly error?: NativeError;
  /** What the user of this client may do with it, by Kafka's numbers; only where it was asked for. */
  readonly authorizedOperations?: readonly number[];
};

/** With an `error` nothing else is known of the group. */
export type NativeGroup = {
  readonly error?: NativeError;
  readonly members: readonly {
    readonly clientId: string;
    readonly clientHost: string;
    readonly assignment: { readonly topicPartitions: readonly NativePartition[] };
  }[];
};

export type NativeAdmin = {
  configureCallbacks(add: boolean, callbacks: NativeCallbacks): void;
  connect(): number;
  disconnect(): number;
  getMetadata(options: { timeout: number; allTopics?: boolean }, done: Done<NativeMetadata>): void;
  describeTopics(
    topics: readonly string[],
    options: { timeout: number; includeAuthorizedOperations?: boolean },
    done: Done<readonly NativeTopic[]>,
  ): void;
  describeGroups(
    groups: readonly string[],
    options: { timeout: number },
    done: Done<{ readonly groups: readonly NativeGroup[] }>,
  ): void;
  createTopic(
    topic: { topic: string; num_partitions: number; replication_factor: number; config: Record<string, string> },
    timeoutMs: number,
    done: Done<unknown>,
  ): void;
};

type Settings = Readonly<Record<string, string>>;

export type KafkaAddon = {
  readonly Producer: new (settings: Settings, topicSettings: undefined) => NativeProducer;
  readonly KafkaConsumer: new (settings: Settings, topicSettings: undefined) => NativeConsumer;
  readonly AdminClient: new (settings: Settings, topicSettings: undefined) => NativeAdmin;
  /** Comma separated: `gzip,snappy,ssl,...`. What is absent was left out of the build for want of a library. */
  features(): string;
  readonly librdkafkaVersion: string;
  err2str(code: number): string;
};

const PACKAGE = '@confluentinc/kafka-javascript/librdkafka.js';

/** The file that Bun loads, next to package.json's version of the package. */
export const ADDON_FILE = 'node_modules/@confluentinc/kafka-javascript/build/Release/confluent-kafka-javascript.node';

let loaded: KafkaAddon | undefined;

/** Loads the addon on first use. Throws an Error that says what is missing and which command repairs it. */
export function kafkaAddon(): KafkaAddon {
  if (loaded !== undefined) return loaded;
  // Before it is loaded: one that hands records over in another way ends the process with the first of them.
  const stale = staleAddon();
  if (stale !== null) throw new Error(stale);
  try {
    loaded = createRequire(import.meta.url)(PACKAGE) as KafkaAddon;
    return loaded;
  } catch (cause) {
    throw new Error(explainLoadFailure(cause instanceof Error ? cause.message : String(cause)), { cause });
  }
}

/** Makes a native client. Throws KafkaSettingsRefused in librdkafka's words, without the refused value: it may be a password. */
export function makeNative<Native>(
  Client: new (settings: Settings, topicSettings: undefined) => Native,
  settings: Settings,
): Native {
  try {
    return new Client(settings, undefined);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'no reason given';
    throw new KafkaSettingsRefused(
      message.replace(/(\bvalue )".*"( for configuration property )/is, '$1(not shown)$2'),
    );
  }
}

/** What a failed load of the addon means and how to repair it; `message` is the text of the loader's error. */
export function explainLoadFailure(message: string): string {
  const rebuild = 'build it again with `./unrip --rebuild-kafka`';
  const symbol = /undefined symbol: (\S+)|symbol not found.*?: (\S+)/i.exec(message);
  if (symbol !== null) {
    return (
      `The Kafka addon needs the symbol ${symbol[1] ?? symbol[2]}, which this Bun (${Bun.version}) does not export. ` +
      `It was built for another Bun or package version: ${rebuild}. ` +
      'When that does not help, the symbol belongs into ops/toolchain/kafka-addon/compat.'
    );
  }
  const library = /(\S+\.so[.\d]*): cannot open shared object file/.exec(message);
  if (library !== null && !library[1]?.endsWith('.node')) {
    return `The Kafka addon was linked with ${library[1]}, which is not on this machine: install it, or ${rebuild}.`;
  }
  if (/could not locate the bindings|cannot find (module|package)|cannot open shared object/i.test(message)) {
    return `The Kafka addon has not been built (${ADDON_FILE}): start through ./unrip, which builds it, or ${rebuild}.`;
  }
  return `The Kafka addon could not be loaded: ${message}. If Bun or a system library changed, ${rebuild}.`;
}

/** Code and text of an error from the native module; a text without a code gets librdkafka's "no code", -1. */
export function describeError(error: NativeError): { code: number; message: string } {
  if (typeof error === 'number') return { code: error, message: kafkaAddon().err2str(error) };
  const code = typeof error?.code === 'number' ? error.code : -1;
  const message = error?.message ?? '';
  return { code, message: message === '' ? kafkaAddon().err2str(code) : message };
}
