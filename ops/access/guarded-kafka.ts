// A Kafka with an authorizer, for tests: clients log in with a password (SASL/PLAIN) and have the rights of the documented
// commands. Its second listener, without a login, takes everything: it is the administrator's.

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { ensureKafka, stopKafka } from '../stack/kafka/kafka.ts';
import { freePorts } from '../stack/ports.ts';
import { run } from '../stack/run.ts';
import { removePlace } from '../stack/server-place.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { aclsOf, createAcls } from './acls.ts';

export type GuardedKafka = {
  /** Where clients log in. */
  readonly brokers: string;
  /** For the administrator alone. */
  readonly adminBrokers: string;
  /** KAFKA_CONFIG_JSON of a user. */
  configOf(user: string): Readonly<Record<string, string>>;
  remove(): Promise<void>;
};

const SCRIPT = join(CHECKOUT, 'contracts/generated/kafka-acls.sh');
const SCRIPT_LIMIT_MS = 10_000;

/** @param users who can log in @param password of all of them */
export async function startGuardedKafka(users: readonly string[], password: string): Promise<GuardedKafka> {
  const parent = tempDir('guarded');
  // As root the broker runs as another user, who has to get to its directory.
  chmodSync(parent.path, 0o711);
  const dir = join(parent.path, 'kafka');
  const [port] = freePorts(1);
  const logins = users.map((user) => `user_${user}="${password}"`).join(' ');
  const { brokers: adminBrokers } = await ensureKafka(dir, {
    progress: () => {},
    settings: (given) => ({
      ...given,
      listeners: `${given['listeners']},CLIENTS://127.0.0.1:${port}`,
      'advertised.listeners': `${given['advertised.listeners']},CLIENTS://127.0.0.1:${port}`,
      'listener.security.protocol.map': `${given['listener.security.protocol.map']},CLIENTS:SASL_PLAINTEXT`,
      'listener.name.clients.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.clients.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${logins};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    }),
  });
  return {
    brokers: `127.0.0.1:${port}`,
    adminBrokers,
    configOf: (user) => ({
      'security.protocol': 'sasl_plaintext',
      'sasl.mechanisms': 'PLAIN',
      'sasl.username': user,
      'sasl.password': password,
    }),
    async remove() {
      await stopKafka(dir);
      removePlace(dir);
      parent.remove();
    },
  };
}

/** Gives the rights of the documented script, read as Kafka's tool reads them. */
export async function giveDocumentedRights({ adminBrokers }: GuardedKafka): Promise<void> {
  // In place of the tool: prints its arguments, a line each, and an empty line.
  const printer = `printf '%s\\n' "$@"; echo`;
  using dir = tempDir('acls');
  const tool = join(dir.path, 'kafka-acls.sh');
  await Bun.write(tool, `#!/bin/sh\n${printer}\n`);
  chmodSync(tool, 0o755);
  const env = { ...toolEnvironment(), KAFKA_ACLS: tool, BOOTSTRAP: adminBrokers, ADMIN_CONFIG: 'none' };
  const said = await run(['sh', SCRIPT], { env, limitMs: SCRIPT_LIMIT_MS });
  const commands = said.trim().split('\n\n');
  await createAcls(
    Number(adminBrokers.split(':')[1]),
    commands.flatMap((command) => aclsOf(command.split('\n'))),
  );
}
