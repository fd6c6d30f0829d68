// `./unrip engine`: the latency-critical process. Everything it reads is in its environment.

import { ENGINE_VARIABLES } from '../../contracts/config/engine.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import type { Command } from './command.ts';

const HELP = `./unrip engine

Receives quote requests, prices and checks them, signs and answers. Writes what it does to its journal first, and publishes
the journal to Kafka. Starts disarmed: see ./unrip arm. SIGTERM drains it and ends it with exit code 0. Control API:
GET /livez /healthz /state /metrics /openapi; /openapi lists all routes.

${helpText(ENGINE_VARIABLES)}`;

export const command: Command = {
  name: 'engine',
  summary: 'the trading process',
  help: HELP,
  async run(args): Promise<ExitCode> {
    if (args.length > 0) {
      process.stderr.write(
        `unrip engine: takes no arguments, it is configured by its environment: got ${args.join(' ')}\n`,
      );
      return EXIT.usage;
    }
    const { runEngine } = await import('../../engine/main.ts');
    return await runEngine(process.env, process.cwd());
  },
};
