// `./unrip demo`: see it work. Everything it does is in ops/demo; here are arguments, signals and the screen.

import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { runDemo } from '../demo/demo.ts';
import { OPTIONS_HELP, parseDemoArgs } from '../demo/options.ts';
import { PLACE, shown } from '../demo/place.ts';
import { createScreen } from '../demo/progress.ts';
import type { Command } from './command.ts';
import { onInterrupts } from './interrupts.ts';

const HELP = `./unrip demo [options]

Starts Kafka, PostgreSQL, the simulators, the engine and the sidecars, arms the engine over its control API, and plays a
tape of quote requests to it at high speed. Then pays to a deposit address, of which nothing is spendable before its credit,
and has an alert raised and cleared. Prints the results, the story of one settled quote in each direction, and the evidence
of the deposit. Exit code 0 when quotes of both directions and both kinds of request settled, their stories are complete, and
deposit and alert are on record from their beginning to their end.

${OPTIONS_HELP}
It uses its own state directory, database, key and token under .unrip/demo, ignores the environment and .env, and trades
simulated money only. Everything listens on 127.0.0.1, on free ports.
`;

export const command: Command = {
  name: 'demo',
  summary: 'see it work: stack, simulators, engine and history, with simulated requests',
  help: HELP,
  run,
};

const SERVERS_LEFT = `interrupted again: its Kafka and PostgreSQL may still run; './unrip stack down --dir ${shown(PLACE.stack)}' ends them`;

async function run(args: readonly string[]): Promise<ExitCode> {
  const options = parseDemoArgs(args);
  if (typeof options === 'string') {
    process.stderr.write(`unrip demo: ${options}\n\n${HELP}`);
    return EXIT.usage;
  }
  const interrupted = new AbortController();
  const screen = createScreen({
    isTTY: process.stdout.isTTY,
    // A terminal that does not say has what the first ones had.
    columns: () => process.stdout.columns || 80,
    write: (text) => void process.stdout.write(text),
    elapsedMs: () => performance.now(),
  });
  // The first asks for an end in order; the second does not wait for it: the engine and the sidecars go with this process, the servers
  // do not.
  const release = onInterrupts((signal) => {
    if (interrupted.signal.aborted) {
      // A terminal that is closed says so several times, and nobody is there any more to have lost patience.
      if (signal === 'SIGHUP') return;
      if (options.stackDir === null) screen.say(SERVERS_LEFT);
      process.exit(EXIT.failure);
    }
    screen.say('interrupted: stopping everything (interrupt again to stop at once)');
    interrupted.abort(new Error('interrupted'));
  });
  try {
    return await runDemo(options, screen, interrupted.signal);
  } finally {
    release();
  }
}
