// Engine and sidecars as children: each says in a file of its state directory where its control API listens.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { addressFileOf } from '../../contracts/runtime/process/address-file.ts';
import type { DatabaseUrls } from '../stack/postgres/roles.ts';
import { lastLines } from '../stack/process.ts';
import { waitFor } from '../testing/wait.ts';
import { type ControlClient, controlClient } from './control-client.ts';
import { type Part, type PartOptions, startPart } from './part.ts';

/** From the start of the process until its control API listens. */
const LISTEN_LIMIT_MS = 30_000;

const ControlFile = Type.Object({ pid: Type.Integer(), url: Type.String({ pattern: '^http://' }) });

export type Service = Part & {
  readonly url: string;
  readonly stateDir: string;
  readonly tokenFile: string;
  readonly control: ControlClient;
};

/** What tests fill, and leave open, in a minute is no matter of theirs: the limits of the circuit breaker are out of reach. */
export const BREAKER_OUT_OF_REACH = {
  MAX_FILLED_EUR_PER_MIN: '1000000000',
  MAX_FILLED_EUR_PER_DAY: '1000000000',
  MAX_CONSECUTIVE_FAILURES: '1000000',
};

export type EngineOptions = {
  /** Where its log lies; `engine` in it is STATE_DIR unless said otherwise. */
  readonly dir: string;
  readonly stateDir?: string;
  readonly keyFile: string;
  readonly accountId: string;
  /** Variables that say where the venue and the price sources are. */
  readonly urls: Readonly<Record<string, string>>;
  readonly kafkaBrokers: string;
  /** Further variables; they win over all others. */
  readonly env?: Readonly<Record<string, string>>;
  /** Checkout whose engine it is: this one unless said otherwise. */
  readonly checkout?: string;
  /** Another program that is an engine, and its arguments. */
  readonly program?: Required<Pick<PartOptions, 'main' | 'args'>>;
};

/** Starts the engine and waits until its control API listens; whether it is healthy is another question. */
export async function startEngine(options: EngineOptions): Promise<Service> {
  const stateDir = options.stateDir ?? join(options.dir, 'engine');
  const env = {
    ...options.urls,
    ...(knowsBreaker(options.checkout) ? BREAKER_OUT_OF_REACH : {}),
    NEAR_ACCOUNT_ID: options.accountId,
    NEAR_KEY_FILE: options.keyFile,
    KAFKA_BROKERS: options.kafkaBrokers,
    ...options.env,
  };
  return await startService({ ...options, command: 'engine', stateDir, env });
}

/** A version that does not know its variables ends at once. @param checkout absent: this one */
function knowsBreaker(checkout: string | undefined): boolean {
  if (checkout === undefined) return true;
  const declarations = join(checkout, 'contracts/config/engine.ts');
  if (!existsSync(declarations)) return false;
  const text = readFileSync(declarations, 'utf8');
  return Object.keys(BREAKER_OUT_OF_REACH).every((name) => text.includes(`'${name}'`));
}

export type HistoryWriterOptions = {
  readonly dir: string;
  readonly stateDir?: string;
  readonly accountId: string;
  readonly kafkaBrokers: string;
  /** It is started as the writer. */
  readonly database: DatabaseUrls;
  readonly group: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Checkout whose history-writer it is: this one unless said otherwise. */
  readonly checkout?: string;
};

/** Starts the history-writer and waits until its control API listens. */
export async function startHistoryWriter(options: HistoryWriterOptions): Promise<Service> {
  const stateDir = options.stateDir ?? join(options.dir, 'history-writer');
  const env = {
    NEAR_ACCOUNT_ID: options.accountId,
    KAFKA_BROKERS: options.kafkaBrokers,
    DATABASE_URL: options.database.writer,
    HISTORY_CONSUMER_GROUP: options.group,
    ...options.env,
  };
  const { dir, checkout } = options;
  return await startService({
    command: 'history-writer',
    dir,
    stateDir,
    env,
    ...(checkout === undefined ? {} : { checkout }),
  });
}

export type LiquidityManagerOptions = {
  readonly dir: string;
  readonly accountId: string;
  readonly kafkaBrokers: string;
  /** Variables that say where the bridges and the chains are. */
  readonly urls: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

/** Starts the liquidity-manager and waits until its control API listens. */
export async function startLiquidityManager(options: LiquidityManagerOptions): Promise<Service> {
  const stateDir = join(options.dir, 'liquidity-manager');
  const env = {
    ...options.urls,
    NEAR_ACCOUNT_ID: options.accountId,
    KAFKA_BROKERS: options.kafkaBrokers,
    ...options.env,
  };
  return await startService({ command: 'liquidity-manager', dir: options.dir, stateDir, env });
}

export type OpsSentinelOptions = Omit<LiquidityManagerOptions, 'urls'>;

/** Starts the ops-sentinel and waits until its control API listens. */
export async function startOpsSentinel(options: OpsSentinelOptions): Promise<Service> {
  const stateDir = join(options.dir, 'ops-sentinel');
  const env = { NEAR_ACCOUNT_ID: options.accountId, KAFKA_BROKERS: options.kafkaBrokers, ...options.env };
  return await startService({ command: 'ops-sentinel', dir: options.dir, stateDir, env });
}

type ServiceOptions = {
  readonly command: 'engine' | 'history-writer' | 'liquidity-manager' | 'ops-sentinel';
  readonly dir: string;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly checkout?: string;
  readonly program?: EngineOptions['program'];
};

async function startService(options: ServiceOptions): Promise<Service> {
  const { command, dir, stateDir, env, checkout, program = { args: [command] } } = options;
  const part = startPart({
    name: command,
    ...program,
    dir,
    env: { STATE_DIR: stateDir, CONTROL_PORT: '0', ...env },
    ...(checkout === undefined ? {} : { checkout }),
  });
  try {
    const url = await waitFor(() => listeningAt(part, join(stateDir, addressFileOf(command))), {
      what: `${command} to listen (log: ${part.logPath})`,
      limitMs: LISTEN_LIMIT_MS,
    });
    const tokenFile = join(stateDir, 'control-token');
    return { ...part, url, stateDir, tokenFile, control: controlClient(url, tokenFile) };
  } catch (error) {
    await part.kill();
    throw error;
  }
}

/** Null while it does not listen. A file of an earlier process does not count. */
function listeningAt(part: Part, file: string): string | null {
  const code = part.exitCode();
  if (code !== null) {
    throw new Error(
      `${part.name} ended with ${code} at its start; ${part.logPath} ends with:\n${lastLines(part.logPath)}`,
    );
  }
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Value.Check(ControlFile, value) && value.pid === part.pid ? value.url : null;
  } catch {
    return null;
  }
}
