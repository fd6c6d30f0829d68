// `./unrip disarm`: the engine of STATE_DIR signs no more quotes. Both parts are always called, whatever one of them says.

import { helpText } from '../../contracts/runtime/config/help.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import type { Command } from './command.ts';
import { CALL_VARIABLES, findEngine, processShell, type Shell } from './engine-call.ts';
import { pull } from './pull.ts';

const HELP = `./unrip disarm [--pull]

Disarms executor and strategy of the engine that runs with STATE_DIR. It keeps running, deciding and recording, and signs
nothing. Quotes that are already signed can settle until their deadline, unless they are withdrawn:

  --pull   also withdraws all live quotes, as ./unrip pull does

Exit code 1 when it is not certain that both are disarmed, or that the withdrawal has begun: then stop the engine with SIGTERM.

${helpText(CALL_VARIABLES)}`;

export const command: Command = {
  name: 'disarm',
  summary: 'stop a running engine from signing quotes',
  help: HELP,
  run: (args) => disarm(args, processShell()),
};

export async function disarm(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const [option, ...others] = args;
  const isPulled = option === '--pull';
  if (others.length > 0 || (option !== undefined && !isPulled)) {
    shell.err(`unrip disarm: takes no argument but --pull\n\n${HELP}`);
    return EXIT.usage;
  }
  const engine = findEngine('disarm', shell);
  if (typeof engine === 'number') return engine;
  const executor = engine.disarm('executor');
  const strategy = engine.disarm('strategy');
  // By itself: a pull that cannot be done keeps nobody from disarming. Once the executor signs nothing more, whatever the strategy takes.
  const pulling = executor.then(() => (isPulled ? pull([], shell) : EXIT.ok));
  const parts = { executor: await executor, strategy: await strategy };
  const pulled = await pulling;
  const problems = Object.entries(parts).flatMap(([part, result]) =>
    result.kind === 'done' ? [] : [`unrip disarm: the ${part} may still be armed: ${result.detail}\n`],
  );
  if (problems.length === 0) shell.out(`disarmed: executor and strategy\n${await engine.tradingLine()}`);
  else shell.err(`${problems.join('')}If it does not answer, end the engine with SIGTERM.\n`);
  return problems.length === 0 ? pulled : EXIT.failure;
}
