// `./unrip ops-sentinel`: the process that raises and clears alerts.

import { parseArgs } from 'node:util';
import { OPS_SENTINEL_VARIABLES } from '../../contracts/config/ops-sentinel.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import manifest from '../../package.json' with { type: 'json' };
import { webhookCheck } from '../../sidecars/ops-sentinel/config-check.ts';
import { runOpsSentinel } from '../../sidecars/ops-sentinel/main.ts';
import type { Command } from './command.ts';

const HELP = `./unrip ops-sentinel

Raises and clears alerts by what the topics say, until SIGTERM, SIGINT or POST /drain: as records of ops.alert, at GET /alerts, and,
when configured, at Prometheus Alertmanager and a webhook. What is raised is kept in STATE_DIR/alerts.json: give each sentinel a
directory of its own. One an account.

What each alert means and what to do about it: ops/runbooks.

Control API: GET /livez /healthz /state /metrics /internal/health /alerts, POST /pause /resume /drain. Its address is in
STATE_DIR/ops-sentinel.json.

${helpText(OPS_SENTINEL_VARIABLES)}`;

export const command: Command = {
  name: 'ops-sentinel',
  summary: 'the process that raises and clears alerts',
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<ExitCode> {
  try {
    parseArgs({ args: [...args], options: {} });
  } catch (error) {
    process.stderr.write(`unrip ops-sentinel: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return EXIT.usage;
  }
  const checks = [webhookCheck];
  const loaded = loadConfig(OPS_SENTINEL_VARIABLES, { env: process.env, directory: process.cwd(), checks });
  for (const warning of loaded.warnings) process.stderr.write(`unrip ops-sentinel: ${warning}\n`);
  if (!loaded.ok) {
    process.stderr.write(renderProblems('unrip ops-sentinel', loaded.problems));
    return EXIT.config;
  }
  return await runOpsSentinel({ config: loaded.config, version: manifest.version });
}
