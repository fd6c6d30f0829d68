// For tests: engine and history-writer as child processes, both on nothing but their state directory: no broker, no database and
// no venue answers. What they share (contracts/runtime/process) works all the same.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { type Child, startChild } from '../testing/child.ts';
import { throwAwayKey } from './key.ts';

export const PROGRAMS = ['engine', 'history-writer'] as const;
export type ProgramName = (typeof PROGRAMS)[number];

const ADDRESS_FILES: Readonly<Record<ProgramName, string>> = {
  engine: 'control.json',
  'history-writer': 'history-writer.json',
};

const NOWHERE = '127.0.0.1:9';
const ACCOUNT = 'maker.near';

const VENUE = {
  RELAY_WS_URL: `ws://${NOWHERE}/ws`,
  RELAY_RPC_URL: `http://${NOWHERE}/rpc`,
  NEAR_RPC_URL: `http://${NOWHERE}`,
  KRAKEN_WS_URL: `ws://${NOWHERE}`,
  COINGECKO_URL: `http://${NOWHERE}`,
};

/** As the commands run them, but for the check of the database. */
const BEGIN: Readonly<Record<ProgramName, string>> = {
  engine: `
    const { runEngine } = await import(${JSON.stringify(join(CHECKOUT, 'engine/main.ts'))});
    return await runEngine(process.env, process.env.STATE_DIR);`,
  'history-writer': `
    const { HISTORY_WRITER_VARIABLES } = await import(${JSON.stringify(join(CHECKOUT, 'contracts/config/history-writer.ts'))});
    const { loadConfig } = await import(${JSON.stringify(join(CHECKOUT, 'contracts/runtime/config/load.ts'))});
    const { runHistoryWriter } = await import(${JSON.stringify(join(CHECKOUT, 'sidecars/history-writer/main.ts'))});
    const { config } = loadConfig(HISTORY_WRITER_VARIABLES, { env: process.env, directory: null });
    return await runHistoryWriter({ config, version: 'test' });`,
};

/** What SIGUSR2 does in the process, outside of every guard. */
export const FAULTS = {
  'an exception': `setImmediate(() => { throw new Error('made by the test'); })`,
  'a rejection': `void Promise.reject(new Error('made by the test'))`,
} as const;
export type Fault = keyof typeof FAULTS;

/** SIGTERM in the turn after the process began to handle it, which is before its control API listens. */
const END_EARLY = `
  process.on('newListener', (event) => {
    if (event === 'SIGTERM') setImmediate(() => process.kill(process.pid, 'SIGTERM'));
  });`;

const programText = (name: ProgramName, { fault = 'an exception', endsEarly = false }: BeginOptions): string => `
  process.on('SIGUSR2', () => { ${FAULTS[fault]}; });
  ${endsEarly ? END_EARLY : ''}
  const run = async () => {${BEGIN[name]}
  };
  process.exit(await run());`;

export type Running = {
  readonly child: Child;
  readonly addressFile: string;
  /** Events of its log so far, in their order. */
  events(): string[];
  /** Address of its control API. */
  url(): string;
};

export type BeginOptions = {
  readonly dir: string;
  /** Wins over what both are started with. */
  readonly env?: Readonly<Record<string, string>>;
  readonly fault?: Fault;
  /** Whether it gets SIGTERM before its control API listens. */
  readonly endsEarly?: boolean;
};

export function begin(name: ProgramName, options: BeginOptions): Running {
  const { dir, env } = options;
  const keyFile = join(dir, 'key.json');
  if (!existsSync(keyFile)) throwAwayKey(keyFile, ACCOUNT);
  const stateDir = join(dir, 'state');
  const child = startChild(['--no-env-file', '-e', programText(name, options)], {
    env: {
      UV_THREADPOOL_SIZE: '8',
      NEAR_ACCOUNT_ID: ACCOUNT,
      ...(name === 'engine'
        ? { NEAR_KEY_FILE: keyFile, ...VENUE }
        : { DATABASE_URL: `postgres://nobody@${NOWHERE}/none` }),
      KAFKA_BROKERS: NOWHERE,
      STATE_DIR: stateDir,
      CONTROL_PORT: '0',
      DRAIN_LIMIT_MS: '300',
      ...env,
    },
  });
  const addressFile = join(stateDir, ADDRESS_FILES[name]);
  return {
    child,
    addressFile,
    events: () => child.lines.map((line) => (JSON.parse(line) as { event: string }).event),
    url: () => (JSON.parse(readFileSync(addressFile, 'utf8')) as { url: string }).url,
  };
}
