// Variables that more than one process reads, so that they mean the same everywhere.

import { type ControlTokens, parseTokens, TOKENS_SHAPE } from './control-tokens.ts';
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
import type { Variable } from './variable.ts';

export const account = accountId({
  name: 'NEAR_ACCOUNT_ID',
  help: 'account whose balances inside the verifier are traded',
  fallback: null,
});

export const drainLimitMs = integer({
  name: 'DRAIN_LIMIT_MS',
  help: 'maximum duration of a drain',
  fallback: '10000',
  min: 100,
  max: 600_000,
  unit: 'milliseconds',
});

const kafkaBrokers = hostPorts({
  name: 'KAFKA_BROKERS',
  help: 'Kafka brokers to connect to first',
  fallback: '127.0.0.1:9092',
});

const kafkaConfig = secret(
  jsonObject({
    name: 'KAFKA_CONFIG_JSON',
    shape: 'JSON object of librdkafka settings',
    help: 'additional librdkafka settings, such as TLS and SASL; may contain a password',
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
      help: 'the same database, connecting as its owner, for migrations; by default DATABASE_URL',
      fallback: null,
    }),
  ),
);

export const databaseReaderUrl = optional(
  secret(
    postgresUrl({
      name: 'DATABASE_READER_URL',
      help: 'the same database, connecting as a role that only reads; by default DATABASE_URL',
      fallback: null,
    }),
  ),
);

export const historyMaxLagMs = integer({
  name: 'HISTORY_MAX_LAG_MS',
  help: 'maximum lag of the history-writer; beyond it history counts as not written',
  fallback: '30000',
  min: 100,
  max: 3_600_000,
  unit: 'milliseconds',
});

export const stateDir = text({
  name: 'STATE_DIR',
  shape: 'directory',
  help: 'journal, lock and generated control token; created with mode 700',
  fallback: './.unrip/state',
});

export const engineStateDir = { ...stateDir, alias: 'EXECUTOR_STATE_DIR' };

const controlHost = text({
  name: 'CONTROL_HOST',
  shape: 'address',
  help: 'address that the control API listens on; keep it on loopback unless other machines need it',
  fallback: '127.0.0.1',
});

const controlPort = (fallback: string) =>
  integer({
    name: 'CONTROL_PORT',
    help: 'port of the control API; 0 chooses a free port',
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

const controlTokens: Variable<ControlTokens> = {
  name: 'CONTROL_TOKENS',
  shape: TOKENS_SHAPE,
  help: 'further tokens by their SHA-256, with role (viewer, reserver or operator) and accounts (* for all); ops/OPERATIONS.md, "Tokens"',
  fallback: '',
  secret: true,
  parse(given) {
    const parsed = parseTokens(given);
    return parsed.ok ? { ok: true, value: { tokens: parsed.value, file: null } } : parsed;
  },
  withFile: ({ tokens }, file) => ({ tokens, file }),
};

export const logLevel = choice({
  name: 'LOG_LEVEL',
  of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  help: 'minimum level that is logged; lines are JSON on stdout',
  fallback: 'info',
});

export const namespace = text({
  name: 'UNRIP_NAMESPACE',
  shape: 'word',
  help: 'value of the field `namespace` of every log line',
  fallback: 'unrip',
});

/** Where records go to and come from. */
export const kafkaVariables = { kafkaBrokers, kafkaConfig } as const;

/** @param port on which the control API listens unless said otherwise */
export const controlVariables = (port: string) =>
  ({ controlHost, controlPort: controlPort(port), controlToken, controlTokens }) as const;

/** State, control API, end and log of a sidecar: what every one of them reads. */
export const sidecarVariables = (port: string) =>
  ({ stateDir, ...controlVariables(port), drainLimitMs, logLevel, namespace }) as const;
