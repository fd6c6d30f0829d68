// Settings that a user may add for librdkafka (KAFKA_CONFIG_JSON: TLS, SASL, tuning), and those that are not his to change
// because the delivery guarantees of this folder rest on them. Pure. Names and values: librdkafka's CONFIGURATION.md.

export type KafkaSettings = Readonly<Record<string, string | number | boolean>>;

export type KafkaSettingsResult =
  | { readonly ok: true; readonly settings: KafkaSettings }
  | { readonly ok: false; readonly reason: string };

/** Settings hold something that the Kafka client does not take; the message says what, without values. */
export class KafkaSettingsRefused extends Error {
  override readonly name = 'KafkaSettingsRefused';
}

/** Setting to the reason why it is fixed. */
const FIXED: Readonly<Record<string, string>> = {
  'metadata.broker.list': 'brokers come from KAFKA_BROKERS',
  'bootstrap.servers': 'brokers come from KAFKA_BROKERS',
  'group.id': 'each process has its own consumer group',
  'enable.idempotence': 'records must keep their order and must not be duplicated',
  acks: 'a record counts as written when all replicas have it',
  'request.required.acks': 'a record counts as written when all replicas have it',
  'message.timeout.ms': 'records never time out, so that delivery reports come in the order of production',
  'delivery.timeout.ms': 'records never time out, so that delivery reports come in the order of production',
  'enable.auto.commit': 'offsets are committed after the work is done',
  'enable.auto.offset.store': 'offsets are committed after the work is done',
  'auto.offset.reset': 'what Kafka still has of a topic must not be passed over',
  'enable.partition.eof': 'the end of a partition shows which offsets have no record',
  'isolation.level': 'a transaction that is never ended would block all records after it',
  'transactional.id': 'transactions are not used',
};

/** Checks settings from outside: a flat object of text, numbers and booleans without the fixed ones. */
export function checkKafkaSettings(value: unknown): KafkaSettingsResult {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'must be a JSON object of librdkafka settings, such as {"security.protocol":"ssl"}' };
  }
  const settings: Record<string, string | number | boolean> = {};
  for (const [name, setting] of Object.entries(value)) {
    const fixed = FIXED[name];
    if (fixed !== undefined) return { ok: false, reason: `must not set ${name}: ${fixed}` };
    if (name.endsWith('_cb')) return { ok: false, reason: `must not set ${name}: callbacks cannot be configured` };
    if (typeof setting !== 'string' && typeof setting !== 'boolean' && typeof setting !== 'number') {
      return { ok: false, reason: `${name} must be a string, a number or a boolean` };
    }
    settings[name] = setting;
  }
  return { ok: true, settings };
}

/** Passwords, private keys and what holds them, by how librdkafka names such settings. */
const SECRET_SETTING = /password|secret|\.key\.pem$|jaas|oauthbearer\.config|private\.key/;

/** The values that no log line may show. */
export function kafkaSecrets(settings: KafkaSettings): readonly string[] {
  return Object.entries(settings)
    .filter(([name, value]) => SECRET_SETTING.test(name) && value !== '')
    .map(([, value]) => String(value));
}

/** Layers of settings in one, all as text, later layers win; throws KafkaSettingsRefused naming what `extra` may not set. */
export function mergeSettings(
  defaults: KafkaSettings,
  extra: KafkaSettings,
  fixed: KafkaSettings,
): Record<string, string> {
  const checked = checkKafkaSettings(extra);
  if (!checked.ok) throw new KafkaSettingsRefused(`Kafka settings: ${checked.reason}`);
  const merged: Record<string, string> = {};
  for (const layer of [defaults, checked.settings, fixed]) {
    for (const [name, setting] of Object.entries(layer)) merged[name] = String(setting);
  }
  return merged;
}

/** What both ways of reading start from; a user may tune it. */
export const CONSUMER_DEFAULTS: KafkaSettings = {
  'partition.assignment.strategy': 'range',
  'auto.offset.reset': 'earliest',
  'fetch.wait.max.ms': 100,
  'queued.max.messages.kbytes': 16_384,
  // How long a partition is not asked for after the queue was found full. A full one lasts for half a second of a backlog, and with the
  // default of a second the reader waited for the rest of it.
  'fetch.queue.backoff.ms': 50,
  'socket.keepalive.enable': true,
  'reconnect.backoff.max.ms': 5000,
  'max.poll.interval.ms': 300_000,
  // A consumer whose broker does not know its topics yet joins no group until it asks again, which by librdkafka's default it does
  // after five minutes: on a busy broker that is so for a moment after a topic was made.
  'topic.metadata.refresh.interval.ms': 10_000,
};

/** Common to both ways of reading. Our producers use no transactions, so records of an open transaction are read like any other. */
export const CONSUMER_FIXED: KafkaSettings = {
  'enable.auto.commit': false,
  'enable.auto.offset.store': false,
  'enable.partition.eof': true,
  'isolation.level': 'read_uncommitted',
};
