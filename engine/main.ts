// The engine's process: configuration, the machine's clock and randomness, and one engine in the common process runtime.
// `./unrip engine` runs it.

import { randomUUID } from 'node:crypto';
import { PAIR } from '../contracts/assets.ts';
import type { ExitCode } from '../contracts/runtime/process/exit.ts';
import type { ProcessBase, Program } from '../contracts/runtime/process/program.ts';
import { refuseConfig, warn } from '../contracts/runtime/process/refusal.ts';
import { runProcess } from '../contracts/runtime/process/run-process.ts';
import { version } from '../package.json';
import { createEngine } from './engine.ts';
import { JournalRefused } from './journal/problems.ts';
import type { Random } from './model/ports.ts';
import { GAP_LIMIT_MS } from './safety/process-gap.ts';
import type { JournalDisk } from './startup/open-state.ts';
import { engineProgram, refuseOtherAccount, refuseOtherAssets } from './startup/program.ts';
import { loadSettings, type Settings } from './startup/settings.ts';
import { warnOfSmallThreadPool } from './startup/thread-pool.ts';

type Env = Readonly<Record<string, string | undefined>>;

const SERVICE = 'engine';

const machineRandom: Random = {
  fill: (bytes) => {
    crypto.getRandomValues(bytes);
  },
  fraction: () => Math.random(),
};

/**
 * Runs until the process is ended by a signal, a drain or a failure; gives the exit code.
 * @param directory where `.env` is looked for
 * @param disk of the journal
 */
export async function runEngine(
  env: Env,
  directory: string,
  stallLimitMs = GAP_LIMIT_MS,
  disk: JournalDisk = {},
): Promise<ExitCode> {
  const loaded = loadSettings(env, directory);
  for (const warning of loaded.warnings) warn(SERVICE, warning);
  if (!loaded.ok) return refuseConfig(SERVICE, loaded.problems);
  const { settings } = loaded;
  const { config, secrets } = settings;
  const explain = (error: unknown) =>
    error instanceof JournalRefused ? { event: 'journal_refused', detail: error.message } : null;
  const { account } = config;
  return await runProcess({ service: SERVICE, version, config, account, secrets, pair: PAIR, explain }, (base) =>
    makeProgram(settings, base, { env, stallLimitMs, disk }),
  );
}

type Surroundings = { readonly env: Env; readonly stallLimitMs: number; readonly disk: JournalDisk };

async function makeProgram(settings: Settings, base: ProcessBase, around: Surroundings): Promise<Program> {
  const { log, timers: clock, stateDir } = base;
  const engine = createEngine({
    settings: { ...settings, config: { ...settings.config, stateDir } },
    clock,
    random: machineRandom,
    log,
    version,
    newUuid: randomUUID,
    later: (run) => {
      setImmediate(run);
    },
    stallLimitMs: around.stallLimitMs,
    disk: around.disk,
  });
  await refuseOtherAccount(engine);
  await refuseOtherAssets(engine);
  return engineProgram(engine, base, () => warnOfSmallThreadPool(around.env['UV_THREADPOOL_SIZE'], log));
}
