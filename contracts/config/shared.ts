// Variables that more than one process reads, so that they mean the same everywhere.

import {
  accountId,
  choice,
  hostPorts,
  integer,
  jsonObject,
  optional,
  postgresUrl,
  secret,
  text,
  token,
} from './shapes.ts';

export const account = accountId({
  name: 'NEAR_ACCOUNT_ID',
  help: 'account whose credited inventory inside the verifier is traded',
  fallback: null,
});

export const kafkaBrokers = hostPorts({
  name: 'KAFKA_BROKERS',
  help: 'Kafka brokers to start from',
  fallback: '127.0.0.1:9092',
});

export const kafkaConfig = secret(
  jsonObject({
    name: 'KAFKA_CONFIG_JSON',
    shape: 'JSON object of librdkafka settings',
    help: 'further librdkafka settings, for TLS and SASL; may hold a password',
    fallback: '{}',
  }),
);

export const databaseUrl = secret(
  postgresUrl({
    name: 'DATABASE_URL',
    help: 'PostgreSQL database for history',
    fallback: 'postgres://unrip@127.0.0.1:5432/unrip',
  }),
);

export const databaseOwnerUrl = optional(
  secret(
    postgresUrl({
      name: 'DATABASE_OWNER_URL',
      help: 'the same database as the role that owns it, to migrate; DATABASE_URL when not set',
      fallback: null,
    }),
  ),
);

export const databaseReaderUrl = optional(
  secret(
    postgresUrl({
      name: 'DATABASE_READER_URL',
      help: 'the same database as a role that only reads; DATABASE_URL when not set',
      fallback: null,
    }),
  ),
);

export const stateDir = text({
  name: 'STATE_DIR',
  shape: 'directory',
  help: 'journal, lock and generated control token; made with mode 700',
  fallback: './.unrip/state',
});

export const engineStateDir = { ...stateDir, alias: 'EXECUTOR_STATE_DIR' };

export const controlHost = text({
  name: 'CONTROL_HOST',
  shape: 'address',
  help: 'address that the control API listens on; loopback unless you mean it',
  fallback: '127.0.0.1',
});

export const controlPort = (fallback: string) =>
  integer({
    name: 'CONTROL_PORT',
    help: 'port of the control API; 0 takes a free one',
    fallback,
    min: 0,
    max: 65535,
    unit: 'port',
  });

export const controlToken = optional(
  secret(
    token({
      name: 'CONTROL_TOKEN',
      help: 'bearer token of the operator; generated into STATE_DIR/control-token when not set',
      fallback: null,
    }),
  ),
);

export const logLevel = choice({
  name: 'LOG_LEVEL',
  of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  help: 'minimum level that is logged; lines are JSON on stdout',
  fallback: 'info',
});

export const namespace = text({
  name: 'UNRIP_NAMESPACE',
  shape: 'word',
  help: 'the `namespace` field of every log line',
  fallback: 'unrip',
});
