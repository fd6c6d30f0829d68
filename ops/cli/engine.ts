// `./unrip engine`: the latency-critical process. Everything it reads stands in its environment.

import { ENGINE_VARIABLES } from '../../contracts/config/engine.ts';
import { helpText } from '../../contracts/runtime/config-help.ts';
import { type Command, EXIT, type ExitCode } from './command.ts';

const HELP = `usage: ./unrip engine

Hears quote requests, prices and gates them, signs and answers; journals everything before it acts and publishes it to
Kafka. Starts disarmed: arm strategy and executor over the control API. SIGTERM drains and ends with 0.

Environment (.env in this directory is read too):
${helpText(ENGINE_VARIABLES)}`;

export const command: Command = {
  name: 'engine',
  summary: 'the trading process',
  help: HELP,
  async run(args): Promise<ExitCode> {
    if (args.length > 0) {
      process.stderr.write(`engine takes no arguments, all of it stands in the environment: got ${args.join(' ')}\n`);
      return EXIT.usage;
    }
    const { runEngine } = await import('../../engine/main.ts');
    const code = await runEngine(process.env, process.cwd());
    return code === EXIT.ok || code === EXIT.config ? code : EXIT.failure;
  },
};
