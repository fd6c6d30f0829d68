// `./unrip bench NAME`: measures, says the figures, and for the benches that have a bar, whether it is met.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { benchHistory } from '../bench/history/bench.ts';
import { HISTORY_HELP, parseHistory } from '../bench/history/options.ts';
import { benchLoop } from '../bench/loop/bench.ts';
import { LOOP_HELP, parseLoop } from '../bench/loop/options.ts';
import { benchMicro, MICRO_HELP, parseMicro } from '../bench/micro/bench.ts';
import { say } from '../bench/output.ts';
import { lowerServer } from '../bench/priority.ts';
import { benchStart, parseStart, START_HELP } from '../bench/start/bench.ts';
import { soak as kafkaRun } from '../soak/kafka.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { withLock } from '../stack/lock.ts';
import { ensureStack, removeStack, type Stack, stackStatus, stopStack } from '../stack/stack.ts';
import type { Command } from './command.ts';
import { onInterrupts } from './interrupts.ts';
import { untilAborted } from './until-aborted.ts';

const DIR = join(CHECKOUT, '.unrip/bench');
const STACK = join(DIR, 'stack');
/** A second bench in the same checkout waits for the first, since each would spoil the other's figures. */
const LOCK_LIMIT_MS = 60 * 60_000;
const KAFKA_SECONDS = '20';

const HELP = `./unrip bench loop [--rate N] [--seconds N | --quotes N] [--rounds N] [--warm-up N] [--closed] [--no-kafka] [--flood N]
                   [--against DIR] [--no-gate] [OUTPUT]
./unrip bench history [--records N] [--naive N] [OUTPUT]
./unrip bench micro [--batches N] [OUTPUT]
./unrip bench start [--records N] [--rate N] [--rounds N] [OUTPUT]
./unrip bench kafka [--seconds N] [--rate N]

${LOOP_HELP}

${HISTORY_HELP}

${MICRO_HELP}

${START_HELP}

kafka  A short test of the Kafka addon for memory leaks: \`./unrip test --soak kafka\` is the long one.

  --seconds N   length (default ${KAFKA_SECONDS})
  --rate N      records a second (default 3000)

output
  --json FILE   write the figures to FILE as JSON; - prints them instead of the table
  --svg FILE    draw them: percentile against latency

Starts its own Kafka and PostgreSQL under .unrip/bench and stops them at the end; bench history also removes their data.
`;

export const command: Command = { name: 'bench', summary: 'measure', help: HELP, run };

async function run(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === 'loop') {
    const request = parseLoop(rest);
    if (typeof request === 'string') return misused(request);
    return await onStack((stack) => benchLoop(request, stack, join(DIR, 'loop')));
  }
  if (name === 'history') {
    const request = parseHistory(rest);
    if (typeof request === 'string') return misused(request);
    return await onStack(
      (stack) => benchHistory(request, stack, { dir: join(DIR, 'history'), servers: serverPids() }),
      {
        keepData: false,
      },
    );
  }
  if (name === 'micro') {
    const request = parseMicro(rest);
    return typeof request === 'string' ? misused(request) : await benchMicro(request);
  }
  if (name === 'start') {
    const request = parseStart(rest);
    if (typeof request === 'string') return misused(request);
    const work = async () => await benchStart(request, join(DIR, 'start'));
    return await inTurn(async (signal) => await untilAborted(work, signal));
  }
  if (name === 'kafka') return await onStack((stack) => benchKafka(rest, stack));
  return misused(
    name === undefined
      ? 'which bench? loop, history, micro, start or kafka'
      : `there is no bench ${JSON.stringify(name)}`,
  );
}

function misused(reason: string): ExitCode {
  process.stderr.write(`unrip bench: ${reason}\n\n${HELP}`);
  return EXIT.usage;
}

/** One bench at a time in this checkout; an interrupt ends the wait, or the work, which then takes down what it started. */
async function inTurn(work: (signal: AbortSignal) => Promise<ExitCode>): Promise<ExitCode> {
  mkdirSync(DIR, { recursive: true });
  const interrupted = new AbortController();
  const { signal } = interrupted;
  const release = onInterrupts(() => interrupted.abort());
  const locked = { limitMs: LOCK_LIMIT_MS, what: `benches in ${CHECKOUT}`, progress: say, signal };
  try {
    return await withLock(join(DIR, 'lock'), locked, async () => await work(signal));
  } finally {
    release();
  }
}

/** With a stack of its own. */
async function onStack(
  work: (stack: Stack) => Promise<ExitCode>,
  { keepData } = { keepData: true },
): Promise<ExitCode> {
  return await inTurn(async (signal) => {
    try {
      const stack = await ensureStack(STACK, { progress: (line) => say(`stack: ${line}`) });
      say(`Kafka ${stack.kafkaVersion}, PostgreSQL ${stack.postgresVersion}`);
      lowerServers();
      return await untilAborted(async () => await work(stack), signal);
    } finally {
      await (keepData ? stopStack(STACK) : removeStack(STACK));
    }
  });
}

async function benchKafka(args: readonly string[], stack: Stack): Promise<ExitCode> {
  const code = await kafkaRun.run(
    args.some((arg) => arg.startsWith('--seconds')) ? args : ['--seconds', KAFKA_SECONDS, ...args],
    stack,
  );
  return code === EXIT.ok || code === EXIT.usage ? code : EXIT.failure;
}

/** Behind the engine in the queue for the processor, as an operator sets it where all share one machine. */
function lowerServers(): void {
  for (const pid of Object.values(serverPids())) lowerServer(pid);
}

function serverPids(): { readonly broker: number; readonly postgres: number } {
  const { kafka, postgres } = stackStatus(STACK);
  if (kafka.pid === null || postgres.pid === null) throw new Error('Kafka or PostgreSQL of the bench has ended');
  return { broker: kafka.pid, postgres: postgres.pid };
}
