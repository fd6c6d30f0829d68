// The simulators as a child: `./unrip sim`, found through the sim.json that it writes, spoken to over its control.

import { join } from 'node:path';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { askSim, SimCounts, TapeStatus } from '../sim/client.ts';
import { readSimFile } from '../sim/sim-file.ts';
import type { Speed } from '../sim/tape/player.ts';
import { lastLines } from '../stack/process.ts';
import { waitFor } from '../testing/wait.ts';
import { type Part, startPart } from './part.ts';

const LISTEN_LIMIT_MS = 20_000;
const BLOCKS_UNTIL_FINAL = 3;
const READ_TRIES = 3;
const RETRY_MS = 200;

export type SimOptions = {
  readonly dir: string;
  readonly accountId: string;
  /** The account's key, `ed25519:` and base58. */
  readonly publicKey: string;
  /** Units by token id; without it the default of `./unrip sim`. */
  readonly balances?: Readonly<Record<string, bigint>>;
  /** Bearer token that the relay requires. It is in the command line of the child: a throw-away one only. */
  readonly relayToken?: string;
};

export type Sim = Part & {
  /** Of its control. */
  readonly url: string;
  /** Variables that connect a process to it: addresses, the account, the relay's token. */
  readonly environment: Readonly<Record<string, string>>;
  /** One call of the control. @throws Error with the sentence of the refusal */
  ask<Shape extends TSchema>(
    shape: Shape,
    path: string,
    method?: 'GET' | 'POST' | 'DELETE',
    body?: unknown,
  ): Promise<Static<Shape>>;
  counts(): Promise<SimCounts>;
  /** Starts a tape; `tape` tells how far it is. */
  play(path: string, speed: Speed): Promise<TapeStatus>;
  tape(): Promise<TapeStatus>;
  stopTape(): Promise<TapeStatus>;
};

/** Starts the simulators and waits until all of them listen. */
export async function startSim(options: SimOptions): Promise<Sim> {
  const { dir, accountId, publicKey, balances = {}, relayToken } = options;
  const simDir = join(dir, 'sim');
  const part = startPart({
    name: 'sim',
    dir,
    args: [
      'sim',
      ...['--dir', simDir, '--account', accountId, '--public-key', publicKey],
      ...Object.entries(balances).flatMap(([token, units]) => ['--balance', `${token}=${units}`]),
      ...(relayToken === undefined ? [] : ['--relay-token', relayToken]),
    ],
  });
  try {
    const file = await waitFor(() => listeningSim(part, join(simDir, 'sim.json')), {
      what: `the simulators to listen (log: ${part.logPath})`,
      limitMs: LISTEN_LIMIT_MS,
    });
    const sim = withControl(part, file.control_url, file.environment);
    // Key and balances are in the newest block; an engine that looks at final ones would start with an empty account.
    await sim.ask(Type.Unknown(), '/mine', 'POST', { chain: 'near', blocks: BLOCKS_UNTIL_FINAL });
    return sim;
  } catch (error) {
    await part.kill();
    throw error;
  }
}

async function listeningSim(part: Part, path: string) {
  const code = part.exitCode();
  if (code !== null) {
    throw new Error(`the simulators ended with ${code} at their start; ${part.logPath}:\n${lastLines(part.logPath)}`);
  }
  const read = await readSimFile(path);
  return read.ok && read.file.pid === part.pid ? read.file : null;
}

function withControl(part: Part, url: string, environment: Readonly<Record<string, string>>): Sim {
  const ask: Sim['ask'] = async (shape, path, method = 'GET', body) => {
    // Reading again changes nothing, so that one lost connection on a busy machine does not end a run.
    for (let tries = method === 'GET' ? READ_TRIES : 1; ; tries--) {
      const reply = await askSim(shape, `${url}${path}`, method, body);
      if (reply.ok) return reply.body;
      if (tries <= 1) throw new Error(`simulator, ${method} ${path}: ${reply.reason} (log: ${part.logPath})`);
      await Bun.sleep(RETRY_MS);
    }
  };
  return {
    ...part,
    url,
    environment,
    ask,
    counts: () => ask(SimCounts, '/counts'),
    play: (path, speed) => ask(TapeStatus, '/tape', 'POST', { path, speed, quote_ids: 'fresh' }),
    tape: () => ask(TapeStatus, '/tape'),
    stopTape: () => ask(TapeStatus, '/tape', 'DELETE'),
  };
}
