// `./unrip bench NAME`: measures, says the figures, and for the benches that have a bar, whether it is met.

import { existsSync, mkdirSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { JUDGED_MIN, RUNG_RATIO_MAX, reportOf, tableOf, tooFew } from '../bench/loop/report.ts';
import { runLoopBench } from '../bench/loop/run.ts';
import { soak as kafkaRun } from '../soak/kafka.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { withLock } from '../stack/lock.ts';
import { ensureStack, type Stack, stopStack } from '../stack/stack.ts';
import type { Command } from './command.ts';

const DIR = join(CHECKOUT, '.unrip/bench');
const STACK = join(DIR, 'stack');
/** A second bench in the same checkout waits for the first, since each would spoil the other's figures. */
const LOCK_LIMIT_MS = 60 * 60_000;
const GIB = 1024 ** 3;

const DEFAULTS = { rounds: 5, quotes: 1500, 'warm-up': 1000, rate: 200, flood: 0 } as const;
const KAFKA_SECONDS = '20';

const HELP = `./unrip bench loop [--rounds N] [--quotes N] [--warm-up N] [--rate N] [--flood N] [--against DIR]
                   [--json FILE] [--no-gate]
./unrip bench kafka [--seconds N] [--rate N]

loop   Latency as a client of the venue sees it: a generator in a separate process plays the relay over loopback and sends
       quotes on a fixed schedule (open loop). Latency is measured from the scheduled time of a quote. Each round measures,
       in rotating order: a bare websocket echo; a bare signer (parses, builds the payload, signs with native ed25519 and a
       key object, SHA-256, base58 of engine/lib/base58.ts, sends; no gate, no record); and the complete ./unrip engine,
       armed, with its journal. Kafka, PostgreSQL, history-writer and simulators run all the time. Prints a table; exit
       code 1 when unrip's median is above ${RUNG_RATIO_MAX} times the bare signer's, or an answer was wrong.
kafka  A short test of the Kafka addon for memory leaks: \`./unrip test --soak kafka\` is the long one.

  --rounds N    rounds of the loop bench (default ${DEFAULTS.rounds})
  --quotes N    measured quotes for each variant in each round (default ${DEFAULTS.quotes})
  --warm-up N   quotes before them that are not measured (default ${DEFAULTS['warm-up']})
  --rate N      quotes a second (default ${DEFAULTS.rate}); records a second for kafka (default 3000)
  --flood N     connections that flood the engine's control API while it is measured (default 0); an operator's call is
                timed once a second meanwhile
  --against DIR another checkout of unrip with installed dependencies: its engine is measured in the same rounds, with the
                same servers, simulators and history-writer
  --json FILE   write the figures to FILE as JSON; - prints them instead of the table
  --no-gate     exit code 0 even if the median is above the limit; required for a run of fewer than ${JUDGED_MIN.rounds} rounds or
                ${JUDGED_MIN.quotes} quotes, which is too short for a verdict
  --seconds N   length of the Kafka run (default ${KAFKA_SECONDS})

Starts its own Kafka and PostgreSQL under .unrip/bench and stops them at the end.
`;

export const command: Command = { name: 'bench', summary: 'measure', help: HELP, run };

type LoopRequest = {
  readonly rounds: number;
  readonly quotes: number;
  readonly warmUp: number;
  readonly ratePerS: number;
  readonly flood: number;
  readonly against: string | null;
  readonly json: string | null;
  readonly gate: boolean;
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === 'loop') {
    const request = parseLoop(rest);
    return typeof request === 'string' ? misused(request) : await alone((stack) => benchLoop(request, stack));
  }
  if (name === 'kafka') return await alone((stack) => benchKafka(rest, stack));
  return misused(name === undefined ? 'which bench? loop or kafka' : `there is no bench ${JSON.stringify(name)}`);
}

function misused(reason: string): ExitCode {
  process.stderr.write(`unrip bench: ${reason}\n\n${HELP}`);
  return EXIT.usage;
}

/** The request, or what is wrong with it. */
export function parseLoop(args: readonly string[]): LoopRequest | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: String(DEFAULTS.rounds) },
        quotes: { type: 'string', default: String(DEFAULTS.quotes) },
        'warm-up': { type: 'string', default: String(DEFAULTS['warm-up']) },
        rate: { type: 'string', default: String(DEFAULTS.rate) },
        flood: { type: 'string', default: String(DEFAULTS.flood) },
        against: { type: 'string' },
        json: { type: 'string' },
        'no-gate': { type: 'boolean', default: false },
      },
    });
    for (const name of ['rounds', 'quotes', 'rate'] as const) {
      if (!/^[1-9][0-9]{0,5}$/.test(values[name])) return `--${name} ${values[name]}: expected a whole number from 1`;
    }
    for (const name of ['warm-up', 'flood'] as const) {
      if (!/^[0-9]{1,6}$/.test(values[name])) return `--${name} ${values[name]}: expected a whole number`;
    }
    const against = values.against === undefined ? null : resolve(values.against);
    if (against !== null && !existsSync(join(against, 'node_modules'))) {
      return `--against ${values.against}: no checkout with installed dependencies; run ./unrip --help there once`;
    }
    const [rounds, quotes] = [Number(values.rounds), Number(values.quotes)];
    // Before anything is measured: whoever waited for figures must not learn then that they prove nothing.
    const problem = values['no-gate'] ? null : tooFew({ rounds, quotes });
    if (problem !== null) return `${problem} for a verdict; --no-gate measures without one`;
    return {
      rounds,
      quotes,
      warmUp: Number(values['warm-up']),
      ratePerS: Number(values.rate),
      flood: Number(values.flood),
      against,
      json: values.json ?? null,
      gate: !values['no-gate'],
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Runs with a stack of its own, one bench at a time in this checkout; an interrupt ends children and servers. */
async function alone(work: (stack: Stack) => Promise<ExitCode>): Promise<ExitCode> {
  mkdirSync(DIR, { recursive: true });
  const interrupted = Promise.withResolvers<never>();
  const interrupt = () => interrupted.reject(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const locked = { limitMs: LOCK_LIMIT_MS, what: `benches in ${CHECKOUT}`, progress: say };
  try {
    return await withLock(join(DIR, 'lock'), locked, async () => {
      try {
        const stack = await ensureStack(STACK, { progress: (line) => say(`stack: ${line}`) });
        return await Promise.race([work(stack), interrupted.promise]);
      } finally {
        await stopStack(STACK);
      }
    });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

async function benchLoop(request: LoopRequest, stack: Stack): Promise<ExitCode> {
  const { json, gate, ...settings } = request;
  say(`Kafka ${stack.kafkaVersion}, PostgreSQL ${stack.postgresVersion}`);
  const rounds = await runLoopBench({ settings, services: stack, dir: join(DIR, 'loop'), progress: say });
  const report = reportOf({ date: new Date().toISOString(), bun: Bun.version, machine: machine(), settings, rounds });
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (json === '-') await Bun.write(Bun.stdout, text);
  else await Bun.write(Bun.stdout, `\n${tableOf(report)}`);
  if (json !== null && json !== '-') await Bun.write(resolve(json), text);
  if (report.faults.length > 0) return EXIT.failure;
  return report.rung.holds === true || !gate ? EXIT.ok : EXIT.failure;
}

async function benchKafka(args: readonly string[], stack: Stack): Promise<ExitCode> {
  const code = await kafkaRun.run(
    args.some((arg) => arg.startsWith('--seconds')) ? args : ['--seconds', KAFKA_SECONDS, ...args],
    stack,
  );
  return code === EXIT.ok || code === EXIT.usage ? code : EXIT.failure;
}

function machine() {
  const each = cpus();
  return {
    cpu: each[0]?.model ?? 'unknown processor',
    cores: each.length,
    memoryGib: Math.round(totalmem() / GIB),
    os: `${type()} ${release()} ${arch()}`,
  };
}

/** Progress goes to stderr: stdout is for the figures. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
