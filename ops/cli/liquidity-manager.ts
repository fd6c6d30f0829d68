// `./unrip liquidity-manager`: the process that follows deposits and withdrawals.

import { LIQUIDITY_MANAGER_VARIABLES, type LiquidityManagerConfig } from '../../contracts/config/liquidity-manager.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import type { ConfigProblem } from '../../contracts/runtime/config/problem.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import manifest from '../../package.json' with { type: 'json' };
import { runLiquidityManager } from '../../sidecars/liquidity-manager/main.ts';
import type { Command } from './command.ts';

const HELP = `./unrip liquidity-manager

Requests deposit addresses from the bridges, and follows deposits and withdrawals from the first sign to the credit, until SIGTERM,
SIGINT or POST /drain. It holds no key. Trading does not depend on it: while it is down, only new deposit addresses and withdrawals
are not to be had.

Control API: GET /livez /healthz /state /metrics /internal/health, POST /pause /resume /drain /refresh /freeze-withdrawals
/unfreeze-withdrawals /deposit-addresses /withdrawals /refresh-funding-observations /pause-funding-observer
/resume-funding-observer, GET /withdrawals. Its address is in STATE_DIR/liquidity-manager.json.

${helpText(LIQUIDITY_MANAGER_VARIABLES)}`;

export const command: Command = {
  name: 'liquidity-manager',
  summary: 'the process that follows deposits and withdrawals',
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<ExitCode> {
  if (args.length > 0) {
    process.stderr.write(`unrip liquidity-manager: takes no arguments\n\n${HELP}`);
    return EXIT.usage;
  }
  const loaded = loadConfig(LIQUIDITY_MANAGER_VARIABLES, {
    env: process.env,
    directory: process.cwd(),
    checks: [({ config }) => windowProblems(config)],
  });
  for (const warning of loaded.warnings) process.stderr.write(`unrip liquidity-manager: ${warning}\n`);
  if (!loaded.ok) {
    process.stderr.write(renderProblems('unrip liquidity-manager', loaded.problems));
    return EXIT.config;
  }
  return await runLiquidityManager({ config: loaded.config, version: manifest.version });
}

function windowProblems(config: Partial<LiquidityManagerConfig>): readonly ConfigProblem[] {
  const { fundingDelayedAfterMs: delayed, fundingStuckAfterMs: stuck } = config;
  if (delayed === undefined || stuck === undefined || stuck >= delayed) return [];
  return [
    {
      variable: 'FUNDING_STUCK_AFTER_MS',
      problem: `is ${stuck}, below FUNDING_DELAYED_AFTER_MS, which is ${delayed}`,
      shape: LIQUIDITY_MANAGER_VARIABLES.fundingStuckAfterMs.shape,
      fix: 'set it to FUNDING_DELAYED_AFTER_MS or more: what is late is delayed first, then stuck.',
    },
  ];
}
