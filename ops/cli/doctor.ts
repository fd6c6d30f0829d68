// `./unrip doctor`: checks everything that a start depends on, without changing anything, and says what to do about what is wrong.

import { parseArgs } from 'node:util';
import { DOCTOR_VARIABLES } from '../../contracts/config/doctor.ts';
import { ENGINE_VARIABLES } from '../../contracts/config/engine.ts';
import { lastingTimers, machineClock } from '../../contracts/runtime/clock.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { version } from '../../package.json';
import { CATEGORIES, type CategoryName } from '../doctor/check.ts';
import { type Loaded, loadContext } from '../doctor/context.ts';
import { examine } from '../doctor/doctor.ts';
import { reportJson, reportText } from '../doctor/report.ts';
import { type Report, worstOf } from '../doctor/run.ts';
import type { Command } from './command.ts';
import type { Shell } from './engine-call.ts';
import { knownSecrets } from './known-secrets.ts';

const WAIT_SECONDS_MAX = 86_400;

const HELP = `./unrip doctor [CATEGORY...] [--json] [--wait SECONDS]

Checks what the engine and the history-writer need: each line is pass, warn or fail, and has the fix unless it passes. Nothing is
changed and nothing is signed; run it as the user of the engine, with its environment, while an engine runs or before.

  CATEGORY         only these: ${CATEGORIES.join(', ')}; configuration is always checked
  --json           one JSON object in place of the lines
  --wait SECONDS   try again until nothing fails, at most for so long (1 to ${WAIT_SECONDS_MAX})

A category ends at the first line after which the rest cannot be judged. Exit code 0 when nothing failed (warnings included), 1 when
something did, 78 when the configuration cannot be used.

${helpText({ ...ENGINE_VARIABLES, ...DOCTOR_VARIABLES })}`;

export const command: Command = {
  name: 'doctor',
  summary: 'check everything that a start depends on',
  help: HELP,
  run: (args) =>
    doctor(args, {
      env: process.env,
      directory: process.cwd(),
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    }),
};

type Request = { readonly names: readonly CategoryName[]; readonly json: boolean; readonly waitMs: number | null };

/** What is asked for, or what is wrong with the arguments. */
export function parse(args: readonly string[]): Request | string {
  try {
    const options = { json: { type: 'boolean', default: false }, wait: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const isCategory = (name: string): name is CategoryName => CATEGORIES.some((known) => known === name);
    const unknown = positionals.find((name) => !isCategory(name));
    if (unknown !== undefined) return `there is no category ${JSON.stringify(unknown)}`;
    const { wait, json } = values;
    const seconds = wait === undefined ? null : /^[1-9][0-9]{0,4}$/.test(wait) ? Number(wait) : Number.NaN;
    if (seconds !== null && !(seconds <= WAIT_SECONDS_MAX)) {
      return `--wait ${wait}: a whole number from 1 to ${WAIT_SECONDS_MAX}`;
    }
    const names = positionals.length === 0 ? [...CATEGORIES] : positionals.filter(isCategory);
    return { names, json, waitMs: seconds === null ? null : seconds * 1000 };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Timers keep this command alive: nothing else may be open while it waits. */
const CLOCK = { ...machineClock, ...lastingTimers };

export async function doctor(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    shell.err(`unrip doctor: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  const { env, directory } = shell;
  let loaded: Loaded | null = null;
  const load = (): Loaded => {
    loaded = loadContext({ env, directory, version, clock: CLOCK });
    return loaded;
  };
  const onRetry = (reports: readonly Report[]): void => shell.err(`unrip doctor: waiting: ${failing(reports)}\n`);
  const { names, json, waitMs } = request;
  const reports = await examine({ load, names, waitMs, clock: CLOCK, onRetry });
  const secrets = [...knownSecrets(env), ...secretsOf(loaded)];
  shell.out(json ? reportJson(reports, secrets) : reportText(reports, secrets));
  if (worstOf(reports) !== 'fail') return EXIT.ok;
  return usable(loaded) ? EXIT.failure : EXIT.config;
}

const usable = (loaded: Loaded | null): boolean => loaded !== null && loaded.context !== null;

/** Those that came from files or from `.env`. */
function secretsOf(loaded: Loaded | null): readonly string[] {
  const context = loaded?.context ?? null;
  if (context === null) return [];
  return [...context.settings.secrets, ...knownSecrets({ DATABASE_URL: context.doctor.databaseUrl })];
}

const failing = (reports: readonly Report[]): string =>
  reports
    .flatMap(({ category, lines }) =>
      lines.filter(({ status }) => status === 'fail').map(({ check }) => `${category}: ${check}`),
    )
    .join(', ');
