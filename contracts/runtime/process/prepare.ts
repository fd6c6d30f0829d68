// The first steps of every process: its state directory, its control token, its log. Each is refused with a problem that names
// the variable.

import { join } from 'node:path';
import { type ListedToken, servesAccount } from '../../config/control-tokens.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { controlTokenOf } from '../config/secret-file.ts';
import { type ControlToken, controlToken } from '../control/auth.ts';
import { createLogLevel, type LogLevel } from '../log/level.ts';
import { createLog, type Log } from '../log/log.ts';
import { type StdoutLog, stdoutLog } from '../log/stdout.ts';
import { addressFileOf } from './address-file.ts';
import type { ProcessOptions } from './program.ts';
import { warn } from './refusal.ts';
import { prepareStateDir } from './state-dir.ts';

export type Prepared = {
  /** Absolute; not always what STATE_DIR names: see state-dir.ts. */
  readonly stateDir: string;
  readonly addressFile: string;
  /** Those of the control API, with these from CONTROL_TOKENS_FILE. */
  readonly tokensOf: (listed: readonly ListedToken[]) => readonly ControlToken[];
  readonly log: Log;
  readonly logLevel: LogLevel;
  readonly stdout: StdoutLog;
  /** Removed from every log line. */
  readonly secrets: readonly string[];
};

export type Preparation =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly problem: ConfigProblem };

export function prepareProcess({ service, config, ...options }: ProcessOptions): Preparation {
  const stateDir = prepareStateDir('STATE_DIR', config.stateDir);
  if (!stateDir.ok) return stateDir;
  if (stateDir.note !== null) warn(service, stateDir.note);
  const { path } = stateDir;
  const token = config.controlToken === null ? controlTokenOf(path) : { ok: true as const, text: config.controlToken };
  if (!token.ok) return token;
  const stdout = stdoutLog();
  const secrets = [...options.secrets, token.text];
  const logLevel = createLogLevel(config.logLevel);
  const log = createLog({
    service,
    component: 'main',
    level: logLevel,
    namespace: config.namespace,
    destination: stdout.destination,
    secrets,
    pair: options.pair ?? null,
  });
  const addressFile = join(path, addressFileOf(service));
  return {
    ok: true,
    prepared: {
      stateDir: path,
      addressFile,
      tokensOf: (listed) => tokensOf(listed, token.text, options.account ?? null),
      log,
      logLevel,
      stdout,
      secrets,
    },
  };
}

/** The local token is always taken as well: who can read it can read the rest of STATE_DIR. */
function tokensOf(listed: readonly ListedToken[], local: string, account: string | null): readonly ControlToken[] {
  const given = listed.map((token) => {
    return { name: token.name, digest: token.digest, role: servesAccount(token, account) ? token.role : null };
  });
  // The last that fits counts: nobody takes the local token's role by listing its hash.
  return [...given, controlToken('operator', local)];
}
