// `./unrip sim`: the stand-ins of venue, price sources and chains as one process, until a signal stops it.
// `./unrip sim verify` judges batches on stdin instead.

import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { askSim, findSim, TapeStatus } from '../sim/client.ts';
import { startWorldControl } from '../sim/control.ts';
import { writeSimFile } from '../sim/sim-file.ts';
import { startWorld, type World } from '../sim/world.ts';
import type { Command } from './command.ts';
import { simKey } from './sim-key.ts';
import { DEFAULT_DIR, PORT_NAMES, parseSimArgs, type SimOptions } from './sim-options.ts';
import { simVerify } from './sim-verify.ts';

const HELP = `./unrip sim [options]
./unrip sim verify < BATCHES

Simulates all outside systems on real sockets of this machine: the solver relay, the verifier contract behind a NEAR node,
Kraken, CoinGecko, the POA bridge, Bitcoin and Gnosis. Prints NAME=value lines for the environment of the engine, writes
them to DIR/sim.json (mode 600), and runs until SIGINT or SIGTERM.

  --account ID         account of the engine (default maker.sim.near)
  --public-key KEY     its public key, ed25519:BASE58 (default: the test key in DIR/sim-key.json, mode 600, created if missing)
  --balance T=UNITS    credited balance; T is BTC, EURe or a token id; may be repeated
                       (default BTC=1000000 and EURe=400000000000000000000)
  --relay-token TOKEN  bearer token that the relay requires (default: none)
  --port NAME=N        fixed port for one of ${PORT_NAMES.join(', ')};
                       may be repeated (default: free ones)
  --dir DIR            directory of its files (default ${DEFAULT_DIR})

Only the key survives a stop: the next start begins with new balances, prices and block heights, and with new ports unless
--port sets them. To continue with restarted simulators, an engine needs the new addresses and, because block heights are
lower, POST /inventory/refresh with {"accept_new_chain":true}.

./unrip replay TAPE plays a tape into them. SIM_CONTROL_URL serves GET /state, /counts, /answers, /settlements, /tape and
POST /tape, /credit, /deposit, /withdraw, /mine, /price, /kraken/system, /salt/rotate, /salt/invalidate, /faults, with JSON:

  curl -H 'content-type: application/json' -d '{"mid_eur":"39500"}' $SIM_CONTROL_URL/price
  ... -d '{"system":"maintenance"}' $SIM_CONTROL_URL/kraken/system        # online, cancel_only, post_only
  ... -d '{"part":"kraken","fault":"silence","args":[true]}' $SIM_CONTROL_URL/faults      # a wrong name lists the faults

verify reads one batch of signed payloads per line and prints one verdict per line: ok, error, hashes, balances, used.
`;

export const command: Command = {
  name: 'sim',
  summary: 'simulators of the venue, the price sources and the chains',
  help: HELP,
  run,
};

/** Blocks come faster than on the real chains, so that a deposit can be watched; books are stirred as real ones are. */
const PACE = { bitcoinBlockMs: 20_000, gnosisBlockMs: 5_000, stirMs: 1_000 };

async function run(args: readonly string[]): Promise<ExitCode> {
  const [first, ...rest] = args;
  if (first === 'verify') {
    if (rest.length > 0) return refuseUsage(`verify takes no arguments, not ${rest.join(' ')}`);
    return await simVerify(process.stdin.setEncoding('utf8'), (text) => Bun.write(Bun.stdout, text));
  }
  const parsed = parseSimArgs(args);
  return parsed.ok ? await serve(parsed.options) : refuseUsage(parsed.reason);
}

function refuseUsage(reason: string): ExitCode {
  process.stderr.write(`unrip sim: ${reason}\n\n${HELP}`);
  return EXIT.usage;
}

function startAll(options: SimOptions, publicKey: string): World {
  const { accountId, balances, relayToken, ports } = options;
  const token = relayToken === null ? {} : { relayToken };
  return startWorld({ account: { accountId, publicKey }, balances, ports, ...token, ...PACE });
}

async function isRunning(file: string): Promise<boolean> {
  const found = await findSim(file);
  return found.ok && (await askSim(TapeStatus, `${found.body}/tape`)).ok;
}

const PLAIN = /^[\w@%+=:,./-]*$/;

/** One line that a shell reads as it is meant, and `.env` as well: a checkout may have a space in its path. */
export function assignment(name: string, value: string): string {
  if (PLAIN.test(value)) return `${name}=${value}`;
  return value.includes("'") ? `${name}="${value.replace(/[\\"$`]/g, '\\$&')}"` : `${name}='${value}'`;
}

/** Settles when a signal asks the process to end. */
function signalToEnd(): Promise<void> {
  return new Promise((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => settle());
  });
}

async function serve(options: SimOptions): Promise<ExitCode> {
  const file = join(options.dir, 'sim.json');
  if (await isRunning(file)) {
    process.stderr.write(`unrip sim: one runs already (${file}); stop it, or give another --dir\n`);
    return EXIT.failure;
  }
  const ended = signalToEnd();
  await mkdir(options.dir, { recursive: true });
  const keyFile = resolve(options.dir, 'sim-key.json');
  const publicKey = options.publicKey ?? (await simKey(keyFile, options.accountId));
  let world: World;
  try {
    world = startAll(options, publicKey);
  } catch (error) {
    process.stderr.write(`unrip sim: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failure;
  }
  const control = startWorldControl(world, options.ports.control);
  const environment = {
    ...world.urls,
    NEAR_ACCOUNT_ID: options.accountId,
    ...(options.publicKey === null ? { NEAR_KEY_FILE: keyFile } : {}),
    ...(options.relayToken === null ? {} : { RELAY_API_KEY: options.relayToken }),
  };
  await writeSimFile(file, { pid: process.pid, control_url: control.url, environment });
  const lines = Object.entries({ ...environment, SIM_CONTROL_URL: control.url });
  process.stdout.write(lines.map(([name, value]) => `${assignment(name, value)}\n`).join(''));
  await ended;
  await rm(file, { force: true });
  await control.close();
  await world.close();
  return EXIT.ok;
}
