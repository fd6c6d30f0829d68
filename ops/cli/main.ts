// `./unrip COMMAND ...`: finds the command in one table, loads only its file, turns what it throws into one line.
// A command whose file cannot be loaded fails alone. What design and documents name but nobody has built yet is in the
// table as such, and says so with exit code 2 instead of half working.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { editDistance } from '../../contracts/runtime/config/edit-distance.ts';
import { connectionProblem } from '../../contracts/runtime/connection-error.ts';
import { withoutSecrets } from '../../contracts/runtime/log/redact.ts';
import { closeProcess } from '../../contracts/runtime/process/closed-process.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import manifest from '../../package.json' with { type: 'json' };
import { printable } from '../trace/words.ts';
import type { Command } from './command.ts';
import { knownSecrets } from './known-secrets.ts';

type Row = {
  readonly name: string;
  /** The same line as `summary` of the command's file; repeated here so that the list needs no file. Null: not built. */
  readonly summary: string | null;
};

export const TABLE: readonly Row[] = [
  { name: 'demo', summary: 'see it work: stack, simulators, engine and history, with simulated requests' },
  { name: 'test', summary: 'types, lint, checks and all tests' },
  { name: 'check', summary: 'the fast check of a change: types, lint, architecture, affected tests' },
  { name: 'stack', summary: 'local Kafka and PostgreSQL of this checkout: up, down, status' },
  { name: 'migrate', summary: 'bring the database to the current schema' },
  { name: 'retention', summary: 'drop old partitions of the history; shows them unless --apply is given' },
  { name: 'topics', summary: 'create missing Kafka topics, report drift' },
  { name: 'engine', summary: 'the trading process' },
  { name: 'history-writer', summary: 'the process that writes Kafka to PostgreSQL' },
  { name: 'liquidity-manager', summary: 'the process that follows deposits and withdrawals' },
  { name: 'deposit', summary: 'the evidence of one deposit' },
  { name: 'withdraw', summary: 'withdraw to an address on another chain: shown first, signed only with --send' },
  { name: 'ops-sentinel', summary: 'the process that raises and clears alerts' },
  { name: 'sim', summary: 'simulators of the venue, the price sources and the chains' },
  { name: 'arm', summary: 'allow a running engine to sign quotes, for a limited time' },
  { name: 'disarm', summary: 'stop a running engine from signing quotes' },
  { name: 'pull', summary: 'withdraw live quotes of a running engine' },
  { name: 'state', summary: 'the state of a running engine' },
  { name: 'top', summary: 'a running engine on a full screen' },
  { name: 'republish', summary: 'send records of the journal to Kafka again' },
  { name: 'doctor', summary: 'check everything that a start depends on' },
  { name: 'keys', summary: 'make a key, show it, register or remove it at the verifier' },
  { name: 'trace', summary: 'the story of one quote' },
  { name: 'replay', summary: 'play a tape of quote requests to a running engine' },
  { name: 'bench', summary: 'measure' },
  ...['reconciler', 'verify', 'record'].map((name) => ({
    name,
    summary: null,
  })),
];

/** Runs `unrip` with these arguments and gives its exit code. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined) {
    process.stderr.write(usage());
    return EXIT.usage;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return EXIT.ok;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`unrip ${manifest.version} (Bun ${Bun.version})\n`);
    return EXIT.ok;
  }
  const row = TABLE.find((known) => known.name === name);
  if (row === undefined) return refuse(`there is no command ${JSON.stringify(name)}${suggestion(name)}`);
  if (row.summary === null) return refuse(`\`${name}\` is not built yet`);
  try {
    const command = await load(row.name);
    if (asksForHelp(rest)) {
      process.stdout.write(command.help.endsWith('\n') ? command.help : `${command.help}\n`);
      return EXIT.ok;
    }
    if (!closeProcess())
      process.stderr.write(`unrip ${name}: this process could not be protected against debuggers and core dumps\n`);
    return await command.run(rest);
  } catch (error) {
    process.stderr.write(`unrip ${name}: ${describeError(error)}\n`);
    return EXIT.failure;
  }
}

/** Loads one command's file. The path is put together, so that the compiler and the others do without it. */
export async function load(name: string): Promise<Command> {
  const file = join(import.meta.dir, `${name}.ts`);
  if (!existsSync(file)) throw new Error(`${file} is missing from this checkout`);
  const module: { command?: Command } = await import(file);
  if (module.command?.name !== name) throw new Error(`${file} does not export the command ${name}`);
  return module.command;
}

/** `--help` counts up to `--`, behind which arguments belong to something else. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

function refuse(message: string): ExitCode {
  process.stderr.write(`unrip: ${message}\n\n${usage()}`);
  return EXIT.usage;
}

function usage(): string {
  const working = TABLE.filter((row) => row.summary !== null);
  const width = Math.max(...working.map((row) => row.name.length));
  const missing = TABLE.filter((row) => row.summary === null).map((row) => row.name);
  return [
    'usage: ./unrip COMMAND [options]        ./unrip COMMAND --help        ./unrip --version',
    '',
    ...working.map((row) => `  ${row.name.padEnd(width)}  ${row.summary}`),
    '',
    `not built yet: ${missing.join(', ')}`,
    '',
    'exit codes: 0 success, 1 failure, 2 usage, 78 configuration',
    '',
  ].join('\n');
}

function suggestion(name: string): string {
  const nearest = TABLE.map((row) => ({ name: row.name, distance: editDistance(name, row.name) })).sort(
    (left, right) => left.distance - right.distance,
  )[0];
  return nearest !== undefined && nearest.distance <= 2 ? `; did you mean \`${nearest.name}\`?` : '';
}

/**
 * One error for the screen: its message without secrets and without what steers a terminal, since servers may have a word in it;
 * its stack only with UNRIP_DEBUG=1.
 */
export function describeError(error: unknown): string {
  const message = connectionProblem(error) ?? (error instanceof Error ? error.message : String(error));
  const stack = process.env['UNRIP_DEBUG'] === '1' && error instanceof Error ? `\n${stackOf(error)}` : '';
  const shown = withoutSecrets(`${message}${stack}`, knownSecrets(process.env));
  return shown.split('\n').map(printable).join('\n');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

/** A reader that takes nothing does not keep the process. */
const FLUSH_LIMIT_MS = 5000;

const OUTPUTS = [process.stdout, process.stderr] as const;

/** A reader that goes away, as `head` does, is no fault of the command: it goes on, and its exit code is for somebody else. */
export function outliveReaders(): void {
  for (const stream of OUTPUTS) stream.on('error', () => {});
}

/** Ends the process when all output has left: a plain exit would cut off what a slow reader of a pipe has not taken. */
async function exit(code: ExitCode): Promise<never> {
  setTimeout(() => process.exit(code), FLUSH_LIMIT_MS);
  await Promise.all(
    OUTPUTS.map((stream) => {
      const flushed = Promise.withResolvers<void>();
      stream.once('error', () => flushed.resolve());
      stream.end(() => flushed.resolve());
      return flushed.promise;
    }),
  );
  process.exit(code);
}

if (import.meta.main) {
  outliveReaders();
  await exit(await main(process.argv.slice(2)));
}
