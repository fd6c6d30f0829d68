// How a process that cannot start, or cannot go on, reports it: to standard error, since nobody may read its log yet, and by
// its exit code. The only code of a process that writes to standard error: a log line never waits for its reader.

import { renderProblems } from '../config/load.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { KafkaSettingsRefused } from '../kafka/settings.ts';
import type { Log } from '../log/log.ts';
import { withoutSecrets } from '../log/redact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { kafkaProblem } from './kafka-problem.ts';

/** Thrown where a process finds that its configuration cannot be used: it ends with EXIT.config and the text of the problem. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
  readonly problem: ConfigProblem;

  constructor(problem: ConfigProblem) {
    super(`${problem.variable} ${problem.problem}`);
    this.problem = problem;
  }
}

/** An error whose cause is known: event of its log line, and what to do as a sentence. */
export type KnownFailure = { readonly event: string; readonly detail: string };

export function warn(service: string, text: string): void {
  process.stderr.write(`${service}: ${text}\n`);
}

export function refuseConfig(service: string, problems: readonly ConfigProblem[]): ExitCode {
  process.stderr.write(renderProblems(service, problems));
  return EXIT.config;
}

export type FailureReport = {
  readonly service: string;
  readonly log: Log;
  /** Removed from the text. */
  readonly secrets: readonly string[];
  /** Null: not known. */
  readonly explain: (error: unknown) => KnownFailure | null;
};

/** Reports the error that ended a process; gives its exit code. */
export function reportFailure(error: unknown, { service, log, secrets, explain }: FailureReport): ExitCode {
  if (error instanceof ConfigRefused) return refuseConfig(service, [error.problem]);
  if (error instanceof KafkaSettingsRefused)
    return refuseConfig(service, [kafkaProblem(`is not taken by the Kafka client: ${error.message}`)]);
  const known = explain(error);
  if (known !== null) {
    log.error(known.event, { detail: known.detail });
    warn(service, known.detail);
    return EXIT.failure;
  }
  log.error('process_failed', { failure: error });
  const detail = error instanceof Error ? error.message : 'unknown error';
  warn(service, `could not go on: ${withoutSecrets(detail, secrets)}`);
  return EXIT.failure;
}
