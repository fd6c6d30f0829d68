// Every variable that some process or tool of the project reads. One `.env` serves all processes, so each accepts what another
// one declares; what none declares and looks like one of these is refused by `contracts/runtime/config/unknown.ts`.

import { MIGRATE_VARIABLES, TRACE_VARIABLES } from './database.ts';
import { DOCTOR_VARIABLES } from './doctor.ts';
import { ENGINE_VARIABLES } from './engine.ts';
import { HISTORY_WRITER_VARIABLES } from './history-writer.ts';
import { LIQUIDITY_MANAGER_VARIABLES } from './liquidity-manager.ts';
import { OPS_SENTINEL_VARIABLES } from './ops-sentinel.ts';
import { fileNamesOf, type Variable, type Variables } from './variable.ts';
import { WITHDRAW_SEND_VARIABLES } from './withdraw.ts';

/** A new process adds its declaration here. */
const PROCESSES: readonly Variables[] = [
  ENGINE_VARIABLES,
  HISTORY_WRITER_VARIABLES,
  LIQUIDITY_MANAGER_VARIABLES,
  OPS_SENTINEL_VARIABLES,
  MIGRATE_VARIABLES,
  TRACE_VARIABLES,
  DOCTOR_VARIABLES,
  WITHDRAW_SEND_VARIABLES,
];

/** Read by the launcher, the command line, the local stack and the tests; they have no declaration of shape or default. */
const TOOL_VARIABLES = [
  'UNRIP_CACHE',
  'UNRIP_DEBUG',
  'UNRIP_POSTGRES_BIN',
  'UNRIP_TEST_DATABASE_URL',
  'UNRIP_TEST_KAFKA_BROKERS',
  'UNRIP_TEST_SEED',
] as const;

/** All names under which a variable is read. */
function namesOf(variable: Variable<unknown>): readonly string[] {
  const { name, alias } = variable;
  return [name, ...(alias === undefined ? [] : [alias]), ...fileNamesOf(variable)];
}

/** Names whose value is a secret, of whichever process. */
export const SECRET_NAMES: ReadonlySet<string> = new Set(
  PROCESSES.flatMap((variables) => Object.values(variables))
    .filter(({ secret }) => secret)
    .flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias])),
);

/** All names that the project reads, each once. */
export const DECLARED_NAMES: readonly string[] = [
  ...new Set([...PROCESSES.flatMap((variables) => Object.values(variables).flatMap(namesOf)), ...TOOL_VARIABLES]),
];
