// The history-writer's process: every topic of the registry into PostgreSQL. `./unrip history-writer` runs it.
// It waits for Kafka and PostgreSQL when they are away, also at the start, and reports it; a database whose schema is not that
// of this checkout is refused by the command before it gets here, and not written to otherwise.

import type { HistoryWriterConfig } from '../../contracts/config/history-writer.ts';
import { HistoryWriterState } from '../../contracts/control/history-writer-state.ts';
import { parseDatabaseUrl } from '../../contracts/database-url.ts';
import type { ExitCode } from '../../contracts/runtime/process/exit.ts';
import type { Sidecar, SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import { runSidecar } from '../../contracts/runtime/process/sidecar/sidecar.ts';
import { databaseHealth, isWriting, kafkaHealth, STARTING_REASONS, writerHealth } from './health.ts';
import { createParts } from './parts.ts';
import { routesOf } from './routes.ts';
import { createRun } from './run.ts';
import { answersOf, stateOf } from './state.ts';

export type HistoryWriterOptions = {
  readonly config: HistoryWriterConfig;
  readonly version: string;
  /** Before the name of every topic, for tests that share a broker. */
  readonly topicPrefix?: string;
};

/** Runs until the process is ended by a signal or a drain; gives the exit code. */
export async function runHistoryWriter(options: HistoryWriterOptions): Promise<ExitCode> {
  const { config, version, topicPrefix = '' } = options;
  const database = parseDatabaseUrl(config.databaseUrl);
  const password = database.ok ? database.value.password : null;
  const secrets = password === null ? [] : [password, encodeURIComponent(password)];
  const identity = { service: 'history-writer', version, servedAccount: null } as const;
  return await runSidecar({ ...identity, config, secrets, topicPrefix }, (base) => assemble(config, base));
}

function assemble(config: HistoryWriterConfig, base: SidecarBase): Sidecar {
  const parts = createParts(config, base);
  const { writer, group } = parts;
  return {
    parts: {
      kafka: () => kafkaHealth(writer, group, base.sender.isUp()),
      database: () => databaseHealth(writer),
      writer: () => writerHealth(writer),
    },
    startingReasons: STARTING_REASONS,
    writing: () => ({ writing: isWriting(writer, group), lagMs: writer.lagMs() }),
    state: {
      fields: HistoryWriterState.properties,
      sections: stateOf(parts),
      answers: () => answersOf(parts),
    },
    routes: routesOf(writer, base),
    ...createRun(parts, base),
  };
}
