// What the checks are made from: the configuration that the engine would start with, and the database of the history-writer.

import { DOCTOR_VARIABLES } from '../../contracts/config/doctor.ts';
import type { ConfigOf } from '../../contracts/config/variable.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { loadConfig } from '../../contracts/runtime/config/load.ts';
import type { ConfigProblem } from '../../contracts/runtime/config/problem.ts';
import { keptStateDir } from '../../contracts/runtime/process/state-dir.ts';
import { loadSettings, type Settings } from '../../engine/startup/settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

export type Context = {
  readonly settings: Settings;
  readonly doctor: ConfigOf<typeof DOCTOR_VARIABLES>;
  readonly env: Env;
  /** Absolute; may not exist yet. */
  readonly stateDir: string;
  readonly version: string;
  readonly clock: Clock;
};

export type Loaded = {
  /** null: the configuration cannot be used. */
  readonly context: Context | null;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
};

export type LoadOptions = {
  readonly env: Env;
  /** Where `.env` is looked for; null: nowhere. */
  readonly directory: string | null;
  readonly version: string;
  readonly clock: Clock;
};

/** Both declarations report the same of what they share: it is kept once. */
export function loadContext({ env, directory, version, clock }: LoadOptions): Loaded {
  const engine = loadSettings(env, directory);
  const doctor = loadConfig(DOCTOR_VARIABLES, { env, directory });
  const problems = new Map<string, ConfigProblem>();
  for (const problem of [...(engine.ok ? [] : engine.problems), ...(doctor.ok ? [] : doctor.problems)]) {
    problems.set(`${problem.variable} ${problem.problem}`, problem);
  }
  const warnings = [...new Set([...engine.warnings, ...doctor.warnings])];
  if (!engine.ok || !doctor.ok) return { context: null, problems: [...problems.values()], warnings };
  const stateDir = keptStateDir(engine.settings.config.stateDir);
  const context = { settings: engine.settings, doctor: doctor.config, env, stateDir, version, clock };
  return { context, problems: [], warnings };
}
