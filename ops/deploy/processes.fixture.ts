// What the processes and jobs of a deployment are, and what they read: for the tests of units, manifests and compose file alike.

import { MIGRATE_VARIABLES } from '../../contracts/config/database.ts';
import { DOCTOR_VARIABLES } from '../../contracts/config/doctor.ts';
import { ENGINE_VARIABLES } from '../../contracts/config/engine.ts';
import { HISTORY_WRITER_VARIABLES } from '../../contracts/config/history-writer.ts';
import { LIQUIDITY_MANAGER_VARIABLES } from '../../contracts/config/liquidity-manager.ts';
import { OPS_SENTINEL_VARIABLES } from '../../contracts/config/ops-sentinel.ts';
import { kafkaVariables } from '../../contracts/config/shared.ts';
import { fileNamesOf, type Variables } from '../../contracts/config/variable.ts';
import { SERVICES, type ServiceName } from '../../contracts/topics/ops-control-action.ts';
import { TABLE } from '../cli/main.ts';

/** Processes that have a command: a deployment has each of them. */
export const BUILT: readonly ServiceName[] = SERVICES.filter((service) =>
  TABLE.some(({ name, summary }) => name === service && summary !== null),
);

/** By command. */
export const READS: Readonly<Record<string, Variables>> = {
  engine: ENGINE_VARIABLES,
  'history-writer': HISTORY_WRITER_VARIABLES,
  'liquidity-manager': LIQUIDITY_MANAGER_VARIABLES,
  'ops-sentinel': OPS_SENTINEL_VARIABLES,
  doctor: { ...ENGINE_VARIABLES, ...DOCTOR_VARIABLES },
  migrate: { databaseOwnerUrl: MIGRATE_VARIABLES.databaseOwnerUrl },
  topics: kafkaVariables,
};

/** Secrets without which everything works. */
const OWN_CHOICE = new Set([
  ...['CONTROL_TOKEN', 'CONTROL_TOKENS', 'COINGECKO_API_KEY', 'ALERT_WEBHOOK_SECRET', 'ALERT_METRICS_TOKEN'],
]);

/** Of each secret that a command needs, the variables that may name its file. */
export const secretFilesOf = (command: string): readonly (readonly string[])[] =>
  Object.values(READS[command] ?? {})
    .filter(({ secret, name }) => secret && !OWN_CHOICE.has(name))
    .map((variable) => fileNamesOf(variable));
